"""What pinpoint finds about raters: flags, uses of labels, and the estimates behind them.

Numbers and codes only: wording belongs to the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from labelq.labels.plain import RaterCode
from labelq.measure.raters.drift import Change
from labelq.measure.raters.estimates import Estimate
from labelq.measure.results import ConfusionRow

FlagKind = Literal[
    "differs", "habit", "label_use", "shift", "threshold", "self", "drift", "fast", "skips"
]
"""Families of tests, each corrected for itself."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A behaviour with its evidence, never a judgement of a person.

    ``differs``: ``value`` is the share of comparable answers that differ from the others,
    ``others`` the same share among the others. ``habit``: ``n`` of ``of`` times the rater
    answered ``label`` where the others say ``instead_of``; ``others`` is how often the others
    do so; on tasks with the content that ``words`` name, where there are any. ``label_use``: share
    of units with ``label``, and the others' on the same units.
    ``shift``: mean difference of ordered answers from the others on the same ``of`` units.
    ``threshold``: ``n`` of ``of`` times the answer stays at ``label`` or beyond (away from
    ``instead_of``) where most of the others are on the other side of that threshold, ``others``
    how often the others do so; ``value`` is the net share of all shared units. ``self``: share
    of the rater's answers to the same thing that differ, ``others`` the others' share.
    ``drift``: agreement with the others after (``value``) and before (``others``) answer ``n``
    of ``of``, given at ``when``. ``fast``: median time as a share of the others' on the same
    units (``others`` is 1); ``n`` of ``of`` answers were faster. ``skips``: share of skipped
    units. ``p_value`` is corrected over everything tested in the same family (Holm over
    raters, and labels where they are tested one by one; then over the questions).
    """

    kind: FlagKind
    value: float
    others: float | None
    n: int
    of: int
    p_value: float | None = None
    label: str | None = None
    instead_of: str | None = None
    when: str | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelUse:
    """How often a rater gives ``label`` on shared units (``own``), and the ``others`` on the
    same units; ``difference`` of the two with its interval.
    """

    label: str
    own: float
    others: float
    difference: Estimate


@dataclass(frozen=True, slots=True)
class ThresholdUse:
    """The threshold between ``below`` and ``above``: how much more often a rater's answer is
    above it than the others' on the same units.
    """

    below: str
    above: str
    difference: Estimate


@dataclass(frozen=True, slots=True)
class RaterStatistics:
    """The estimates about one rater (:data:`labelq.measure.raters.methods.METHODS` says what
    each is). ``idle`` is how many answers took so long that they are left out of ``seconds``
    and ``pace``.
    """

    most: Estimate
    kappa: Estimate
    shift: Estimate
    repeats: Estimate
    same_text: Estimate
    self_kappa: Estimate
    seconds: Estimate
    pace: Estimate
    idle: int


@dataclass(frozen=True, slots=True)
class RaterReport:
    """One rater on one question.

    ``agreement`` is the share of agreeing pairs between this rater and the others over
    ``n_shared`` units that somebody else also labeled; ``lower`` and ``upper`` its interval
    over units. ``counted`` is how many of these units count for flags: open guideline gaps and
    ambiguous units count against nobody. ``without`` is the headline coefficient without this
    rater. ``label_use`` are the labels whose use differs most, ``thresholds`` those of an
    ordered scale. ``drift`` is the likeliest change point of agreement with the others,
    ``speed_drift`` that of time per answer (None: too little to look for one). ``families``
    says for each family of flags: ``flagged``, ``nothing``, or the reason why the data are
    too little to say. ``confusion`` are the labels given where one label is true by gold or,
    with its probability, by the consensus (for the raters with flags or most ratings).
    ``left_out`` says per family of flags which raters were left out of the comparison, because
    they lean more: the flag, ``shift``, ``label_use`` and ``thresholds`` come from that one.
    """

    rater: RaterCode
    question: str
    n_ratings: int
    n_shared: int
    counted: int
    agreement: float | None
    lower: float | None
    upper: float | None
    without: float | None
    labels: dict[str, tuple[float, float]]
    skip_rate: float
    gold_right: int
    gold_of: int
    flags: tuple[Flag, ...]
    statistics: RaterStatistics
    label_use: tuple[LabelUse, ...] = ()
    thresholds: tuple[ThresholdUse, ...] = ()
    drift: Change | None = None
    speed_drift: Change | None = None
    families: Mapping[str, str] = field(default_factory=dict)
    confusion: tuple[ConfusionRow, ...] = ()
    left_out: Mapping[str, tuple[RaterCode, ...]] = field(default_factory=dict)
