"""What the queue buys, in words."""

from __future__ import annotations

from labelq.remedy.acts import QueueForecast
from labelq.report.numbers import count, counted

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
        spread = f" ({_number(found.lower)} to {_number(found.upper)})"
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


def _number(n: float) -> str:
    return count(round(n)) if n >= 0.95 or n < 0.05 else f"{n:.1f}".removeprefix("0")
