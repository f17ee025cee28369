"""Whether it helped, in words: the same sentences and tables in every medium."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labelq.measure.registry import HEADLINE
from labelq.measure.results import Agreement, Verdict
from labelq.remember.findings import (
    Change,
    ClusterFate,
    Comparison,
    Effect,
    Fate,
    Share,
    Surroundings,
    Word,
)
from labelq.report import causes, words
from labelq.report.names import Names
from labelq.report.numbers import MINUS, NONE, coefficient, count, counted, percent
from labelq.report.text import mark

if TYPE_CHECKING:
    from labelq.auditing import Audit

WORDS: dict[Word, str] = {
    "improved": "improved",
    "worse": "worse",
    "not_shown": "not shown",
    "cannot_tell": "cannot tell",
}

FATES: dict[Fate, str] = {
    "gone": "gone",
    "smaller": "smaller",
    "same": "same",
    "back": "back",
    "too_little": "too little to say",
}

FALL = (
    "A cluster is found because its tasks are disputed, and the most disputed of many are less so "
    "the next time by themselves. So it is judged by all tasks with its content, disputed or not, "
    "in both rounds, and against the rate to be expected now had nothing changed: that of the "
    "earlier round, drawn to what its other contents show. It is smaller, or gone, only if chance "
    "alone would bring so low a rate in fewer than one of 20 cases; gone if at least three "
    "quarters of what was more than usual are no longer there."
)

DIFFERENCES = (
    "By how much more agreement rose inside a decision’s scope than outside it. Agreement is the "
    "share of pairs of answers that agree, every task counting alike."
)

SEEN = (
    "“Would be seen”: a change of this size has a chance of four in five to be shown with tasks "
    "like these."
)

MOST_SAID = 5
"""So many clusters and decisions stand on the terminal and in Markdown, the rest in the report."""


def signed(value: float | None) -> str:
    """A change, with its sign; as many decimals as its sign needs.

    >>> signed(0.114), signed(-0.039), signed(0.0), signed(0.004), signed(None)
    ('+.11', '−.04', '0', '+.004', '–')
    """
    if value is None:
        return NONE
    if value == 0:
        return "0"
    shown = coefficient(value, [0.0])
    return f"+{shown}" if shown[0].isdigit() or shown[0] == "." else shown


def points(value: float | None) -> str:
    """A change of a share in percentage points, with its sign.

    >>> points(0.158), points(-0.05), points(0.001)
    ('+16', '−5', '0')
    """
    if value is None:
        return NONE
    n = round(value * 100)
    return f"{'+' if n > 0 else MINUS if n < 0 else ''}{abs(n)}"


def spread(lower: float | None, upper: float | None) -> str:
    """The interval of a change: ``+.04 to +.18``; empty if there is none."""
    return "" if lower is None or upper is None else f"{signed(lower)} to {signed(upper)}"


def earlier(audit: Audit, verdict: Verdict) -> Agreement | None:
    """The headline of ``verdict`` in the round this one is compared with, None without one."""
    if audit.comparison is None:
        return None
    rows = audit.comparison.changes
    return next(
        (
            r.before
            for r in rows
            if r.headline and (r.question, r.tasks) == (verdict.question, "all")
        ),
        None,
    )


def summary(found: Comparison) -> str:
    """One sentence: what changed since the earlier round."""
    headlines = [row for row in found.changes if row.headline and row.tasks == "all"]
    said = []
    for word, text in WORDS.items():
        names = [mark(row.question, 40) for row in headlines if row.word == word]
        if not names:
            continue
        series = words.series(names)
        many = "are" if len(names) > 1 else "is"
        said.append(
            {
                "not_shown": f"no change of {series} is shown",
                "cannot_tell": f"for {series} the data cannot tell",
                "worse": f"{series} {many} worse",
            }.get(word, f"{series} {text}")
        )
    if not headlines:
        said.append("no question was asked in both rounds")
    counts = [(fate, sum(c.fate == fate for c in found.clusters)) for fate in FATES]
    fates = [f"{count(n)} {FATES[fate]}" for fate, n in counts if n]
    earlier = f"; of its clusters {words.series(fates)}" if fates else ""
    return f"Against {mark(found.name)}: {'; '.join(said)}{earlier}."


def change(row: Change) -> str:
    """A coefficient's change: ``category: improved, alpha .68 → .79, +.11 (+.04 to +.18)``."""
    return f"{mark(row.question)}: {_change(row)}."


def common(row: Change, n_common: int) -> str:
    """The same on the tasks that are in both rounds."""
    return f"{mark(row.question)}, on the {counted(n_common, 'task')} in both: {_change(row)}."


def _change(row: Change) -> str:
    name = "alpha" if row.metric == HEADLINE else words.metric(row.metric)
    before, after = (None if r is None else r.value for r in (row.before, row.after))
    said = f"{WORDS[row.word]}, {name} {coefficient(before)} → {coefficient(after)}"
    if row.difference is None or row.lower is None:
        return f"{said}: {reason(row)}"
    said += f", {signed(row.difference)} ({spread(row.lower, row.upper)})"
    if row.word == "not_shown":
        said += f"; with tasks like these a change of {_size(row)} would be seen four times in five"
    return said


def _size(row: Change) -> str:
    return coefficient(row.detectable)


def reason(row: Change) -> str:
    """Why a change cannot be told."""
    if row.reason == "other_level" and row.before is not None and row.after is not None:
        return (
            f"it was measured as {words.LEVEL_WORDS[row.before.level]} then and as "
            f"{words.LEVEL_WORDS[row.after.level]} now; audit one of them again with --level"
        )
    return words.reason(row.reason)


