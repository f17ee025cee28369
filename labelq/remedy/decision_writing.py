"""A decision into the text of ``decisions.yaml``, between what people wrote.

Only the lines of the fields that change are touched, so comments, order, quotes, line ends and
everything else stay byte for byte. A comment inside a value that changes moves above its field.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace

from labelq.errors import DecisionsError
from labelq.remedy.decision_file import FIELDS, read_decisions, read_top
from labelq.remedy.decisions import Decision
from labelq.remedy.plain_yaml import List, Node, Source, Table, Text

HEADER = """\
# Decisions of the guideline review meetings: one entry each, the latest last.
# Written by `labelq decide` and by hand; comments stay. What each field means is said in
# labelq's docs/decisions-file.md.
version: 1

decisions:
"""

WIDTH = 88


def with_decision(text: str, decision: Decision, name: str = "decisions.yaml") -> str:
    """``text`` with the decision: in place of the one with its id, else after the last.

    Raises:
        DecisionsError: ``text`` is no file of decisions, or the decision cannot stand in one.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    old = text.removeprefix(mark)
    before = read_decisions(old, name)
    source = Source(old, name)
    top = read_top(source)
    at = (
        [one.id for one in before.decisions].index(decision.id)
        if decision.id in before.places
        else None
    )
    if top is None:
        new = (old.rstrip() + "\n\n" if old.strip() else "") + HEADER + _entry(decision, 2)
    elif at is not None:
        listed = top.items["decisions"]
        assert isinstance(listed, List)
        was = before.decisions[at]
        new = _changed(old, listed, listed.items[at], was, decision)
    else:
        new = _added(old, top, decision)
    wanted = list(before.decisions)
    said = replace(decision, rule=decision.rule.strip())
    if at is None:
        wanted.append(said)
    else:
        wanted[at] = said
    try:
        right = list(read_decisions(new, name).decisions) == wanted
    except DecisionsError:
        right = False
    if not right:
        _check(decision)
        raise DecisionsError(
            f"{name}: decision {decision.id} cannot be put into this layout; give each decision"
            " lines of its own, as in docs/decisions-file.md"
        )
    return mark + new


def entry_lines(text: str, name: str) -> list[str]:
    """The lines of the decision ``name`` in the text of a file, as they stand there.

    Raises:
        DecisionsError: ``text`` is no file of decisions.
    """
    source = Source(text.removeprefix("\ufeff"), "")
    top = read_top(source)
    listed = None if top is None else top.items.get("decisions")
    for node in listed.items if isinstance(listed, List) else ():
        own = node.items.get("id") if isinstance(node, Table) else None
        if isinstance(own, Text) and own.value == name:
            start = source.text.rfind("\n", 0, node.start) + 1
            return source.text[start : node.end].rstrip().splitlines()
    return []


def _check(decision: Decision) -> None:
    """Refuse a decision that no file could hold, saying why."""
    try:
        read_decisions(HEADER + _entry(decision, 2), "")
    except DecisionsError as error:
        problem = re.sub(r"^, line \d+, column \d+: ", "", str(error))
        raise DecisionsError(f"decision {decision.id}: {problem}") from None


def _added(text: str, top: Table, decision: Decision) -> str:
    listed = top.items.get("decisions")
    if listed is None:
        return _insert(text, len(text), f"\ndecisions:\n{_entry(decision, 2)}")
    if isinstance(listed, List) and listed.items:
        if listed.flow:
            return text  # which the caller refuses
        indent = _column(text, listed.start)
        at = _after_comments(text, listed.end, indent)
        gap = "\n" if re.search(r"\n[ \t]*\r?\n[ ]*-[ ]", text[listed.start : listed.end]) else ""
        return _insert(text, at, gap + _entry(decision, indent))
    key = top.keys["decisions"]
    if listed.end > listed.start:  # [] or null stands there
        text = text[: key.end] + ":" + text[listed.end :]
    return _insert(text, _line_end(text, key.end), _entry(decision, 2))


