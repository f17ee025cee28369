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

    ``heading`` is the guideline heading it stands under, ``placed`` whether that section is
    known to be the right one. ``words`` say when it applies, ``label`` what the consensus says
    (None: undecided). Examples are unit codes. ``text`` is the rule as Markdown, ready to be
    inserted, ``title`` its heading in plain words.
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
    title: str = ""
    placed: bool = True


@dataclass(frozen=True, slots=True)
class GuidelineVersion:
    """Which guideline a round was labeled under.

    ``version`` is what its front matter records (None: nothing), ``hash`` its content as it
    stands, ``edited`` whether that is no longer the content which the version was recorded
    for. ``problem`` says why the record cannot be read, empty if it can.
    """

    name: str
    version: int | None
    hash: str
    edited: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a draft changes, or leaves open: a line of the change log.

    ``kind``: ``decided``, ``proposed``, ``open`` (proposed earlier, or talked about),
    ``withdrawn`` (rejected), ``by_hand`` (left to the editor). ``text`` and ``why`` are
    sentences in Markdown.
    """

    kind: Literal["decided", "proposed", "open", "withdrawn", "by_hand"]
    text: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A revised guideline: what the authors wrote, byte for byte, plus the rules.

    ``diff`` is a unified diff from ``original`` to ``text``. ``original`` is None when there
    was no guideline and the audit starts one. ``undecided`` counts the rules of an earlier
    draft that ``original`` holds and nobody has decided yet. ``used`` is the version of
    ``original``, ``version`` the one that ``text`` records (None: none could be recorded).
    ``log`` is the change log, one page of Markdown.
    """

    name: str
    original: str | None
    text: str
    diff: str
    rules: tuple[ProposedRule, ...] = field(default_factory=tuple)
    undecided: int = 0
    used: GuidelineVersion | None = None
    version: int | None = None
    changes: tuple[Change, ...] = ()
    log: str = ""


Task = dict[str, Any]
"""A Label Studio task as its import takes it: ``{"data": {...}, "meta": {...}}``."""
