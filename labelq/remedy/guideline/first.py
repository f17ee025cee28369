"""A guideline to begin with, where there was none: every definition is an open question."""

from __future__ import annotations

import numpy as np

from labelq.labels.model import Question, Round, label_text
from labelq.pinpoint.votes import single_labels
from labelq.remedy.guideline.wording import cited
from labelq.remedy.quoting import quoted

CLEAR_EXAMPLES = 3
"""So many tasks on which all annotators agreed stand under each label."""


def first_guideline(round_: Round) -> str:
    """A section per label, with clear examples and the question that it must answer."""
    lines = [
        f"# Labeling guideline for {quoted(round_.name)}",
        "",
        "Started from what annotators did. Every definition is still to be written.",
    ]
    for question in round_.questions:
        lines += ["", f"## {quoted(question.name)}"]
        if not question.labels:
            lines += ["", "What does a low value mean, what a high one? In which unit?"]
        clear = _clear_examples(round_, question)
        for label in question.labels:
            shown = quoted(label_text(label))
            lines += ["", f"### {shown}", "", f"When is a task {shown}, and when not?"]
            units = clear.get(label_text(label), ())
            if units:
                lines += ["", "All annotators agreed on:", ""]
                lines += [f"- {cited(round_, unit)}" for unit in units]
    return "\n".join(lines) + "\n"


def _clear_examples(round_: Round, question: Question) -> dict[str, list[int]]:
    """Per label, up to three unanimous units with different texts, most votes first."""
    ratings = round_.ratings[question.name]
    units, start = np.unique(ratings.unit, return_index=True)
    if not len(units):
        return {}
    low = np.minimum.reduceat(ratings.value, start)
    high = np.maximum.reduceat(ratings.value, start)
    votes = np.diff(np.append(start, len(ratings)))
    clear = np.flatnonzero((low == high) & (votes > 1))
    found: dict[str, list[int]] = {}
    seen: set[tuple[str, str]] = set()
    open_labels = {label_text(label) for label in question.labels}
    for row in clear[np.lexsort((units[clear], -votes[clear]))].tolist():
        if not open_labels:
            break
        unit = int(units[row])
        text = " ".join((round_.units.text[unit] or round_.units.ids[unit]).split())
        for label in sorted(single_labels(ratings.values[low[row]]) & open_labels):
            if (label, text) not in seen:
                seen.add((label, text))
                found.setdefault(label, []).append(unit)
                if len(found[label]) == CLEAR_EXAMPLES:
                    open_labels.discard(label)
    return found