def _changed(text: str, listed: List, node: Node, was: Decision, decision: Decision) -> str:
    """The text with the fields of one decision changed, from the last to the first."""
    assert isinstance(node, Table)
    indent = _column(text, node.start)
    if listed.flow:
        return text  # which the caller refuses
    if node.flow:  # {id: …} becomes lines
        end = _line_end(text, node.end)
        comments = [*_comments(text, node), text[node.end : end].strip()]
        above = "".join(f"{' ' * (indent - 2)}{comment}\n" for comment in comments if comment)
        start = text.rfind("\n", 0, node.start) + 1
        return text[:start] + _ends(text, above + _entry(decision, indent - 2)) + text[end:]
    old, new = _fields(was), _fields(decision)
    edits: list[tuple[int, int, str]] = []
    after: dict[int, str] = {}
    previous = next(iter(node.keys))
    for name in FIELDS:
        here = name in node.keys
        if here and old.get(name) == new.get(name):
            previous = name
        elif here and name in new:
            edits.append(_replaced(text, node, name, _lines(name, new[name], indent), indent))
            previous = name
        elif here:
            edits.append(_replaced(text, node, name, [], indent))
        elif name in new:
            at = _line_end(text, node.items[previous].end)
            added = "\n".join(" " * indent + line for line in _lines(name, new[name], indent))
            after[at] = after.get(at, "") + added + "\n"
    edits += [(at, at, lines) for at, lines in after.items()]
    # From the end; where a field ends and another is put in after it, the later goes first.
    for start, end, new_text in sorted(edits, key=lambda edit: (edit[0], edit[1]), reverse=True):
        if start == end and start and text[start - 1] != "\n":
            new_text = "\n" + new_text.rstrip("\n")  # noqa: PLW2901  # the file has no last line end
        text = text[:start] + _ends(text, new_text) + text[end:]
    return text


def _replaced(
    text: str, node: Table, name: str, lines: Sequence[str], indent: int
) -> tuple[int, int, str]:
    """The edit that puts ``lines`` in place of a field; its comments stand above it."""
    key, value = node.keys[name], node.items[name]
    line = text.rfind("\n", 0, key.start) + 1
    end = _line_end(text, value.end)
    comments = _comments(text, value, key.end)
    trailing = text[value.end : end].strip()
    if len(lines) == 1 and not comments:  # one line for one line: what stands after it stays
        return key.start, value.end, lines[0]
    if trailing:
        comments.append(trailing)
    lead = text[line : key.start]
    pad = " " * (len(lead) - len(lead.lstrip(" ")))
    above = "".join(f"{pad}{comment}\n" for comment in comments)
    body = ("\n" + " " * indent).join(lines)
    if lines or lead.strip():  # the first field of an entry stands behind its hyphen
        return line, end, above + lead + body + "\n"
    return line, end, above


def _comments(text: str, node: Node, start: int | None = None) -> list[str]:
    """The comments inside a value: whatever begins with # between its texts."""
    spans = sorted(_spans(text, node))
    found: list[str] = []
    at = node.start if start is None else start
    for begin, end in [*spans, (node.end, node.end)]:
        found += [c.strip() for c in re.findall(r"#[^\n]*", text[at:begin])]
        at = max(at, end)
    return found


def _spans(text: str, node: Node) -> list[tuple[int, int]]:
    if isinstance(node, List):
        return [span for item in node.items for span in _spans(text, item)]
    if isinstance(node, Table):
        own = [(key.start, key.end) for key in node.keys.values()]
        return own + [span for item in node.items.values() for span in _spans(text, item)]
    head = node.start
    if isinstance(node, Text) and node.block:  # | # a comment may stand behind its mark
        head = node.start + len(re.match(r"[|>][0-9+-]*", text[node.start :])[0])  # type: ignore[index]  # a block text begins so
        body = text.find("\n", node.start)
        return [(node.start, head), (body, node.end)] if 0 <= body < node.end else [(head, head)]
    return [(node.start, node.end)]


def _column(text: str, at: int) -> int:
    return at - (text.rfind("\n", 0, at) + 1)


