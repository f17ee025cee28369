"""What the queue will buy, and how far to believe it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from labelq.labels.model import Round
from labelq.measure.consensus.foresight import Foresight, foresight
from labelq.remedy.acts import Entry, QueueForecast
from labelq.remedy.budget import limits
from labelq.remedy.people import people_of
from labelq.settings import Budget


def forecast(
    round_: Round,
    entries: Sequence[Entry],
    *,
    budget: Budget | None = None,
    active: Collection[str] | None = None,
    hurried: Collection[int] = (),
    seed: int = 0,
    confidence: float = 0.95,
) -> QueueForecast:
    """What the queued ``entries`` will buy, by what votes did so far where this can be seen.

    Seen it can be on gold, else on votes that are hidden from the model; the questions' votes
    are taken together. ``budget``, ``active`` and ``hurried`` are those of the queue.
    """
    queued = [entry for entry in entries if entry.status == "queued"]
    people = people_of(round_, active, hurried)
    whole = limits(budget, people)
    by_model = sum(entry.fall for entry in queued)
    tried = [
        foresight(
            question,
            round_.ratings[question.name],
            len(round_.raters),
            round_.gold.get(question.name),
            seed=seed,
            confidence=confidence,
        )
        for question in round_.questions
        if queued
    ]
    basis, factor, lower, upper, n = _together(tried)
    reason = None
    if factor is None:
        reason = "nothing_queued" if not tried else _why(tried)
    return QueueForecast(
        n_entries=len(queued),
        n_votes=sum(entry.votes for entry in queued),
        seconds=sum(entry.seconds for entry in queued) if people.timed else None,
        by_model=by_model,
        fewer=by_model * max(factor, 0.0) if factor is not None else by_model,
        lower=None if lower is None else by_model * max(lower, 0.0),
        upper=None if upper is None else by_model * max(upper, 0.0),
        basis=basis,
        factor=factor,
        factor_lower=lower,
        factor_upper=upper,
        n_tested=n,
        reason=reason,
        budget_votes=whole.labels,
        budget_seconds=whole.seconds,
        budget_given=budget is not None,
        n_later=sum(entry.status == "later" for entry in entries),
        n_held_back=sum(entry.status == "held_back" for entry in entries),
        confidence=confidence,
    )


@dataclass(frozen=True, slots=True)
class Stage:
    """After ``votes`` answers, which took ``seconds``: ``fewer`` (``lower`` to ``upper``) wrong
    labels fewer, as in :class:`QueueForecast`.
    """

    votes: int
    seconds: float
    fewer: float
    lower: float | None
    upper: float | None


def course(entries: Sequence[Entry], found: QueueForecast, most: int = 40) -> list[Stage]:
    """What working the queue from its top buys, in up to ``most`` stages from nothing to all.

    Each entry counts as the forecast does, so that the last stage is the forecast; nothing is
    known of how far off single tasks are.
    """
    queued = [entry for entry in entries if entry.status == "queued"]
    if not queued or found.by_model <= 0:
        return []
    votes = [0, *accumulate(entry.votes for entry in queued)]
    seconds = [0.0, *accumulate(entry.seconds for entry in queued)]
    fall = [0.0, *accumulate(entry.fall for entry in queued)]
    n = min(most, len(queued))
    stages = []
    for at in [round(len(queued) * i / n) for i in range(n + 1)]:
        share = fall[at] / fall[-1]
        low, high = (None if end is None else share * end for end in (found.lower, found.upper))
        stages.append(Stage(votes[at], seconds[at], share * found.fewer, low, high))
    return stages


def _together(
    tried: Sequence[Foresight],
) -> tuple[Literal["gold", "held_out", "model"], float | None, float | None, float | None, int]:
    """Basis, factor, its interval and the number of votes, over all questions; gold goes first."""
    seen = [one for one in tried if one.factor is not None]
    best = [one for one in seen if one.basis == "gold"] or seen
    if not best:
        return "model", None, None, None, 0
    expected = sum(one.expected for one in best)
    factor = sum(one.mended for one in best) / expected
    if len(best) == 1:
        lower, upper = best[0].lower, best[0].upper
        return best[0].basis, factor, lower, upper, best[0].n
    # Independent parts of a sum: half the length of each interval adds up in squares.
    reach = 0.0
    for one in best:
        assert one.lower is not None
        assert one.upper is not None
        reach += ((one.upper - one.lower) / 2 * one.expected) ** 2
    half = reach**0.5 / expected
    return best[0].basis, factor, factor - half, factor + half, sum(one.n for one in best)


def _why(tried: Sequence[Foresight]) -> str:
    """The reason of the question that came nearest."""
    order = ("too_little_expected", "too_few_units", "no_labels")
    return min((str(one.reason) for one in tried), key=order.index)
