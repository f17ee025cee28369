"""The first screen's answer: can this round be trusted, question by question, in plain words.

Every function gives a **sentence** (see :mod:`labelq.report.text`): the same one in every medium.
What stands behind it in full is in :mod:`labelq.report.words` and :mod:`labelq.report.ceilings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.measure.results import State, Verdict
from labelq.report import ceilings, comparison, words
from labelq.report.ceilings import Target
from labelq.report.numbers import coefficient, count, counted, interval, percent, threshold
from labelq.report.text import mark

if TYPE_CHECKING:
    from labelq.auditing import Audit

CONCLUSIONS: dict[State, str] = {
    "reliable": "enough to train on",
    "tentative": "enough for tentative conclusions, not yet to train on",
    "unreliable": "not enough to train on",
}
"""What follows from the plain counts where the data can tell."""

MOST_NAMED = 3
"""So many questions of one state are named in the first sentence; more are counted."""

ALPHA = (
    "How far annotators agree beyond what chance alone would bring (Krippendorff’s alpha): 1 is "
    "perfect agreement, 0 is chance. The dot is the value, the line through it its interval: where "
    "the value would plausibly lie for other tasks like these. A ring is the value of the round "
    "that this one is compared with."
)
CEILING = (
    "Even a model that is always right would match the labels of one annotator only that often, "
    "because annotators slip. A higher target asks for luck, or for learning their habits."
)
BASELINE = "What somebody would match who always gives the commonest answer without looking."


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """A question's verdict: ``name`` is data, the words are sentences.

    ``before`` is the value in the round that this one is compared with, ``gold`` what gold
    shows, both empty without; ``full`` is all that stands behind ``sentence``.
    """

    name: str
    state: State
    sign: str
    word: str
    value: str
    interval: str
    before: str
    sentence: str
    gold: str
    target: Target | None
    full: list[str]


def row(audit: Audit, v: Verdict) -> VerdictRow:
    """The verdict on one question, ready to print."""
    earlier = comparison.earlier(audit, v)
    thresholds = (v.tentative_from, v.reliable_from)
    sign, word = words.STATES[v.state]
    return VerdictRow(
        name=v.question,
        state=v.state,
        sign=sign,
        word=word,
        value=coefficient(v.headline.value, thresholds),
        interval=interval(v.headline.lower, v.headline.upper, thresholds),
        before="" if earlier is None else coefficient(earlier.value),
        sentence=sentence(v),
        gold=ceilings.gold_of(audit, v.question),
        target=ceilings.target_of(audit, v.question),
        full=[words.verdict(v), *ceilings.sentences(audit, v.question)],
    )


def short(audit: Audit, v: Verdict) -> list[str]:
    """What the terminal and Markdown say: the verdict, what else must be known, the target."""
    target = ceilings.target_of(audit, v.question)
    said = [
        sentence(v),
        words.paradox(v),
        words.rare_labels(v),
        ceilings.gold_of(audit, v.question),
    ]
    return [*filter(None, said), *([target.sentence] if target is not None else [])]


def sentence(v: Verdict) -> str:
    """A verdict in one sentence: its plain counts, and what follows from them."""
    if not v.n_multiple:
        tasks = counted(v.n_units, "task")
        return f"None of the {tasks} was labeled by two or more people: nothing to compare."
    agreed = f"All annotators agreed on {count(v.n_unanimous)} of {counted(v.n_multiple, 'task')}"
    if v.state in CONCLUSIONS:
        return f"{agreed}: {CONCLUSIONS[v.state]}{_chance(v)}."
    if v.headline.lower is None or v.headline.upper is None:
        why = words.reason(v.headline.reason) or "there is no interval"
        more = f"; it takes at least {words.rounded(v.more_units)}" if v.more_units else ""
        return f"{agreed}: cannot tell yet, {why}{more}."
    more = "more tasks would hardly tell, a clearer guideline may"
    if v.more_units:
        more = f"about {words.rounded(v.more_units)} would probably tell"
    return f"{agreed}: cannot tell yet; {more}{_chance(v)}."


def _chance(v: Verdict) -> str:
    """Why many unanimous tasks are not enough, where one label is nearly everywhere."""
    if v.paradox is None:
        return ""
    name = mark(v.commonest, 40) if v.commonest is not None else "the same"
    return f"; {percent(v.paradox.share)} of all labels are {name}, so that chance explains most"


def opening(verdicts: Sequence[Verdict]) -> str:
    """The first words of a report."""
    states = {v.state for v in verdicts}
    if not states:
        return "Nothing to measure."
    if states == {"reliable"}:
        return "Yes."
    return "In part." if states & {"reliable", "tentative"} else "Not yet."


def reason(verdicts: Sequence[Verdict]) -> str:
    """Why :func:`opening` says so: every question by name."""
    if not verdicts:
        return "There is no question in this round that can be measured."
    names = {
        state: [mark(v.question, 40) for v in verdicts if v.state == state]
        for state in words.STATES
    }

    def who(some: list[str]) -> str:
        if len(some) <= MOST_NAMED:
            return words.series(some)
        return f"{'all ' * (len(some) == len(verdicts))}{count(len(some))} questions"

    def them(some: list[str]) -> str:
        return "it" if len(some) == 1 else "them"

    good, half, bad = names["reliable"], names["tentative"], names["unreliable"]
    told = [f"enough on {who(good)} to train on {them(good)}"] if good else []
    told += [f"just enough on {who(half)} for tentative conclusions"] if half else []
    said = []
    if told:
        but = f", but not enough on {who(bad)}" if bad else ""
        said.append(f"Annotators agree {words.series(told)}{but}")
    elif bad:
        said.append(f"Annotators do not agree enough on {who(bad)} to train on {them(bad)}")
    if names["cannot_tell"]:
        said.append(f"for {who(names['cannot_tell'])} the data cannot tell yet")
    text = "; ".join(said) + "."
    return text[:1].upper() + text[1:]


def answer(verdicts: Sequence[Verdict]) -> str:
    """The first sentences of a report: can this round be trusted, and why."""
    return f"{opening(verdicts)} {reason(verdicts)}"


def zones(verdicts: Sequence[Verdict]) -> str:
    """From where on a question is reliable, in words; each pair of thresholds once."""
    pairs = dict.fromkeys((v.reliable_from, v.tentative_from) for v in verdicts)
    said = [f"{threshold(high)}, tentative from {threshold(low)}" for high, low in pairs]
    return f"Reliable from {'; or '.join(said)}, if the whole interval reaches it." if said else ""
