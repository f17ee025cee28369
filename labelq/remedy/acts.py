"""What to do: queue entries and proposed rules, each with its reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from labelq.labels.plain import UnitCode, VoterCode

ReasonCode = Literal[
    "disputed",
    "even_split",
    "one_vote",
    "against_gold",
    "same_text",
    "gap",
    "resembles_gap",
    "uncertain",
    "decided",
]

Status = Literal["queued", "later", "held_back"]
"""``queued``: within the budget. ``later``: worth it, beyond the budget. ``held_back``: belongs
to an open gap of the guideline, so that labeling it again now buys the same split again."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a unit is worth another label: a code, the question, and the cluster if any."""

    code: ReasonCode
    question: str
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One unit in the re-labeling queue.

    ``wants`` is ``another_person`` (one more independent vote helps) or ``second_look`` (the
    same people, after a rule is decided); ``votes`` is how many answers it asks for.
    ``people`` are codes into ``Round.voters``: of another person the first is the one the
    queue counts on and the others can stand in (nobody: invite somebody else); of a second
    look everybody who has to look again. ``seconds`` is what the answers take them.

    ``doubt`` is between 0 and 1: the expected share of the unit's consensus labels that are
    wrong (an ordered label by its distance as a share of the scale). ``gain`` is what one
    answer is worth, in wrong labels fewer, looking ahead as many answers as can change the
    label, ``per_hour`` the same per hour of that person, and ``priority`` as a share of the
    best entry's. ``fall`` is how much fewer with these answers alone.
    """

    unit: UnitCode
    priority: float
    reasons: tuple[Reason, ...]
    wants: Literal["another_person", "second_look"]
    status: Status = "queued"
    doubt: float = 0.0
    gain: float = 0.0
    per_hour: float = 0.0
    fall: float = 0.0
    votes: int = 1
    seconds: float = 0.0
    people: tuple[VoterCode, ...] = ()


@dataclass(frozen=True, slots=True)
class Released:
    """What decisions free from waiting. Unit codes by question.

    ``settled`` are the units that a decision is about: they wait no longer. ``contradicted``
    are the annotations that a decision contradicts, unit → codes of their raters: these, and no
    others, are to be looked at again. ``pointed_at`` are units that a decision points at, so
    that they may be queued though they have one label only.
    """

    settled: Mapping[str, Collection[int]] = field(default_factory=dict)
    contradicted: Mapping[str, Mapping[int, tuple[int, ...]]] = field(default_factory=dict)
    pointed_at: Mapping[str, Collection[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QueueForecast:
    """What the queued entries will buy.

    ``n_entries`` tasks with ``n_votes`` answers take ``seconds`` (None: no times are known),
    within ``budget_votes`` or ``budget_seconds`` (``budget_given``: by the user). The model of
    raters expects ``by_model`` wrong labels fewer; what such answers did so far is ``factor``
    times what it expected (``factor_lower`` to ``factor_upper``, over ``n_tested`` answers), so
    ``fewer`` (``lower`` to ``upper``) are to be expected. ``basis`` is ``gold``, ``held_out``
    (votes that were hidden from the model), or ``model``: nothing to compare with, so
    ``fewer`` is the model's and likely optimistic; ``reason`` says why.
    """

    n_entries: int
    n_votes: int
    seconds: float | None
    by_model: float
    fewer: float
    lower: float | None
    upper: float | None
    basis: Literal["gold", "held_out", "model"]
    factor: float | None
    factor_lower: float | None
    factor_upper: float | None
    n_tested: int
    reason: str | None
    budget_votes: int | None
    budget_seconds: float | None
    budget_given: bool
    n_later: int
    n_held_back: int
    confidence: float


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
    examples: tuple[UnitCode, ...]
    counterexample: UnitCode | None
    borderline: UnitCode | None
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
