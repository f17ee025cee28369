"""The version of a guideline, recorded in its front matter.

    ---
    title: Support triage          (the authors' own lines stay as they are)
    labelq:
      version: 2
      hash: sha256:…
      date: "2026-03-20"
      decisions: ["gift-cards"]
      sections:                    (the authors' too: label → title of its section)
        Refund: Money back
    ---

The hash covers the document without labelq's block, with line feeds as line ends: saving it
again with other line ends is no edit.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labelq.errors import DecisionsError
from labelq.remedy.acts import GuidelineVersion
from labelq.remedy.guideline.editing import Edit, line_end_of
from labelq.remedy.plain_yaml import List, Node, Source, Table, Text, read_yaml

_END = r"(?:\r\n|\r|\n)"
_OPEN = re.compile(rf"\ufeff?---[ \t]*{_END}(?=[\w\"'{{#-][^\r\n]*)")
_CLOSE = re.compile(rf"(?<=[\r\n])(?:---|\.\.\.)[ \t]*(?:{_END}|\Z)")
_OURS = re.compile(r"(?<=[\r\n])labelq[ \t]*:")
_NEXT_KEY = re.compile(rf"{_END}(?=[^ \t\r\n])")
_MOST = 100_000
"""More characters than this are no front matter."""

KEYS = ("version", "hash", "date", "decisions")
"""What labelq writes; everything else in its block is the authors'."""


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Where front matter starts and ends (its fences included), and where labelq's block does.

    ``block`` is None where labelq has none; ``told`` is what stands in it, ``problem`` why it
    cannot be read, empty if it can.
    """

    inner: int
    close: int
    end: int
    block: tuple[int, int] | None
    told: Table | None = None
    problem: str = ""


def body_start(text: str) -> int:
    """Where the document begins after its front matter; 0 where it has none."""
    fences = _fences(text)
    return fences[2] if fences else 0


def _fences(text: str) -> tuple[int, int, int] | None:
    """Where the lines of front matter start and end, and where its last fence ends."""
    opened = _OPEN.match(text)
    if opened is None:
        return None
    # Looked for from the line end before: front matter may be empty.
    closed = _CLOSE.search(text, opened.end(), opened.end() + _MOST)
    if closed is None:
        return None
    first = re.match(r"[^\r\n]*", text[opened.end() :])
    keyed = first is not None and (":" in first.group() or first.group().startswith("#"))
    if not keyed and closed.start() > opened.end():
        return None  # a thematic break, some text, and another one
    return opened.end(), closed.start(), closed.end()


def front_matter(text: str) -> FrontMatter | None:
    """The front matter of ``text``; None where it has none."""
    fences = _fences(text)
    if fences is None:
        return None
    inner, close, end = fences
    ours = _OURS.search(text, inner, close)
    if ours is None:
        return FrontMatter(inner, close, end, None)
    following = _NEXT_KEY.search(text, ours.end(), close)
    stop = following.end() if following else close
    try:
        read = read_yaml(Source(text[ours.start() : stop], "front matter"))
    except DecisionsError as error:
        return FrontMatter(inner, close, end, (ours.start(), stop), problem=str(error))
    told = read.items.get("labelq") if isinstance(read, Table) else None
    if isinstance(told, Text) and told.is_null:
        told = Table(told.start, told.end)
    if not isinstance(told, Table):
        problem = "front matter: labelq is no table of version, sections, …"
        return FrontMatter(inner, close, end, (ours.start(), stop), problem=problem)
    return FrontMatter(inner, close, end, (ours.start(), stop), told)


def sections_told(text: str) -> dict[str, str]:
    """Label → title of its section, as the front matter tells."""
    found = front_matter(text)
    told = found.told.items.get("sections") if found is not None and found.told else None
    if not isinstance(told, Table):
        return {}
    return {k: v.value for k, v in told.items.items() if isinstance(v, Text) and v.value}


def version_of(name: str, text: str) -> GuidelineVersion:
    """Which guideline ``text`` is: the version it records, and its content as it stands."""
    found = front_matter(text)
    told = found.told.items if found is not None and found.told is not None else {}
    number, recorded = _value(told.get("version")), _value(told.get("hash"))
    now = content_hash(text)
    return GuidelineVersion(
        name=name,
        version=int(number) if re.fullmatch(r"[0-9]{1,6}", number) else None,
        hash=now,
        edited=bool(recorded) and recorded != now,
        problem=found.problem if found is not None else "",
    )


def _value(node: Node | None) -> str:
    return node.value if isinstance(node, Text) else ""


def content_hash(text: str) -> str:
    """``sha256:`` and the hash of ``text`` without labelq's block in its front matter."""
    found = front_matter(text)
    text = text.removeprefix("\ufeff") if found is None else _without(text, found)
    same = re.sub(_END, "\n", text).encode("utf-8", "surrogatepass")
    return f"sha256:{hashlib.sha256(same).hexdigest()}"