def _line_end(text: str, at: int) -> int:
    """The beginning of the next line."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _after_comments(text: str, at: int, indent: int) -> int:
    """The line after ``at``, behind comments that are indented as the entry they belong to."""
    at = _line_end(text, at)
    while match := re.match(r"( *)#[^\n]*(\n|$)", text[at:]):
        if len(match[1]) <= indent or not match[0]:
            break
        at += len(match[0])
    return at


def _insert(text: str, at: int, lines: str) -> str:
    gap = "" if at == 0 or text[at - 1] == "\n" else "\n"
    return text[:at] + _ends(text, gap + lines) + text[at:]


def _ends(text: str, lines: str) -> str:
    """New lines with the line ends of the text that they stand in."""
    return lines.replace("\n", "\r\n") if "\r\n" in text else lines


# --- a decision as YAML ------------------------------------------------------------------------

Plain = str | bool | list["Plain"] | dict[str, "Plain"]


def _entry(decision: Decision, indent: int) -> str:
    """A whole decision as an entry of the list, its hyphen at column ``indent``."""
    lines = [
        line
        for name, value in _fields(decision).items()
        for line in _lines(name, value, indent + 2)
    ]
    first, *rest = lines
    pad = " " * indent
    return "".join([f"{pad}- {first}\n", *(f"{pad}  {line}\n" if line else "\n" for line in rest)])


def _fields(decision: Decision) -> dict[str, Plain]:
    """What is written of a decision: names and values, those that say something."""
    scope, seen = decision.scope, decision.evidence
    found: dict[str, Plain] = {
        "id": decision.id,
        "question": decision.question,
        "labels": list(decision.labels),
        "outcome": decision.outcome,
        "label": decision.label or "",
        "into": list(decision.into),
        "rule": decision.rule.strip(),
        "scope": _said(
            {
                "tasks": _ids(scope.tasks),
                "lookalikes": "" if scope.lookalikes else False,
                "words": list(scope.words),
                "labels": list(scope.labels),
                "where": dict(scope.where),
                "except": _ids(scope.excluded),
            }
        ),
        "who": list(decision.who),
        "when": "" if decision.when is None else _Bare(decision.when.isoformat()),
        "examples": _ids(decision.examples),
    }
    if seen is not None:
        found["evidence"] = {
            "round": seen.round,
            "cluster": seen.cluster,
            **_said({"words": list(seen.words)}),
            "tasks": _Bare(seen.n_units),
            "share": _Bare(repr(float(seen.share))),
        }
    return _said(found)


def _said(values: Mapping[str, Plain]) -> dict[str, Plain]:
    return {name: value for name, value in values.items() if value is False or value}


class _Bare(str):
    """A day or a number, written without quotes."""

    __slots__ = ()


def _ids(tasks: Sequence[str]) -> list[Plain]:
    """Ids of tasks: numbers stand without quotes, as people write them."""
    return [_Bare(task) if re.fullmatch("[1-9][0-9]{0,17}", task) else task for task in tasks]


def _lines(name: str, value: Plain, indent: int) -> list[str]:
    """A field as lines, to be indented by ``indent``."""
    key = _scalar(name)
    if isinstance(value, bool):
        return [f"{key}: {'true' if value else 'false'}"]
    if isinstance(value, dict):
        inner = [line for k, v in value.items() for line in _lines(k, v, indent + 2)]
        return [f"{key}:", *(f"  {line}" for line in inner)]
    if isinstance(value, list):
        items = ", ".join(_scalar(item) for item in value)
        if indent + len(key) + len(items) + 4 <= WIDTH:
            return [f"{key}: [{items}]"]
        rows = _filled([_scalar(item) for item in value], WIDTH - indent - 3)
        rows[-1] = rows[-1].removesuffix(",") + "]"
        return [f"{key}:", f"  [{rows[0]}", *(f"   {row}" for row in rows[1:])]
    return (
        _prose(key, value, WIDTH - indent - 2) if name == "rule" else [f"{key}: {_scalar(value)}"]
    )


def _filled(items: Sequence[str], width: int) -> list[str]:
    """Items, each with its comma, in lines of ``width``."""
    rows = [""]
    for item in items:
        if rows[-1] and len(rows[-1]) + len(item) + 2 > width:
            rows.append("")
        rows[-1] += (" " if rows[-1] else "") + item + ","
    return rows


def _prose(key: str, value: str, width: int) -> list[str]:
    """A rule: in a line if it fits, as folded lines, or line by line as it was written."""
    lines = value.split("\n")
    strange = any(line != line.rstrip() or not _PRINTABLE.fullmatch(line) for line in lines)
    if strange or (len(lines) == 1 and len(key) + len(value) + 4 <= width):
        return [f"{key}: {_scalar(value)}"]
    if len(lines) > 1:
        return [f"{key}: |-", *(f"  {line}" if line else "" for line in lines)]
    folded = textwrap.wrap(value, width, break_long_words=False, break_on_hyphens=False)
    if " ".join(folded) != value:
        return [f"{key}: {_scalar(value)}"]
    return [f"{key}: >-", *(f"  {line}" for line in folded)]


_PLAIN = re.compile(r"[^\W_](?:[\w /.()'’–%€$&@+-]*[\w.)%€$+])?")
"""Texts that need no quotes: nothing that YAML could read as more than a text."""

_OTHER = re.compile(r"(?i:y|n|yes|no|on|off|true|false|null|nan)|[0-9.][0-9_.:eExXoObBaAcCdDfF+-]*")
"""Texts that another reader of YAML would take for a truth, a number, a day or nothing."""

_STEERING = "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"
_PRINTABLE = re.compile(rf"[^\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff{_STEERING}]*")


def _scalar(text: Plain) -> str:
    """A text on one line, in quotes where it needs them."""
    assert isinstance(text, str)
    if isinstance(text, _Bare):
        return str(text)
    fits = _PLAIN.fullmatch(text) and not _OTHER.fullmatch(text) and _PRINTABLE.fullmatch(text)
    if fits:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if _PRINTABLE.fullmatch(c) else _escaped(c) for c in quoted)


def _escaped(character: str) -> str:
    return f"\\u{ord(character):04x}"
