"""What interval is wanted: how, over what, how many resamples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from labelq.errors import SettingsError
from labelq.labels.grouping import Groups

Method = Literal["jackknife", "percentile", "bca", "analytic"]
"""``jackknife``: t on Fisher's z scale; ``percentile`` and ``bca``: bootstrap; ``analytic``: the
published standard error."""

METHODS: tuple[Method, ...] = get_args(Method)

MIN_RESAMPLES = 100
"""The ends of an interval are percentiles: fewer resamples have none."""


@dataclass(frozen=True, slots=True, eq=False)
class IntervalPlan:
    """``resamples`` of 0 means that no interval is wanted. Deterministic for a ``seed``.

    ``groups`` are drawn (or left out) as wholes, None where units are independent.
    ``resample_raters`` asks for intervals that hold for raters like these, not only for them.

    Raises:
        SettingsError: too few resamples for an interval, or an unknown or impossible method.
    """

    method: Method = "jackknife"
    resamples: int = 2000
    seed: int = 0
    confidence: float = 0.95
    groups: Groups | None = None
    resample_raters: bool = False

    def __post_init__(self) -> None:
        if 0 < self.resamples < MIN_RESAMPLES:
            raise SettingsError(
                f"{self.resamples} resamples make no interval; use {MIN_RESAMPLES} or more, or 0"
                " for none"
            )
        if self.method not in METHODS:
            raise SettingsError(
                f"--interval {self.method}: there is no such interval; known: {', '.join(METHODS)}"
            )
        if self.method == "analytic" and self.groups is not None:
            raise SettingsError(
                "--interval analytic: published standard errors take tasks as independent;"
                " leave out --group, or use --interval jackknife"
            )
        if self.resample_raters and self.method not in ("jackknife", "percentile"):
            raise SettingsError(
                "--resample-raters: goes with --interval jackknife or percentile, not"
                f" {self.method}"
            )
        if self.resample_raters and self.groups is not None:
            raise SettingsError("--resample-raters: not together with --group")

    @property
    def draws_patterns(self) -> bool:
        """Whether tables must keep the patterns of the question: they are drawn, or grouped."""
        return self.groups is not None or self.method in ("percentile", "bca")

    @property
    def wanted(self) -> bool:
        """Whether intervals are wanted at all."""
        return self.resamples > 0
