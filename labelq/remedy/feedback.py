"""What a rater can learn from a round: own answers only, and why each is worth a look.

An answer is held against what is known (a reviewer's decision, a rule that was decided, gold),
and only where none of these is there against the others. Others are counts: no code of another
rater is in here, so that nothing made from it can name one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Literal, get_args

import numpy as np

from labelq.errors import SettingsError
from labelq.labels.evidence import last_words
from labelq.labels.model import Rater, Round, Units
from labelq.pinpoint.findings import Agenda, Cluster
from labelq.pinpoint.rater_findings import RaterReport
from labelq.pinpoint.raters import excused_units
from labelq.remedy.agenda import meeting_agenda
from labelq.remedy.decisions import Decision, mapping, near
from labelq.remedy.guideline.front_matter import decisions_told
from labelq.remedy.held_against import Answers, answers_of
from labelq.remedy.releasing import effects

Kind = Literal[
    "adjudicated", "rule", "gold", "others", "gap", "ambiguous", "even", "split", "doubted",
    "relabeled",
]  # fmt: skip
"""Why an answer is worth a look, the most useful first:

``adjudicated``: a reviewer decided another label. ``rule``: a decided rule says another one.
``gold``: the label known beforehand is another one. ``others``: most of the others, two or
more of them, gave the same other label. And where it says nothing about the rater: ``gap``: the
guideline has no rule for such units. ``ambiguous``: they can be read in several ways. ``even``:
as many answered like the rater as otherwise. ``split``: the others do not agree either.
``doubted``: most of the others contradict gold with the same answer. ``relabeled``: the label was
dropped, split or made new by a decision.
"""

KINDS: tuple[Kind, ...] = get_args(Kind)

STANDS: tuple[Kind, ...] = ("adjudicated", "rule", "gold")
"""Kinds that something written or known stands behind."""

NOT_YOU: tuple[Kind, ...] = ("gap", "ambiguous", "even", "split", "doubted", "relabeled")
"""Kinds that count against nobody."""

MOST_CASES = 40
"""So many cases are shown to one rater: nobody goes through more in one sitting."""

FEWEST = 4
"""Of each kind at least so many, where there are as many."""


@dataclass(frozen=True, slots=True)
class Case:
    """One answer of the rater: to ``unit`` (a code), ``answer`` as shown.

    ``says`` is the label that stands against it (None: none does). ``alike`` others gave the
    same answer, ``others`` lists the other answers with their counts, most first.
    ``cluster`` and ``decision`` are ids. ``habit``: the cluster is a habit of this rater.
    ``on_agenda``: the next meeting talks about it. ``known``: whether the rule was there before
    the answer (None: not known); ``resembles``: the rule was decided on other units, like it.
    ``between`` is the range of the others' numbers, ``apart`` how many steps of an ordered scale
    lie between the answer and ``says``.
    """

    question: str
    unit: int
    kind: Kind
    answer: str
    says: str | None
    alike: int
    others: tuple[tuple[str, int], ...]
    cluster: str | None = None
    decision: str | None = None
    habit: bool = False
    on_agenda: bool = False
    known: bool | None = None
    resembles: bool = False
    words: tuple[str, ...] = ()
    between: tuple[str, str] | None = None
    apart: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Of ``of`` answers that something stands behind, ``right`` are the same; ``alone`` of
    these although most of the others answered otherwise.
    """

    kind: Kind
    right: int
    of: int
    alone: int