def fate(found: ClusterFate) -> str:
    """What became of a cluster, with the rates that this rests on."""
    about = ", ".join(f"“{mark(word, 40)}”" for word in found.words[:4])
    what = f"{causes.either(found.labels)}{f', about {about}' if about else ''}"
    where = mark(found.question)
    return f"{FATES[found.fate].capitalize()}: {what} ({where}). {rates(found)}"


def rates(found: ClusterFate) -> str:
    """The rates before, expected, and now."""
    if found.reason == "label_gone":
        return "One of the labels is no longer there."
    if found.reason is not None or found.before is None:
        return (
            f"Only {counted(found.n_before, 'task')} with this content then and "
            f"{count(found.n_after)} now have two or more answers."
        )
    what = "Pairs of answers that differ" if found.any_labels else "Pairs of answers split so"
    return (
        f"{what}: {percent(found.before)} then ({counted(found.n_before, 'task')}), "
        f"{percent(found.after)} now ({counted(found.n_after, 'task')}); without any change "
        f"{percent(found.expected)} were to be expected ({percent(found.lowest)} to "
        f"{percent(found.highest)}). On other tasks: {percent(found.usual)}."
    )


def effect(found: Effect) -> str:
    """A decision: agreement inside and outside its scope, and what the two say together."""
    which = f"Decision {mark(found.decision)} ({mark(found.question)})"
    if found.reason == "decided_later":
        return f"{which}: {words.reason(found.reason)}, which so cannot show what it does."
    said = (
        f"{which}: agreement in its scope "
        f"{_then_now(found.inside_before, found.inside_after)}, elsewhere "
        f"{_then_now(found.outside_before, found.outside_after)}"
    )
    if found.difference is None:
        return f"{said}; {WORDS[found.word]}: {words.reason(found.reason)}."
    said += (
        f". That is {points(found.difference)} points more in the scope "
        f"({points(found.lower)} to {points(found.upper)}): {WORDS[found.word]}"
    )
    if found.by_itself is not None and found.by_itself >= 0.005:
        said += f"; about {points(found.by_itself)} were to be expected without the decision"
    return f"{said}."


def _then_now(before: Share, after: Share) -> str:
    return (
        f"{percent(before.value)} → {percent(after.value)} "
        f"({count(before.n_units)} and {counted(after.n_units, 'task')})"
    )


def surroundings(found: Surroundings, shown: Names) -> list[str]:
    """What else is different, a sentence each."""
    said = []
    for name, added, removed in found.labels:
        parts = [
            f"{word} {words.series([mark(label, 60) for label in labels])}"
            for word, labels in (("new", added), ("no longer there", removed))
            if labels
        ]
        said.append(f"Labels of {mark(name)}: {'; '.join(parts)}.")
    for name, before, after in found.levels:
        said.append(
            f"{mark(name)} was measured as {words.LEVEL_WORDS[before]} then, as "
            f"{words.LEVEL_WORDS[after]} now."
        )
    for names, which in ((found.only_before, "earlier"), (found.only_after, "this")):
        if names:
            series = words.series([mark(name, 60) for name in names])
            said.append(
                f"Only asked in {'the earlier' if which == 'earlier' else 'this'} round: {series}."
            )
    if found.joined or found.left:
        joined = words.series([mark(shown.of_id(one)) for one in found.joined])
        new = f" ({joined})" if joined else ""
        said.append(
            f"Annotators: {count(found.n_stayed)} in both rounds, {count(len(found.joined))} new"
            f"{new}, {count(len(found.left))} no longer there. Intervals hold for the annotators "
            "as they are."
        )
    for shift in found.shifts:
        moved = ", ".join(
            f"{mark(value, 40) if value else 'none'} {percent(before)} → {percent(after)}"
            for value, before, after in shift.moved
        )
        what = "Labels given to" if shift.what == "labels" else "Tasks by"
        said.append(f"{what} {mark(shift.name)}: {moved}.")
    then, now = (mark(name or "", 80) for name in found.guideline_names)
    told = {
        "same": "The guideline is the same.",
        "changed": f"The guideline changed ({then}, now {now})."
        if then != now
        else f"The guideline {now} changed.",
        "added": f"There is a guideline now ({now}).",
        "dropped": f"There was a guideline then ({then}), and none is given now.",
        "none": "",
    }[found.guideline]
    return [*said, *([told] if told else [])]


def tasks(found: Comparison) -> str:
    """How many tasks each round has, and how many both."""
    known = {"id": "their ids", "content": "their content"}.get(
        found.joined_by, f"the field {mark(found.joined_by)}"
    )
    both = "none is in both rounds" if not found.n_common else f"{count(found.n_common)} in both"
    return (
        f"{counted(found.n_before, 'task')} then, {count(found.n_after)} now, {both}, known by "
        f"{known}."
    )


def lines(found: Comparison) -> list[str]:
    """The few sentences for the terminal and Markdown: headlines, fates, decisions."""
    headlines = [row for row in found.changes if row.headline]
    said = [change(row) for row in headlines if row.tasks == "all"]
    both = [row for row in headlines if row.tasks == "common" and row.word != "cannot_tell"]
    shown = [row for row in both if row.word != "not_shown"]
    said += [common(row, found.n_common) for row in shown]
    if both and not shown:
        said.append(f"On the {counted(found.n_common, 'task')} in both rounds no change is shown.")
    said += _some([fate(c) for c in found.clusters], "cluster")
    said += _some([effect(e) for e in found.effects], "decision")
    return said


def _some(sentences: Sequence[str], what: str) -> list[str]:
    more = len(sentences) - MOST_SAID
    rest = [f"And {counted(more, f'more {what}')} in the report."] if more > 0 else []
    return [*sentences[:MOST_SAID], *rest]
