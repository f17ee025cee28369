"""What a measurement says: a value, its interval, its convention, or the reason for none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Level, Value
from labelq.labels.plain import RaterCode
from labelq.measure.raters.estimates import Estimate

State = Literal["reliable", "tentative", "unreliable", "cannot_tell"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """One coefficient on one question: exactly the fields of a JSON row.

    ``label`` is None for the whole question, else the label against all others. ``raters`` is
    None for all raters, else the pair of their ids. ``value`` is None where the data cannot
    answer, and ``reason`` then says why; ``reason`` may also explain a missing interval.
    ``observed`` and ``expected`` are disagreements for Krippendorff's alpha, agreements for
    every other coefficient (the convention says so). ``error`` is the standard error of the
    value, ``p_value`` of the two-sided test that only chance agrees; None where they are refused
    or where there is no chance level. Nothing is rounded.
    """

    question: str
    metric: str
    level: Level
    weights: str | None
    distance: str | None
    label: str | None
    raters: tuple[str, str] | None
    value: float | None
    lower: float | None
    upper: float | None
    confidence: float
    interval_method: str | None
    observed: float | None
    expected: float | None
    n_units: int
    n_ratings: int
    n_raters: int
    convention: str
    reason: str | None
    error: float | None = None
    p_value: float | None = None


@dataclass(frozen=True, slots=True)
class PairIndices:
    """What lies behind the kappa of a pair of raters (their ids) on ``n_units`` shared units.

    ``kappa_max`` is the largest kappa that their marginals allow (Cohen 1960); ``prevalence``
    and ``bias`` (both from 0 to 1) are there for two labels only (Byrt, Bishop & Carlin 1993).
    None where undefined.
    """

    question: str
    raters: tuple[str, str]
    n_units: int
    kappa_max: float | None
    prevalence: float | None
    bias: float | None


@dataclass(frozen=True, slots=True)
class Paradox:
    """High raw agreement beside a low coefficient, because one label is nearly everywhere.

    ``agreement`` of the pairs of ratings agree, ``expected`` would by chance (1 - D_o and 1 - D_e
    of nominal alpha), ``share`` of all ratings are the commonest label. ``ac1`` is Gwet's AC1,
    which takes chance to be small there; None where it was not measured.
    """

    agreement: float
    expected: float
    share: float
    ac1: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one question of the round can be trusted, with the plain counts behind it.

    ``n_units`` units were labeled at all, ``n_multiple`` by two or more raters; on ``n_unanimous``
    of those all raters agreed; always answering ``commonest`` would match the share ``baseline``
    of the answers to all units (:mod:`labelq.measure.baseline`), which is the ``baseline_one`` of
    :class:`Ceiling`; None for numbers and rankings. ``more_units`` is how many more multiply
    labeled units would settle a ``cannot_tell``, None where that cannot be said. ``rare_labels``
    are the per-label rows to judge when one label dominates, ``paradox`` what to say where raw
    agreement is high and the headline low because of it.
    """

    question: str
    state: State
    headline: Agreement
    reliable_from: float
    tentative_from: float
    n_units: int
    n_multiple: int
    n_unanimous: int
    commonest: str | None
    baseline: float | None
    dominant: bool
    more_units: int | None
    rare_labels: tuple[Agreement, ...] = ()
    paradox: Paradox | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Consensus:
    """What a unit's label most probably is, given everyone's votes on one question.

    ``method`` is ``dawid_skene``, ``one_coin``, ``majority``, ``weighted_mean``, ``median`` or
    ``borda``, and ``why`` says in words why it was this one. ``units`` are unit codes, ``best``
    the most probable value of each. ``posterior`` is (units × labels) and sums to 1 in each row,
    in the order of ``labels``; for sets it is the probability of each tick, for a majority the
    share of votes; it is empty (units × 0) for numbers, medians, and where units × labels is too
    many. ``mean`` and ``sd`` (units,) are there for weighted means.

    ``accuracy`` is the estimated share of right answers per rater code; for weighted means
    ``bias`` is how much a rater's numbers lie above the others' and ``spread`` the standard
    deviation of the rest. ``iterations`` were made, ``converged`` or not (the last moved the
    posterior, or for means the mean in standard deviations, by ``moved``); ``n_ties`` units
    were decided by the tie rule: the first label in the question's order (of rankings: have ties).

    Of labels and sets: on ``n_unanimous`` units two or more answers are all alike, and
    ``n_overruled`` of these have another label here (units that are certain are not counted);
    ``lost`` are labels that somebody gave and no unit has.
    """

    question: str
    method: str
    units: Codes
    labels: tuple[Value, ...]
    posterior: NDArray[np.float64]
    best: tuple[Value, ...]
    accuracy: dict[int, float]
    iterations: int
    why: str = ""
    converged: bool = True
    moved: float = 0.0
    n_ties: int = 0
    n_unanimous: int = 0
    n_overruled: int = 0
    lost: tuple[Value, ...] = ()
    mean: NDArray[np.float64] | None = None
    sd: NDArray[np.float64] | None = None
    bias: dict[int, float] = field(default_factory=dict)
    spread: dict[int, float] = field(default_factory=dict)

    def differ(self, a: int, b: int) -> bool:
        """Whether the units in rows ``a`` and ``b`` have different labels.

        Means differ when they are further apart than their standard deviations explain
        (1.96 of those of the difference).
        """
        if self.mean is None or self.sd is None or self.posterior.shape[1]:
            return self.best[a] != self.best[b]
        apart = abs(float(self.mean[a] - self.mean[b]))
        return apart > 1.96 * float(np.hypot(self.sd[a], self.sd[b]))


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """Our numbers beside those of reference packages, computed on the same data.

    ``largest`` is the largest absolute difference over ``n_compared`` numbers; ``package`` →
    number of values compared. ``skipped`` says why nothing was compared.
    """

    n_compared: int
    largest: float | None
    packages: dict[str, int]
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How a perfect model (one that is always right) would score on one question.

    ``score`` is ``accuracy``, ``exact_set_accuracy`` or ``mean_absolute_error`` (in the
    question's own units; then ``label_noise`` is that of the consensus too). ``against_one``:
    scored against the answers of one annotator; ``against_consensus``: against the consensus
    labels; ``label_noise``: the share of those that is expected to be wrong. ``commonest`` is
    the commonest label (the median of numbers); always answering it would score
    ``baseline_one`` and ``baseline_consensus``. ``gold_one`` and ``gold_consensus``: what gold
    shows of the same. ``n_sampled`` units made up the simulated rounds. ``uneven``: units
    differ in how much raters agree on them by more than the model explains, so consensus labels
    are wrong more often than is said here (None where that was not looked at).
    """

    question: str
    score: str
    against_one: Estimate
    against_consensus: Estimate
    label_noise: Estimate
    commonest: str | None
    baseline_one: float | None
    baseline_consensus: float | None
    gold_one: Estimate
    gold_consensus: Estimate
    uneven: bool | None
    n_units: int
    n_ratings: int
    n_sampled: int
    confidence: float
    convention: str


@dataclass(frozen=True, slots=True)
class Loss:
    """How well held-out votes were predicted: mean log loss (nats) and share hit."""

    log_loss: float
    hits: float


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Held-out votes, predicted by the model of raters and by the other votes alone.

    ``model`` is the consensus' method. ``worse`` is how much larger the model's mean log loss
    is than the majority's, with its interval over units; ``worse_hits`` how much smaller its
    share of hits. ``says`` is ``worse`` or ``better`` where the interval of ``worse`` leaves
    out zero, ``alike`` otherwise, None where nothing was compared (``reason``). ``n_votes``
    votes on ``n_units`` units were held out, in ``folds`` parts; ``sampled``: of a larger
    round, these units only.
    """

    question: str
    model: str
    by_model: Loss | None
    by_majority: Loss | None
    worse: Estimate
    worse_hits: Estimate
    says: str | None
    n_votes: int
    n_units: int
    folds: int
    sampled: bool
    confidence: float
    convention: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Units whose stated certainty lies above ``low`` and up to ``high``."""

    low: float
    high: float
    n: int
    stated: float
    right: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether consensus labels are right as often as they claim, where there is gold.

    ``stated`` is the mean certainty, ``right`` the share that equals gold, ``error`` the
    expected calibration error, ``error_by_chance`` what it would be on average with so many
    units if every certainty were true, ``brier`` the mean squared difference of certainty and
    being right.
    """

    question: str
    n: int
    stated: float | None
    right: Estimate
    error: Estimate
    error_by_chance: float | None
    brier: float | None
    bins: tuple[Bin, ...]
    confidence: float
    convention: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class ConfusionRow:
    """What one rater answers where one label is true.

    ``true`` and ``given`` are labels; ``given`` maps each label that the rater gave there to
    its share, with ``n`` answers expected on units of that label. ``reason`` where there are
    too few.
    """

    rater: RaterCode
    question: str
    basis: str
    true: str
    n: float
    given: dict[str, Estimate]
    reason: str | None


TestName = Literal["mcnemar_exact", "mcnemar", "stuart_maxwell", "bowker"]


@dataclass(frozen=True, slots=True)
class MarginalTest:
    """Whether two raters use the labels alike, on the ``n_units`` units that both rated.

    ``p_corrected`` is Holm's over the pairs of the question. ``statistic`` and ``df`` are None
    for the exact test; all are None where ``reason`` says why.
    """

    question: str
    raters: tuple[str, str]
    test: TestName
    statistic: float | None
    df: int | None
    p_value: float | None
    p_corrected: float | None
    n_units: int
    convention: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """How sure it is that ``row`` reaches each class of a benchmark scale.

    ``classes`` from the best down, ``cumulative`` the probability of that class or a better
    one; ``named`` is the first that reaches 95 %. Without a standard error ``cumulative`` is
    empty, and ``reason`` says why.
    """

    row: Agreement
    scale: str
    classes: tuple[str, ...]
    cumulative: tuple[float, ...]
    named: str | None
    reason: str | None
