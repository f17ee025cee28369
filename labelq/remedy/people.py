"""Who can be asked for another label, how long it takes them, and what they labeled already."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.errors import SettingsError
from labelq.labels.evidence import last_words
from labelq.labels.model import Codes, Ratings, Round
from labelq.pinpoint.rater_findings import RaterReport

FASTEST = 0.5
"""Nobody counts as faster than this share of the time of the person in the middle: whoever is
would be asked for being fast, and not for reading.
"""

ABSENT_AFTER = np.timedelta64(30, "D")
"""Without a label for so long before the round's last answer, somebody is not asked."""


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """``asked``: codes (into ``Round.voters``) of those who can be asked. ``seconds`` is how
    long one task takes each voter (the median of those with known times where their own is not
    known, 1 where nobody's is: then only labels are counted), ``timed`` whether any is known.
    ``done`` holds unit × n + voter of every task that somebody labeled.
    """

    asked: Codes
    seconds: NDArray[np.float64]
    timed: bool
    done: NDArray[np.int64]

    def free(self, units: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Whether each unit is new to each of those asked: (units × asked)."""
        key = units.astype(np.int64)[:, None] * len(self.seconds) + self.asked
        return ~np.isin(key, self.done)

    @property
    def with_somebody_new(self) -> NDArray[np.float64]:
        """Seconds per task of each of those asked, and of somebody new: (asked + 1,)."""
        return np.append(self.seconds[self.asked], self.usual)

    @property
    def usual(self) -> float:
        """Seconds per task of the person in the middle."""
        if not len(self.seconds):
            return 1.0
        return float(np.median(self.seconds[self.asked] if len(self.asked) else self.seconds))


def hurried_raters(reports: Iterable[RaterReport]) -> frozenset[int]:
    """Codes of those who answer much faster than the others and differ from them, too."""
    seen: dict[int, set[str]] = {}
    for report in reports:
        seen.setdefault(report.rater, set()).update(flag.kind for flag in report.flags)
    return frozenset(rater for rater, kinds in seen.items() if {"fast", "differs"} <= kinds)


def people_of(
    round_: Round, active: Collection[str] | None = None, hurried: Collection[int] = ()
) -> People:
    """The people of a round. ``active`` are ids (or names) of those to ask; None: everybody
    with a label in the last 30 days before the round's last answer, or without any date, but
    those who are ``hurried`` (codes), unless nobody else is left.

    Raises:
        SettingsError: nobody is called so.
    """
    n = len(round_.voters)
    tables = [last_words(round_, question) for question in round_.questions]
    done = np.unique(
        np.concatenate([np.zeros(0, np.int64), *(_keys(table, n) for table in tables)])
    )
    seconds, timed = _seconds(tables, n)
    labeled = np.zeros(n, bool)
    labeled[done % max(n, 1)] = True
    person = np.array([voter.kind == "person" for voter in round_.voters], bool)
    if active is not None:
        asked = _named(round_, active)
    else:
        asked = labeled & person & _there(tables, n)
        careful = asked & ~np.isin(np.arange(n), list(hurried))
        asked = careful if careful.any() else asked
    return People(np.flatnonzero(asked).astype(np.int32), seconds, timed, done)


def _keys(table: Ratings, n: int) -> NDArray[np.int64]:
    keys: NDArray[np.int64] = table.unit.astype(np.int64) * n + table.rater
    return keys


def _seconds(tables: Iterable[Ratings], n: int) -> tuple[NDArray[np.float64], bool]:
    """Median time per task of each voter, and whether any is known.

    An annotation's time stands with each of its questions, so a task's is the longest of them.
    """
    keys: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    times: list[NDArray[np.float64]] = [np.zeros(0)]
    for table in tables:
        known = np.isfinite(table.seconds) & (table.seconds > 0)
        keys.append(_keys(table, n)[known])
        times.append(table.seconds[known].astype(np.float64))
    key, time = np.concatenate(keys), np.concatenate(times)
    if not len(key):
        return np.ones(n), False
    order = np.lexsort((time, key))
    last = np.append(np.flatnonzero(np.diff(key[order])), len(order) - 1)
    voter, time = key[order][last] % n, time[order][last]
    by_voter = np.argsort(voter, kind="stable")
    ends = np.flatnonzero(np.diff(voter[by_voter])) + 1
    medians = {
        int(voter[part[0]]): float(np.median(time[part])) for part in np.split(by_voter, ends)
    }
    usual = float(np.median(list(medians.values())))
    found = np.full(n, usual)
    for code, median in medians.items():
        found[code] = max(median, FASTEST * usual)
    return found, True


def _there(tables: Iterable[Ratings], n: int) -> NDArray[np.bool_]:
    """Who has labeled lately; somebody whose labels bear no date may have."""
    last = np.full(n, np.datetime64("NaT"), "datetime64[s]")
    for table in tables:
        np.fmax.at(last, table.rater, table.submitted.astype("datetime64[s]"))
    if np.isnat(last).all():
        return np.ones(n, bool)
    there: NDArray[np.bool_] = np.isnat(last) | (last >= last[~np.isnat(last)].max() - ABSENT_AFTER)
    return there


def _named(round_: Round, active: Iterable[str]) -> NDArray[np.bool_]:
    found = np.zeros(len(round_.voters), bool)
    for who in active:
        wanted = who.strip().casefold()
        same = [voter.id.casefold() == wanted for voter in round_.voters]
        same = same if any(same) else [v.name.casefold() == wanted for v in round_.voters]
        if not any(same):
            raise SettingsError(
                f"raters.active: nobody in the round is called {who!r}; give ids as in ratings.csv"
            )
        found |= np.array(same, bool)
    return found
