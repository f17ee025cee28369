"""A decision out of the text of ``decisions.yaml``; everything else stays byte for byte."""

from __future__ import annotations

from labelq.errors import DecisionsError
from labelq.remedy.decision_file import read_decisions, read_top
from labelq.remedy.plain_yaml import List, Source


def without_decision(text: str, name: str, file: str = "decisions.yaml") -> str:
    """``text`` without the decision called ``name``, and without the comments inside it.

    Raises:
        DecisionsError: ``text`` is no file of decisions, or its layout does not allow it.
    """
    before = read_decisions(text, file)
    source = Source(text.removeprefix("\ufeff"), file)
    top = read_top(source)
    listed = None if top is None else top.items["decisions"]
    new = text
    if top is not None and isinstance(listed, List) and name in before.places:
        old = source.text
        node = listed.items[[one.id for one in before.decisions].index(name)]
        start = old.rfind("\n", 0, node.start) + 1
        end = old.find("\n", node.end)
        if not listed.flow and old[start : node.start].strip() == "-":
            rest = "" if end < 0 else old[end + 1 :]
            head = old[:start]
            if len(listed.items) == 1:
                at = top.keys["decisions"].end
                head = f"{head[:at]}: []{head[at + 1 :]}"
            new = text[: len(text) - len(old)] + head + rest
    try:
        left = read_decisions(new, file).decisions
    except DecisionsError:
        left = before.decisions
    if left != tuple(one for one in before.decisions if one.id != name):
        raise DecisionsError(f"{file}: decision {name} cannot be taken out of this layout")
    return new
