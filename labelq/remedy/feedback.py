"""What a rater can learn from a round: own answers only, and why each is worth a look.

Others are counts: no code of another rater is in here, so that nothing made from it can name
one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Literal, get_args

from labelq.errors import SettingsError
from labelq.labels.model import Rater
from labelq.pinpoint.findings import Cluster
from labelq.pinpoint.rater_findings import RaterReport
from labelq.remedy.decisions import Decision, near

Kind = Literal[
    "adjudicated", "rule", "gold", "later", "others", "neither", "gap", "ambiguous", "even",
    "split", "doubted", "relabeled",
]  # fmt: skip
"""Why an answer is worth a look, the most useful first:

``adjudicated``: a reviewer decided another label. ``rule``: a decided rule says another one.
``gold``: the label known beforehand is another one. ``later``: a rule that was decided after the
answer says another one. ``others``: most of the others, two or more of them, gave the same other
label. ``neither``: most of the others gave one of the labels that a rule, or an open gap, is
between, and the rater gave none of these. And where it says nothing about the rater: ``gap``: the
guideline has no rule for such units. ``ambiguous``: they can be read in several ways. ``even``:
as many answered like the rater as otherwise, or one less. ``split``: the others do not agree
either.
``doubted``: gold is another label and in dispute
(:func:`~labelq.pinpoint.edge_cases.disputed_gold`). ``relabeled``: the label was
dropped, split or made new by a decision.
"""

KINDS: tuple[Kind, ...] = get_args(Kind)

STANDS: tuple[Kind, ...] = ("adjudicated", "rule", "gold")
"""Kinds that something written or known stands behind."""

NOT_YOU: tuple[Kind, ...] = ("gap", "ambiguous", "even", "split", "doubted", "relabeled")
"""Kinds that count against nobody."""

MOST_CASES = 40
"""So many answers are shown to one rater: nobody goes through more in one sitting."""

FEWEST = 4
"""Of each kind at least so many, where there are as many."""


@dataclass(frozen=True, slots=True)
class Case:
    """One answer of the rater: to ``unit`` (a code), ``answer`` as shown.

    ``says`` is the label that stands against it (None: none does). ``alike`` others gave the
    same answer, ``others`` lists the other answers with their counts, most first; the first has
    ``lead`` of ``n``.
    ``cluster`` and ``decision`` are ids. ``habit``: the cluster is a habit of this rater.
    ``on_agenda``: the next meeting talks about it. ``known``: whether the rule was there before
    the answer (None: not known); ``resembles``: the rule was decided on other units, like it.
    ``between`` is the range of the others' numbers, ``apart`` how many steps of an ordered scale
    lie between the answer and ``says``. ``tick`` is the label of a multiple choice that was chosen
    (``answer`` is the same) or left out. ``aside``: answers to the question were set aside,
    because their label is not in the labeling config; perhaps others' answers to this unit.
    """

    question: str
    unit: int
    kind: Kind
    answer: str
    says: str | None
    alike: int
    others: tuple[tuple[str, int], ...] = ()
    lead: int = 0
    n: int = 0
    cluster: str | None = None
    decision: str | None = None
    habit: bool = False
    on_agenda: bool = False
    known: bool | None = None
    resembles: bool = False
    words: tuple[str, ...] = ()
    between: tuple[str, str] | None = None
    apart: int = 0
    tick: str | None = None
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Of ``of`` answers to a question that something stands behind, ``right`` are the same; on
    the units ``alone`` although most of the others answered otherwise. A kind ``doubted`` says of
    how many answers gold is in dispute.
    """

    kind: Kind
    question: str
    right: int
    of: int
    alone: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Feedback:
    """What one rater can learn. ``reports`` are the rater's own, ``habits`` clusters of the
    rater's own habits; ``apart`` says of each (by id) on how many of its units the rater stands
    apart from two or more others, and on how many of these the others are at one. ``cases`` are
    about up to :data:`MOST_CASES` answers, by kind; ``counts`` says how many answers there are of
    each kind: a multiple choice is one, and may be several cases.
    ``usual`` is by question how much the rater in the middle agrees with the others, ``usual_gold``
    how often that one's answer is gold, where there are so many that it is nobody's own number.
    """

    rater: int
    n_units: int
    n_answers: int
    reports: tuple[RaterReport, ...]
    standings: tuple[Standing, ...]
    habits: tuple[Cluster, ...]
    cases: tuple[Case, ...]
    counts: Mapping[Kind, int]
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    usual: Mapping[str, float] = field(default_factory=dict)
    usual_gold: Mapping[str, float] = field(default_factory=dict)
    apart: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def of_kind(self, *kinds: Kind) -> tuple[Case, ...]:
        """The cases shown that are of one of ``kinds``."""
        return tuple(case for case in self.cases if case.kind in kinds)

    def n(self, *kinds: Kind) -> int:
        """How many answers there are of ``kinds``, shown or not."""
        return sum(self.counts.get(kind, 0) for kind in kinds)


def rater_called(raters: Sequence[Rater], name: str) -> int:
    """The code of the rater with this id, letter or name.

    Raises:
        SettingsError: nobody is called so, or several are.
    """
    for known in ([r.id for r in raters], [r.letter for r in raters], [r.name for r in raters]):
        found = [code for code, one in enumerate(known) if one == name]
        found = found or [c for c, one in enumerate(known) if one.casefold() == name.casefold()]
        if len(found) > 1:
            letters = ", ".join(raters[code].letter for code in found)
            raise SettingsError(f"{name!r} is the name of several: give a letter ({letters})")
        if found:
            return found[0]
    names = [name for r in raters for name in (r.letter, r.name, r.id)]
    raise SettingsError(f"no annotator is called {name!r}{near(name, names)}")


def chosen(found: Collection[Case]) -> tuple[Case, ...]:
    """The most useful cases, of every kind some, and no question crowds out the others."""
    ranked: dict[Kind, list[list[Case]]] = {}
    for kind in KINDS:
        of_question: dict[str, dict[int, list[Case]]] = {}
        for case in sorted((case for case in found if case.kind == kind), key=_rank):
            of_question.setdefault(case.question, {}).setdefault(case.unit, []).append(case)
        rows = zip_longest(*(answers.values() for answers in of_question.values()))
        ranked[kind] = [answer for row in rows for answer in row if answer is not None]
    shown = {kind: min(len(answers), FEWEST) for kind, answers in ranked.items()}
    for kind, answers in ranked.items():
        room = MOST_CASES - sum(shown.values())
        shown[kind] += max(0, min(room, len(answers) - shown[kind]))
    return tuple(
        case for kind, answers in ranked.items() for own in answers[: shown[kind]] for case in own
    )


def _rank(case: Case) -> tuple[object, ...]:
    """A habit first; then rules that were known; then where the others are far away and at one."""
    agreed = round(case.lead / case.n, 12) if case.n else 0.0
    of_rule = case.decision or "", not case.known
    return not case.habit, *of_rule, -case.apart, -agreed, -case.lead, case.unit, case.answer
