"""What interval is wanted: how, over what, how many resamples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from labelq.errors import SettingsError

Method = Literal["percentile"]

MIN_RESAMPLES = 100
"""The ends of an interval are percentiles: fewer resamples have none."""


@dataclass(frozen=True, slots=True, eq=False)
class IntervalPlan:
    """``resamples`` of 0 means that no interval is wanted. Deterministic for a ``seed``.

    Raises:
        SettingsError: too few resamples for an interval.
    """

    method: Method = "percentile"
    resamples: int = 2000
    seed: int = 0
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if 0 < self.resamples < MIN_RESAMPLES:
            raise SettingsError(
                f"{self.resamples} resamples make no interval; use {MIN_RESAMPLES} or more, or 0"
                " for none"
            )
