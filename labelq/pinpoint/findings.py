"""What pinpoint finds: label pairs, clusters and their causes, edge cases, raters.

Numbers and codes only: wording belongs to the report. Units and raters are codes into the
round; labels are shown as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CauseKind = Literal["slip", "rater", "ambiguous", "gap", "too_little"]


@dataclass(frozen=True, slots=True)
class LabelPair:
    """Two labels that are confused.

    ``n_units`` units carry both. ``observed`` is the number of disagreeing pairs of ratings
    (a coincidence: each unit's pairs weigh 1/(m-1)), ``expected`` how many of the question's
    disagreements would fall on this pair if they fell as the marginals have it, ``excess``
    their ratio: above 1 the two are confused more than their frequency explains. ``share`` is
    the share of the question's observed disagreement (all pairs add up to 1). ``settled`` is
    the headline coefficient if every unit that carries both labels were settled ("at most";
    does not add up).
    """

    question: str
    labels: tuple[str, str]
    n_units: int
    observed: float
    expected: float
    excess: float | None
    share: float
    settled: float | None


@dataclass(frozen=True, slots=True)
class Camp:
    """How one rater answers inside a cluster: ``n`` of ``of`` answers are ``label``."""

    rater: int
    label: str
    n: int
    of: int


@dataclass(frozen=True, slots=True)
class Cause:
    """The likely cause of a cluster, with the evidence that it rests on.

    ``rater`` is set when the disagreement is one rater's habit: then ``resolved`` is the
    share of the cluster's disputed units on which all others agree. ``camps`` shows each
    rater's commonest answer in the cluster. ``even`` is the share of disputed units whose two
    leading labels have the same number of votes.
    """

    kind: CauseKind
    camps: tuple[Camp, ...] = ()
    rater: int | None = None
    resolved: float | None = None
    even: float | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """Disagreements between two labels with a common content (or the remainder without).

    ``units`` are the disputed units, most central first; ``words`` set them apart, whole and
    as written (empty for the remainder, whose ``remainder`` is True). ``lookalikes`` are
    undisputed units with the same content. ``share`` is the share of the question's observed
    disagreement, ``settled`` the headline coefficient if these units were settled ("at
    most"). ``consensus`` is the label that the consensus gives to most of the units, None
    where it is undecided; ``divided`` are the units with the most even votes.
    """

    id: str
    question: str
    labels: tuple[str, str]
    units: tuple[int, ...]
    words: tuple[str, ...]
    share: float
    settled: float | None
    cause: Cause
    consensus: str | None
    lookalikes: tuple[int, ...] = ()
    divided: tuple[int, ...] = ()
    remainder: bool = False


@dataclass(frozen=True, slots=True)
class EdgeCase:
    """A unit that a guideline should quote.

    ``kind``: ``even_split`` (votes split evenly), ``consistent_split`` (the usually most
    consistent raters differ), ``same_text`` (``others`` carry the same text and another
    label), ``against_gold`` (most raters contradict the gold label). ``votes`` lists labels
    with their counts, most votes first.
    """

    question: str
    unit: int
    kind: Literal["even_split", "consistent_split", "same_text", "against_gold"]
    votes: tuple[tuple[str, int], ...]
    others: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """A behaviour with its evidence, never a judgement of a person.

    ``differs``: ``value`` is the share of comparable answers that differ from the others,
    ``others`` the same share among the others. ``fast``: median seconds and the others'.
    ``habit``: ``n`` of ``of`` times the rater answered ``label`` where the others say
    ``instead_of``; ``others`` is how often the others do so. ``shift``: mean difference of
    ordered answers from the others on the same units. ``skips``: share of skipped units.
    ``p_value`` is corrected over raters (Holm) where a test applies.
    """

    kind: Literal["differs", "fast", "habit", "shift", "skips"]
    value: float
    others: float | None
    n: int
    of: int
    p_value: float | None = None
    label: str | None = None
    instead_of: str | None = None


@dataclass(frozen=True, slots=True)
class RaterReport:
    """One rater on one question.

    ``agreement`` is the share of agreeing pairs between this rater and the others over
    ``n_shared`` units that somebody else also labeled; ``lower`` and ``upper`` its Wilson
    interval over units. ``counted`` is how many of these units count for flags: open
    guideline gaps and ambiguous units count against nobody. ``without`` is the headline
    coefficient without this rater. ``labels`` maps a label to this rater's share and the
    share among the rest, on the shared units.
    """

    rater: int
    question: str
    n_ratings: int
    n_shared: int
    counted: int
    agreement: float | None
    lower: float | None
    upper: float | None
    without: float | None
    labels: dict[str, tuple[float, float]]
    median_seconds: float | None
    skip_rate: float
    n_repeats: int
    n_repeats_same: int
    gold_right: int
    gold_of: int
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class Influence:
    """How one unit moves the headline coefficient: ``without`` it, and its ``share`` of
    the observed disagreement (all units add up to 1).
    """

    question: str
    unit: int
    share: float
    without: float | None