@dataclass(frozen=True, slots=True)
class Feedback:
    """What one rater can learn. ``reports`` are the rater's own, ``habits`` clusters of the
    rater's own habits, ``cases`` up to :data:`MOST_CASES`, by kind; ``counts`` says how many
    there are of each kind.
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

    def of_kind(self, *kinds: Kind) -> tuple[Case, ...]:
        """The cases shown that are of one of ``kinds``."""
        return tuple(case for case in self.cases if case.kind in kinds)

    def n(self, *kinds: Kind) -> int:
        """How many cases there are of ``kinds``, shown or not."""
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


class Casebook:
    """Finds the cases of every rater of one round; what is common to all is looked up once.

    ``guideline`` is the text that the round was labeled under, ``anchors`` the units of an
    earlier round that decisions were made on: without these a decision on the tasks of another
    round says nothing about this one.
    """

    def __init__(
        self,
        round_: Round,
        reports: Sequence[RaterReport],
        clusters: Sequence[Cluster],
        agendas: Sequence[Agenda],
        decisions: Sequence[Decision] = (),
        decided: Mapping[str, str] | None = None,
        *,
        guideline: str | None = None,
        anchors: Units | None = None,
    ) -> None:
        self.round = round_
        self.reports, self.clusters = reports, clusters
        self.decisions = {one.id: one for one in decisions}
        settled = {
            cluster
            for cluster, name in (decided or {}).items()
            if name in self.decisions and self.decisions[name].decided
        }
        self.open = [cluster for cluster in clusters if cluster.id not in settled]
        self.agenda = {item.cluster for item in meeting_agenda(self.open, agendas)}
        self.told = frozenset(decisions_told(guideline) if guideline else ())
        self.today = mapping(decisions)
        self.answers: list[Answers] = []
        for question in round_.questions:
            ratings = last_words(round_, question)
            self.answers += answers_of(round_, question, ratings, self.today)
        self.excused = {
            q.name: frozenset(excused_units(round_, q, self.open).tolist())
            for q in round_.questions
        }
        self.cluster_of = {
            (answers.question, answers.tick, unit): cluster
            for answers in self.answers
            for cluster in clusters
            if cluster.question == answers.question
            and (answers.tick is None or self._about(answers, cluster.labels))
            for unit in cluster.units
        }
        self._rules(decisions, anchors)

    def of(self, rater: int) -> Feedback:
        """What the rater with this code can learn."""
        own = tuple(report for report in self.reports if report.rater == rater)
        found = [case for answers in self.answers for case in self._cases(answers, rater)]
        counts: dict[Kind, int] = {}
        for case in found:
            counts[case.kind] = counts.get(case.kind, 0) + 1
        cases = _chosen(found)
        named = {case.decision for case in cases}
        # Of a multiple choice the first label stands for all.
        units = [a.unit[a.rows_of(rater)] for a in self.answers if not a.tick]
        return Feedback(
            rater,
            len(np.unique(np.concatenate([np.zeros(0, np.int32), *units]))),
            sum(map(len, units)),
            own,
            tuple(self._standings(rater)),
            tuple(c for c in self.clusters if c.cause.kind == "rater" and c.cause.rater == rater),
            cases,
            counts,
            {name: one for name, one in self.decisions.items() if name in named},
        )

    def _now(self, question: str, label: str) -> str:
        """A label as it is called today."""
        return self.today.get((question, label), label)

    def _about(self, answers: Answers, labels: Iterable[str]) -> bool:
        """Whether a choice is about any of ``labels``."""
        return any(self._now(answers.question, label) in answers.labels for label in labels)

    def _rules(self, decisions: Sequence[Decision], anchors: Units | None) -> None:
        """Per question and unit the last rule about it, and whom it contradicts."""
        here = [one for one in decisions if anchors is not None or _of_this(one, self.round)]
        self.rules: dict[tuple[str, int], list[tuple[Decision, frozenset[int]]]] = {}
        for effect in effects(here, self.round, anchors=anchors):
            decision = effect.decision
            if decision.outcome not in ("label", "new_label", "split", "drop"):
                continue
            units = effect.units if decision.outcome == "label" else effect.contradicted
            for unit in units:
                voters = frozenset(effect.contradicted.get(unit, ()))
                self.rules.setdefault((decision.question, unit), []).append((decision, voters))

    def _rule(
        self, answers: Answers, unit: int
    ) -> tuple[Decision | None, str | None, frozenset[int]]:
        """The last rule about a unit, the label it says here, and the voters it contradicts."""
        for decision, voters in reversed(self.rules.get((answers.question, unit), ())):
            about = [*decision.labels, *([] if decision.label is None else [decision.label])]
            if not self._about(answers, about):
                continue
            if decision.outcome != "label" or decision.label is None:
                return decision, None, voters
            return decision, self._now(answers.question, decision.label), voters
        return None, None, frozenset()

    def _cases(self, answers: Answers, rater: int) -> Iterator[Case]:
        for row in answers.rows_of(rater).tolist():
            unit = int(answers.unit[row])
            case = self._known(answers, row, unit, rater)
            if case is None and answers.disputed(row):
                case = self._among_others(answers, row, unit, rater)
            if case is not None:
                yield case

    def _known(self, answers: Answers, row: int, unit: int, rater: int) -> Case | None:
        """What is known of a unit and stands against the answer; None where nothing does."""
        answer = answers.answer(row)
        reviewed, gold = answers.adjudicated.get(unit), answers.gold.get(unit)
        if reviewed is not None:
            return (
                None
                if reviewed == answer
                else self._case(answers, row, "adjudicated", reviewed, rater)
            )
        decision, says, voters = self._rule(answers, unit)
        if decision is not None and rater in voters:
            kind: Kind = "rule" if decision.outcome == "label" else "relabeled"
            case = self._case(answers, row, kind, says, rater)
            named = decision.scope.tasks
            return replace(
                case,
                decision=decision.id,
                known=self._known_then(decision, answers, row),
                resembles=bool(named) and self.round.units.ids[unit] not in named,
                words=case.words or decision.scope.words,
            )
        if gold is not None and answer not in (gold, says):
            most_agree = answers.same(row) >= 2 and 2 * answers.same(row) > answers.others(row)
            return self._case(answers, row, "doubted" if most_agree else "gold", gold, rater)
        return None

    def _among_others(self, answers: Answers, row: int, unit: int, rater: int) -> Case | None:
        """An answer that others do not share, where nothing known decides."""
        answer = answers.answer(row)
        if answer in (
            answers.adjudicated.get(unit),
            self._rule(answers, unit)[1],
            answers.gold.get(unit),
        ):
            return None
        if answers.far is not None:
            return self._case(answers, row, "others", None, rater) if answers.far[row] else None
        cluster = self.cluster_of.get((answers.question, answers.tick, unit))
        excused = unit in self.excused[answers.question]
        lead, same, n = answers.lead(row), answers.same(row), answers.others(row)
        kind: Kind
        if cluster is not None and excused and cluster.cause.kind in ("gap", "ambiguous"):
            kind = "gap" if cluster.cause.kind == "gap" else "ambiguous"
        elif lead == same + 1 and (lead > 1 or n == 1):
            kind = "even"
        elif lead < 2 or 2 * lead <= n:
            kind = "split"
        else:
            kind = "others"
        says = answers.leading(row) if 2 * lead > n else None
        return self._case(answers, row, kind, says, rater)

    def _case(self, answers: Answers, row: int, kind: Kind, says: str | None, rater: int) -> Case:
        cluster = self.cluster_of.get((answers.question, answers.tick, int(answers.unit[row])))
        cause = None if cluster is None else cluster.cause
        return Case(
            answers.question,
            int(answers.unit[row]),
            kind,
            answers.answer(row),
            says,
            answers.same(row),
            answers.counts(row),
            cluster=None if cluster is None else cluster.id,
            habit=cause is not None and cause.kind == "rater" and cause.rater == rater,
            on_agenda=cluster is not None and cluster.id in self.agenda,
            words=() if cluster is None else cluster.words,
            between=answers.range_of(row),
            apart=answers.steps(row, says),
        )

    def _known_then(self, decision: Decision, answers: Answers, row: int) -> bool | None:
        """Whether a rule was there when the answer was given, as far as anybody can tell."""
        when, submitted = decision.when, answers.submitted[row]
        if when is not None and not np.isnat(submitted):
            return bool(np.datetime64(when, "D") <= submitted.astype("datetime64[D]"))
        if decision.evidence is not None and decision.evidence.round == self.round.name:
            return False
        return True if decision.id in self.told else None

    def _standings(self, rater: int) -> Iterator[Standing]:
        """How the answers compare with what is known; a multiple choice counts once."""
        held: dict[tuple[Kind, str, int], tuple[bool, bool]] = {}
        for answers in self.answers:
            for row in answers.rows_of(rater).tolist():
                unit, answer = int(answers.unit[row]), answers.answer(row)
                _, says, voters = self._rule(answers, unit)
                known: dict[Kind, str | None] = {
                    "adjudicated": answers.adjudicated.get(unit),
                    "rule": says if answer == says or rater in voters else None,
                    "gold": answers.gold.get(unit),
                }
                against = 2 * answers.lead(row) > answers.others(row)
                for kind, label in known.items():
                    if label is not None:
                        key = kind, answers.question, unit
                        right, alone = held.get(key, (True, False))
                        held[key] = right and answer == label, alone or against
        for kind in STANDS:
            own = [found for (of, _, _), found in held.items() if of == kind]
            if own:
                yield Standing(kind, sum(right for right, _ in own), len(own), sum(map(all, own)))


def _of_this(decision: Decision, round_: Round) -> bool:
    """Whether the ids in a scope are those of this round's tasks."""
    seen = decision.evidence
    named = decision.scope.tasks or decision.scope.excluded
    return not named or seen is None or seen.round == round_.name


def _chosen(found: Collection[Case]) -> tuple[Case, ...]:
    """The most useful cases, of every kind some, and no question crowds out the others."""
    ranked: dict[Kind, list[Case]] = {}
    for kind in KINDS:
        of_question: dict[str, list[Case]] = {}
        for case in sorted((case for case in found if case.kind == kind), key=_rank):
            of_question.setdefault(case.question, []).append(case)
        ranked[kind] = [
            case for row in zip_longest(*of_question.values()) for case in row if case is not None
        ]
    shown = {kind: min(len(cases), FEWEST) for kind, cases in ranked.items()}
    for kind, cases in ranked.items():
        room = MOST_CASES - sum(shown.values())
        shown[kind] += max(0, min(room, len(cases) - shown[kind]))
    return tuple(case for kind, cases in ranked.items() for case in cases[: shown[kind]])


def _rank(case: Case) -> tuple[object, ...]:
    """A habit first; then rules that were known; then where the others are far away and at one."""
    most = case.others[0][1] if case.others else 0
    n = case.alike + sum(count for _, count in case.others)
    agreed = round(most / n, 12) if n else 0.0
    of_rule = case.decision or "", not case.known
    return not case.habit, *of_rule, -case.apart, -agreed, -most, case.unit, case.answer
