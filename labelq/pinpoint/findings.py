"""What pinpoint finds: label pairs, clusters and their causes, edge cases, influence.

Numbers and codes only: wording belongs to the report. Units and raters are codes into the
round; labels are shown as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labelq.labels.plain import RaterCode, UnitCode

CauseKind = Literal["slip", "rater", "ambiguous", "gap", "too_little"]
Basis = Literal["uncalibrated", "recalibrated"]


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

    rater: RaterCode
    label: str
    n: int
    of: int


@dataclass(frozen=True, slots=True)
class CauseEvidence:
    """What the probabilities of a cluster's cause rest on.

    ``n_units`` of ``n_content`` units with this content are disputed; on the share ``single``
    of the disputed ones one vote stands against two or more alike, on ``even`` the leading
    labels have equal votes. ``follows`` of ``of`` votes on the content are what their rater
    mostly gives there. ``flat`` is how unsure the consensus is of the disputed units (mean).
    ``deviates`` is the rater who deviates most: ``off`` of ``answers`` on this content are not
    the leading label, and ``elsewhere`` is that rater's share of answers that differ (``usual``
    for the rater in the middle). ``hurried`` of ``timed`` deviating votes took a third of the
    usual time or less.
    """

    n_units: int
    n_content: int
    single: float
    even: float
    follows: int
    of: int
    flat: float
    deviates: RaterCode | None
    off: int
    answers: int
    elsewhere: float
    usual: float
    hurried: int
    timed: int


@dataclass(frozen=True, slots=True)
class Cause:
    """The likely cause of a cluster, with the evidence that it rests on.

    ``probabilities`` of *slip, rater, ambiguous* and *gap* add up to 1; they are empty where
    nobody can tell. ``kind`` is the likeliest, or ``too_little`` where that is not likelier than
    the other three together, or its evidence too thin. ``basis`` says whether the probabilities
    were set right by what reviewers decided in this round.

    ``rater`` is set when the disagreement is one rater's habit: then ``resolved`` is the
    share of the cluster's disputed units on which all others agree. ``camps`` shows each
    rater's commonest answer in the cluster. ``even`` is the share of disputed units whose two
    leading labels have the same number of votes. ``evidence`` is None for what is left of a
    label pair.
    """

    kind: CauseKind
    camps: tuple[Camp, ...] = ()
    rater: RaterCode | None = None
    resolved: float | None = None
    even: float | None = None
    probabilities: Mapping[str, float] = field(default_factory=dict)
    basis: Basis = "uncalibrated"
    evidence: CauseEvidence | None = None


@dataclass(frozen=True, slots=True)
class Apart:
    """A task field that sets a cluster apart: the share of its units that have ``value`` there
    (``inside``), and of all others (``outside``).
    """

    field: str
    value: str
    inside: float
    outside: float


@dataclass(frozen=True, slots=True)
class Clustering:
    """What clusters were found by.

    ``content``: units were compared by their ``text``, by their ``fields``, or by nothing
    (``none``). ``vectors``: by words (``words``) or by an embedder (``embedder``, whose name
    is ``model``); only then is a cluster called semantic. ``n_without_text`` units had nothing
    to compare. ``errors`` is the chance of any cluster in a round without a reason.
    """

    content: Literal["text", "fields", "none"]
    vectors: Literal["words", "embedder", "none"]
    model: str | None
    n_units: int
    n_without_text: int
    errors: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """Disagreements between two or three labels with a common content (or the remainder).

    ``units`` are the disputed units, most central first; ``words`` set them apart, whole and
    as written (empty for the remainder, whose ``remainder`` is True). ``lookalikes`` are
    undisputed units with the same content. ``share`` is the share of the question's observed
    disagreement, ``settled`` the headline coefficient if these units were settled ("at
    most"). ``consensus`` is the label that the consensus gives to most of the units, None
    where it is undecided; ``divided`` are the units with the most even votes.

    ``p_value`` is the share of rounds with permuted disagreements whose strongest evidence,
    over all questions and label pairs, is as strong; of the second cluster half of it, and so
    on (expected share of clusters without a reason). ``stability`` is the share of pairs of its
    units that stay together when it grows anew from random halves of itself. ``apart`` are the
    fields that set it apart. All are None or empty for remainders.
    """

    id: str
    question: str
    labels: tuple[str, ...]
    units: tuple[UnitCode, ...]
    words: tuple[str, ...]
    share: float
    settled: float | None
    cause: Cause
    consensus: str | None
    lookalikes: tuple[UnitCode, ...] = ()
    divided: tuple[UnitCode, ...] = ()
    remainder: bool = False
    apart: tuple[Apart, ...] = ()
    p_value: float | None = None
    stability: float | None = None


CAUSES: tuple[CauseKind, ...] = ("slip", "rater", "ambiguous", "gap")
"""The causes, in the order of every column of probabilities."""

LIKELY = 0.5
"""A cause is named when it is likelier than the other three together."""


@dataclass(frozen=True, slots=True, eq=False)
class Disagreements:
    """Every disputed unit of a question with its likely cause: parallel arrays of N rows.

    ``unit`` are codes, sorted. Of a multiple choice every label that is disputed on a unit is a
    row: ``tick`` is its position among the question's labels, -1 elsewhere. ``cluster`` is the
    position among the audit's clusters, -1 for none. ``probabilities`` (N × 4) are those of
    :data:`CAUSES`, nan where nobody can tell: with two raters and no known label.
    """

    question: str
    unit: NDArray[np.integer]
    tick: NDArray[np.integer]
    cluster: NDArray[np.integer]
    probabilities: NDArray[np.float64]
    basis: Basis

    def __len__(self) -> int:
        return len(self.unit)

    @property
    def likeliest(self) -> NDArray[np.integer]:
        """Position in :data:`CAUSES` (N,), -1 where none is likelier than the others together."""
        likely = np.nan_to_num(self.probabilities)
        return np.where(likely.max(axis=1, initial=0) > LIKELY, likely.argmax(axis=1), -1)


EdgeCaseKind = Literal[
    "even_split",
    "consistent_split",
    "torn",
    "border",
    "same_text",
    "near_text",
    "against_model",
    "against_gold",
    "gold_rejected",
]


EDGE_CASES_NAMED = 50
"""So many edge cases of each kind and question are named, the weightiest."""


@dataclass(frozen=True, slots=True)
class EdgeCase:
    """A unit that a guideline should quote.

    ``kind``:

    - ``even_split``: the two leading values have the same number of votes;
    - ``consistent_split``: the best third of raters, by the consensus' estimate of accuracy, is
      evenly split;
    - ``torn``: votes are uneven, but the consensus gives the second label .35 or more;
    - ``border``: votes for two labels, and a content nearest to the units that raters agree on
      for either of them (.7 of what is usual among those, or more);
    - ``same_text``: ``others`` carry the same text and another label;
    - ``near_text``: ``others`` have nearly the same words (cosine .9 or more) and another label;
    - ``against_model``: two or more raters agree, and a confident model says another label;
    - ``against_gold``: more than half of two or more raters contradict the gold label;
    - ``gold_rejected``: two or more of the best third of raters agree on another label than
      gold.

    ``votes`` lists labels with their counts, most votes first.
    """

    question: str
    unit: UnitCode
    kind: EdgeCaseKind
    votes: tuple[tuple[str, int], ...]
    others: tuple[UnitCode, ...] = ()


COVERED = 0.8
"""An agenda carries so much of the disagreement that has a common content."""

InfluenceKind = Literal["cluster", "label_pair", "rater", "unit"]


@dataclass(frozen=True, slots=True)
class Influence:
    """What one unit, rater, label pair or cluster weighs in a question's disagreement.

    ``key`` is a unit or rater code, two labels, or a cluster's id. ``share`` is the share of
    the observed disagreement: of all units it adds up to 1, of all raters too (a disagreeing
    pair of ratings is split half and half), and of all label pairs; of clusters to what is in
    one. ``settled`` is the headline coefficient if it were settled (at most; does not add up,
    may be lower than now): its units follow the consensus, or all get one of a pair's labels;
    of a rater: their own ratings on disputed units follow the consensus. ``without`` is the
    coefficient without the unit, None for the other kinds.

    ``rank`` is the place by share among its kind (equal shares have the mean of their places),
    ``rank_lower`` and ``rank_upper`` its interval under resampling of units, ``stays`` the
    share of resamples in which the rank is not worse. Clusters are ranked among those with a
    common content; the remainder has no rank, and without resamples there is no interval.
    """

    question: str
    kind: InfluenceKind
    key: int | str | tuple[str, str]
    share: float
    settled: float | None
    without: float | None = None
    rank: float | None = None
    rank_lower: int | None = None
    rank_upper: int | None = None
    stays: float | None = None


@dataclass(frozen=True, slots=True)
class Agenda:
    """What to talk about: the fewest clusters that carry most of the common disagreement.

    ``clusters`` are ids, the largest share first. They carry ``share`` of the question's
    observed disagreement; all clusters with a common content carry ``common``, and the
    remainders ``remainder``; ``left`` is in no cluster. ``settled`` is the
    headline coefficient if all of ``clusters`` were settled, each in the way that brings it
    most (at most), ``value`` what it is now.
    """

    question: str
    clusters: tuple[str, ...]
    share: float
    common: float
    remainder: float
    value: float | None
    settled: float | None
    left: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "left", max(0.0, round(1 - self.common - self.remainder, 12)))
