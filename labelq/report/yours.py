"""How an annotator is told about their own answers: second person, behaviour with evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labelq.measure.raters.methods import REASONS
from labelq.pinpoint.findings import Cluster
from labelq.pinpoint.rater_findings import Flag, RaterReport
from labelq.remedy.feedback import STANDS, Feedback
from labelq.remedy.guideline.wording import number
from labelq.report import causes
from labelq.report.annotators import FAMILIES, NOT_ASKED
from labelq.report.causes import label, quoted_words
from labelq.report.findings import personal
from labelq.report.numbers import coefficient, count, counted, percent, seconds
from labelq.report.text import mark

__all__ = [
    "CAUTION",
    "NOTHING",
    "Pattern",
    "capital",
    "caution",
    "number",
    "patterns",
    "too_little",
]

CAUTION = "A pattern is a difference, not an error"
AS_MEANT = "you may well be the one who reads the guideline as it was meant"
EXCUSED = "Open gaps in the guideline and ambiguous tasks count against nobody here."

NOTHING = "Nothing in how you answered stands out from what chance brings about."


@dataclass(frozen=True, slots=True)
class Pattern:
    """A behaviour, and what it rests on (perhaps empty): sentences. ``question`` is one too."""

    question: str
    said: str
    rests: str


def patterns(feedback: Feedback) -> list[Pattern]:
    """The annotator's own patterns: habits on tasks of one kind first, then behaviours."""
    found = [_habit(cluster, feedback) for cluster in feedback.habits]
    told = [
        (mark(report.question), flag, report)
        for report in feedback.reports
        for flag in report.flags
        if flag.kind not in causes.PERSONAL
    ]
    told += [
        ("", flag, next(r for r in feedback.reports if flag in r.flags))
        for flag in personal(feedback.reports)
    ]
    for about, flag, report in told:
        rests = causes.flag_test(flag)
        found.append(Pattern(about, _flag(flag, report), _chance(rests)))
    return found


def caution(feedback: Feedback) -> str:
    """What a pattern is not; that the reader may be right, unless most of what is
    known, or what is known of a habit, says otherwise.
    """
    known = [one for one in feedback.standings if one.kind in STANDS]
    mostly = 2 * sum(one.right for one in known) < sum(one.of for one in known)
    of_habit = any(case.habit and case.kind in STANDS for case in feedback.cases)
    return f"{CAUTION}{'' if mostly or of_habit else f': {AS_MEANT}'}. {EXCUSED}"


def too_little(feedback: Feedback) -> str:
    """What the data are too little to say; empty if nothing."""
    missing: dict[str, dict[str, None]] = {}
    for report in feedback.reports:
        for family, state in report.families.items():
            if state not in ("flagged", "nothing", *NOT_ASKED):
                missing.setdefault(state, {})[FAMILIES.get(family, family)] = None
    said = [
        f"{', '.join(families)} ({REASONS.get(reason) or mark(reason)})"
        for reason, families in missing.items()
    ]
    return f"Too little to say about: {'; '.join(said)}." if said else ""


def capital(text: str) -> str:
    """``text`` as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def _chance(test: str) -> str:
    return f"Chance alone would hardly bring this about ({test})." if test else ""


def _habit(cluster: Cluster, feedback: Feedback) -> Pattern:
    """A cluster of tasks that the annotator answers otherwise than all others."""
    words = causes.words_of(cluster)
    about = f"On tasks about {words}" if words else f"Between {causes.either(cluster.labels)}"
    own = next((camp for camp in cluster.cause.camps if camp.rater == feedback.rater), None)
    said = f"{about} you answer otherwise than the others"
    if own is not None:
        said = f"{about} you mostly answer {label(own.label)}: {_times(own.n, own.of)}"
    rests = []
    apart, at_one = feedback.apart.get(cluster.id, (0, 0))
    if apart:
        rests.append(
            f"You stand apart from two or more others on {count(apart)} of these tasks; on"
            f" {count(at_one)} of them all the others gave the same answer."
        )
    chance = cluster.cause.probabilities.get("rater")
    if chance is not None:
        rests.append(
            f"That this is a habit, and no missing rule, is likely by {percent(chance)}"
            f" ({causes.BASES[cluster.cause.basis]})."
        )
    return Pattern(mark(cluster.question), f"{said}.", " ".join(rests))


def _times(n: int, of: int) -> str:
    return f"{count(n)} of {counted(of, 'time')}"


def _theirs(share: float | None) -> str:
    return "" if share is None else f"; the others do so {percent(share)} of the time"


def _flag(flag: Flag, report: RaterReport) -> str:
    """One behaviour with its evidence, told to whom it is about."""
    return f"{''.join(_said(flag, report))}."


def _said(flag: Flag, report: RaterReport) -> Iterator[str]:
    value, n = flag.value, _times(flag.n, flag.of)
    # Some comparisons leave out others who lean more: who that is, is nobody's business here.
    others = "most of the others" if report.left_out.get(flag.kind) else "the others"
    if flag.kind == "differs":
        yield f"Your answers differ from the others’ in {percent(value)} of comparisons"
        yield f"; theirs differ from each other’s in {percent(flag.others)}"
    elif flag.kind == "fast":
        own = report.statistics.seconds.value
        took = "" if own is None else f"{seconds(own)} in the middle, "
        yield f"Per task you took {took}{percent(value)} of the usual time for the same tasks"
        yield f" (less than usual on {count(flag.n)} of {count(flag.of)})"
    elif flag.kind == "threshold":
        beyond = ("or more", "or less") if value > 0 else ("or less", "or more")
        yield f"Where most of the others answer {label(flag.instead_of)} {beyond[1]}, you answer"
        yield f" {label(flag.label)} {beyond[0]}: {n}{_theirs(flag.others)}"
    elif flag.kind == "label_use":
        yield f"You give {label(flag.label)} on {percent(value)} of the tasks you share with others"
        yield f"; {others} on {percent(flag.others)}"
    elif flag.kind == "self":
        yield f"To the same thing you gave different answers {n} ({percent(value)})"
        yield f"; any two answers to it differ {percent(flag.others)} of the time"
    elif flag.kind == "drift":
        day = "" if flag.when is None else f" ({mark(flag.when[:10])})"
        yield f"From your answer {count(flag.n)} of {count(flag.of)}{day} on, you and the others"
        yield f" agree on {percent(value)} of pairs; before, on {percent(flag.others)}"
    elif flag.kind == "habit":
        about = f"On tasks about {quoted_words(flag.words)}, where" if flag.words else "Where"
        where = f"{about} the others say {label(flag.instead_of)}, you"
        yield f"{where} answer {label(flag.label)}: {n}{_theirs(flag.others)}"
    elif flag.kind == "shift":
        way = "higher" if value > 0 else "lower"
        yield f"Your answers are {coefficient(abs(value))} {way} than those of {others}, on average"
        yield f" over {counted(flag.of, 'task')}"
    else:
        yield f"You skip {percent(value)} of tasks"
        yield "" if flag.others is None else f"; the others {percent(flag.others)}"
