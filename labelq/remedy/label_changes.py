"""Which labels go and come by what was decided, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labelq.remedy.decisions import Decision

__all__ = ["LabelChange", "label_changes"]


@dataclass(frozen=True, slots=True)
class LabelChange:
    """Labels of one question that go and come, as people read them (a path: ``A / B``).

    What comes stands where ``beside`` stands, or else at the end. ``decision`` is the id.
    """

    question: str
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    beside: str | None = None
    decision: str = ""


def label_changes(decisions: Sequence[Decision]) -> tuple[LabelChange, ...]:
    """What changes in the scheme: labels that are split, new, dropped, merged or renamed."""
    found = []
    for one in decisions:
        if one.outcome not in ("split", "merge", "rename", "new_label", "drop"):
            continue
        gone = tuple(_label(label) for label in one.gone)
        new = tuple(_label(label) for label in one.given)
        beside = gone[0] if gone else one.label if one.outcome == "split" else None
        if beside is None and one.outcome == "new_label":
            beside = _label(one.labels[-1])
        found.append(LabelChange(one.question, gone, new, beside, one.id))
    return tuple(found)


def _label(label: str) -> str:
    """A label of the scheme: of a multiple choice the one that is ticked or not."""
    return label.removeprefix("without ")
