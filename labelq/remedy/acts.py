"""What to do: queue entries and proposed rules, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

ReasonCode = Literal[
    "disputed",
    "even_split",
    "one_vote",
    "against_gold",
    "same_text",
    "gap",
    "resembles_gap",
    "uncertain",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a unit is worth another label: a code, the question, and the cluster if any."""

    code: ReasonCode
    question: str
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One unit in the re-labeling queue.

    ``priority`` is between 0 and 1: the expected share of the unit's consensus labels that
    are wrong, from the posterior. An ordered label counts as wrong by its expected distance
    to the right one, as a share of the scale. ``wants`` is ``another_person`` (one more
    independent vote helps) or ``second_look`` (the same people, after a rule is decided).
    """

    unit: int
    priority: float
    reasons: tuple[Reason, ...]
    wants: Literal["another_person", "second_look"]


@dataclass(frozen=True, slots=True)
class ProposedRule:
    """A rule that the guideline lacks, with its evidence.

    ``heading`` is the guideline heading it belongs under, ``words`` when it applies,
    ``label`` what the consensus says (None: undecided). Examples are unit codes.
    ``text`` is the rule as Markdown, ready to be inserted.
    """

    cluster: str
    question: str
    heading: str
    labels: tuple[str, ...]
    words: tuple[str, ...]
    label: str | None
    examples: tuple[int, ...]
    counterexample: int | None
    borderline: int | None
    n_units: int
    share: float
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A revised guideline: what the author wrote, byte for byte, plus the proposed rules.

    ``diff`` is a unified diff from ``original`` to ``text``. ``original`` is None when there
    was no guideline and the audit starts one. ``undecided`` counts the rules of an earlier
    draft that ``original`` holds and nobody has decided yet.
    """

    name: str
    original: str | None
    text: str
    diff: str
    rules: tuple[ProposedRule, ...] = field(default_factory=tuple)
    undecided: int = 0


Task = dict[str, Any]
"""A Label Studio task as its import takes it: ``{"data": {...}, "meta": {...}}``."""