def _without(text: str, found: FrontMatter) -> str:
    """``text`` without labelq's block, nor front matter where there is nothing else in it."""
    start, stop = found.block or (found.close, found.close)
    if not (text[found.inner : start] + text[stop : found.close]).strip():
        return re.sub(rf"\A{_END}", "", text[found.end :])
    return (text[:start] + text[stop:]).removeprefix("\ufeff")


def stamped(
    text: str,
    *,
    version: int,
    content: str,
    date: str | None,
    decisions: Sequence[str],
    undone: Sequence[str] = (),
) -> list[Edit]:
    """The edits that record a version in ``text``; none where its block cannot be read.

    ``content`` is the new hash, ``undone`` are decisions that no longer stand in the text.
    Everything else in the front matter stays byte for byte.
    """
    end = line_end_of(text)
    found = front_matter(text)
    told = dict(found.told.items) if found is not None and found.told is not None else {}
    kept = [_value(item) for item in _list(told.get("decisions"))]
    kept = [name for name in kept if name not in undone]
    ours: dict[str, Any] = {"version": version, "hash": content}
    if date is not None:
        ours["date"] = date
    if both := list(dict.fromkeys([*kept, *decisions])):
        ours["decisions"] = both
    lines = [f"{key}: {_json(value)}" for key, value in ours.items()]
    if found is None:
        at = 1 if text.startswith("\ufeff") else 0
        block = "".join(f"  {line}{end}" for line in lines)
        return [Edit(at, at, f"---{end}labelq:{end}{block}---{end}{end}")]
    if found.block is None:
        block = "".join(f"  {line}{end}" for line in lines)
        return [Edit(found.close, found.close, f"labelq:{end}{block}")]
    if found.told is None:
        return []
    start, stop = found.block
    if not found.told.keys or found.told.flow:
        rest = {k: _plain(v) for k, v in told.items() if k not in KEYS}
        lines += [f"{_json(key)}: {_json(value)}" for key, value in rest.items()]
        block = "".join(f"  {line}{end}" for line in lines)
        return [Edit(start, stop, f"labelq:{end}{block}")]
    first = min(key.start for key in found.told.keys.values())
    indent = text[_line_start(text, start + first) : start + first]
    edits = [
        Edit(
            _line_start(text, start + found.told.keys[key].start),
            _line_stop(text, start + max(told[key].end, found.told.keys[key].end)),
            "",
        )
        for key in KEYS
        if key in told
    ]
    at = _line_stop(text, start)
    return [Edit(at, at, "".join(f"{indent}{line}{end}" for line in lines)), *edits]


def _list(node: Node | None) -> Sequence[Node]:
    return node.items if isinstance(node, List) else ()


def _plain(node: Node) -> Any:
    if isinstance(node, Table):
        return {key: _plain(value) for key, value in node.items.items()}
    return [_plain(item) for item in _list(node)] if isinstance(node, List) else _value(node)


def _json(value: Any) -> str:
    """A value on one line, as JSON: YAML reads it alike."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_json(str(k))}: {_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    if isinstance(value, str):
        if re.fullmatch(r"sha256:[0-9a-f]+", value):
            return value
        shown = "".join(c for c in value if not unicodedata.category(c).startswith("C"))
        return json.dumps(shown, ensure_ascii=False)
    return str(value)


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def _line_stop(text: str, at: int) -> int:
    found = re.compile(_END).search(text, at)
    return found.end() if found else len(text)


def decisions_told(text: str) -> tuple[str, ...]:
    """The ids of the decisions that the front matter says are in the guideline."""
    found = front_matter(text)
    told = found.told.items.get("decisions") if found is not None and found.told else None
    return tuple(filter(None, map(_value, _list(told))))
