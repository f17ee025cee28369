"""The queue: what it buys, in words, and its first tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.remedy.acts import Entry, QueueForecast
from labelq.remedy.entries import STATUS, wants
from labelq.report import causes
from labelq.report.beside import NOTHING, Beside
from labelq.report.examples import text_of
from labelq.report.names import Names
from labelq.report.numbers import coefficient, count, counted
from labelq.report.pictures import Picture
from labelq.report.text import clip

if TYPE_CHECKING:
    from labelq.auditing import Audit

MOST_QUEUED = 20
"""So many tasks are shown; all stand in queue.csv."""

_WHY_MODEL = {
    "too_few_units": "too few tasks have enough answers to try it on",
    "too_little_expected": "hidden answers would have mended too little to try it on",
    "no_labels": "numbers, sets and rankings cannot be tried",
}


def forecast(found: QueueForecast | None) -> list[str]:
    """Sentences about what is queued, later and held back; none without a forecast."""
    if found is None:
        return []
    said = []
    if found.n_entries:
        answers = counted(found.n_votes, "answer")
        on = f" on {counted(found.n_entries, 'task')}" if found.n_votes > 1 else ""
        takes = "" if found.seconds is None else f", {hours(found.seconds)} of work"
        said.append(f"Within the budget ({budget(found)}): {answers}{on}{takes}. {_buys(found)}")
    if found.n_later:
        are = "is" if found.n_later == 1 else "are"
        said.append(f"{counted(found.n_later, 'task')} more {are} worth it beyond the budget.")
    if found.n_held_back:
        held = "is" if found.n_held_back == 1 else "are"
        said.append(
            f"{counted(found.n_held_back, 'task')} of open gaps {held} held back: re-labeling"
            " them now buys the same split again. The decision releases them."
        )
    return said


def short(found: QueueForecast | None) -> str:
    """What pushing the queue takes and buys, in a few words; empty without a forecast.

    >>> short(None)
    ''
    """
    if found is None or not found.n_entries:
        return ""
    takes = counted(found.n_votes, "answer")
    if found.seconds is not None:
        takes = f"{hours(found.seconds)} of work"
    basis = " by the model" if found.basis == "model" else ""
    return f"{takes[:1].upper()}{takes[1:]},{basis} {_labels(found.fewer)}"


def budget(found: QueueForecast) -> str:
    """The budget in words."""
    if found.budget_votes is not None:
        amount = counted(found.budget_votes, "answer")
    else:
        amount = hours(found.budget_seconds or 0.0)
    return amount if found.budget_given else f"{amount}, an hour of everybody who can be asked"


def hours(seconds: float) -> str:
    """A time in the unit that fits it.

    >>> hours(20), hours(1500), hours(7560)
    ('under a minute', '25 minutes', '2.1 hours')
    """
    minutes = round(seconds / 60)
    if minutes < 1:
        return "under a minute"
    return counted(minutes, "minute") if minutes < 60 else f"{seconds / 3600:.3g} hours"


def _buys(found: QueueForecast) -> str:
    fewer = f"They should leave {_labels(found.fewer)}"
    if found.n_votes == 1:
        fewer = f"It should leave {_labels(found.fewer)}"
    if found.basis == "model":
        why = _WHY_MODEL.get(found.reason or "", "")
        return f"{fewer}: model-based, likely optimistic{f' ({why})' if why else ''}."
    spread = ""
    if found.lower is not None and found.upper is not None:
        spread = f" ({number(found.lower)} to {number(found.upper)})"
    judged = "checked against reference answers" if found.basis == "gold" else "other answers"
    by = "" if found.basis == "gold" else "judged by "
    return (
        f"{fewer}{spread}, going by what {count(found.n_tested)} hidden answers of this round"
        f" mended, {by}{judged}; fewer if these tasks are harder than the others."
    )


def _labels(n: float) -> str:
    if n < 0.95:
        return "hardly any wrong label fewer" if n < 0.05 else "less than one wrong label fewer"
    return f"about {counted(round(n), 'wrong label')} fewer"


def number(n: float) -> str:
    """A number of wrong labels, with the digits that it deserves.

    >>> number(12.6), number(0.42), number(0.01)
    ('13', '.4', '0')
    """
    return count(round(n)) if n >= 0.95 or n < 0.05 else f"{n:.1f}".removeprefix("0")


@dataclass(frozen=True, slots=True)
class QueuedTask:
    """A task of the queue: ``id`` and ``text`` (or why there is none) are data text, the others
    are sentences. ``gain`` is what the rows are sorted by: wrong labels fewer per hour.
    """

    rank: int
    id: str
    text: str
    missing: str
    reasons: str
    wants: str
    who: str
    status: str
    per_hour: str
    gain: float
    link: str | None
    picture: Picture | None


def queued(
    audit: Audit, names: Names, beside: Beside = NOTHING, limit: int = MOST_QUEUED
) -> list[QueuedTask]:
    """The first tasks of the queue."""
    units = audit.round.units
    # Who voted through a queue only can be asked, too.
    voters = Names(audit.round.voters, names=not names.hidden)
    found = []
    for rank, entry in enumerate(audit.queue[:limit], 1):
        identity = units.ids[entry.unit]
        text, missing = text_of(audit.round, entry.unit, 160)
        found.append(
            QueuedTask(
                rank=rank,
                id=clip(identity, 80),
                text=text,
                missing=missing,
                reasons=causes.queue_reasons(entry.reasons),
                wants=wants(entry),
                who=people(entry, voters),
                status=STATUS[entry.status],
                per_hour=_per_hour(entry.per_hour),
                gain=round(entry.per_hour, 6),
                link=beside.link(identity),
                picture=beside.pictures.get(identity),
            )
        )
    return found


def _per_hour(gain: float) -> str:
    """A gain with the digits that it deserves.

    >>> _per_hour(122.7), _per_hour(7.25), _per_hour(.3)
    ('123', '7.2', '.30')
    """
    if gain >= 10:
        return count(round(gain))
    return f"{gain:.1f}" if gain >= 1 else coefficient(gain)


def people(entry: Entry, names: Names) -> str:
    """Whom the queue counts on, and who can stand in."""
    if not entry.people:
        return "somebody new"
    if entry.wants == "second_look":
        return names.people(entry.people, bare=True)
    first, *others = (names.people([code], bare=True) for code in entry.people)
    return first + (f", else {' or '.join(others)}" if others else "")
