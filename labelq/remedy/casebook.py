"""Each rater's answers held against what is known of a unit, and else against the others'.

Known is what a reviewer decided, what a decided rule says, and gold, in this order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from labelq.labels.evidence import last_words
from labelq.labels.model import Round, Units
from labelq.measure.results import Consensus
from labelq.pinpoint.edge_cases import disputed_gold
from labelq.pinpoint.findings import Agenda, Cluster
from labelq.pinpoint.rater_findings import RaterReport
from labelq.pinpoint.raters import excused_units
from labelq.remedy.agenda import meeting_agenda
from labelq.remedy.decisions import Decision, mapping
from labelq.remedy.feedback import STANDS, Case, Feedback, Kind, Standing, chosen
from labelq.remedy.guideline.front_matter import decisions_told
from labelq.remedy.held_against import Answers, answers_of
from labelq.remedy.releasing import effects
from labelq.remedy.scope import Scopes

MIDDLE_OF = 5
"""Among so many raters the one in the middle is nobody in particular."""


class _Source(NamedTuple):
    """What is known of an answer: by what (a kind), the label it says, whether it was given."""

    kind: Kind
    says: str | None
    right: bool
    decision: Decision | None = None
    known: bool | None = None


class Casebook:
    """Finds the cases of every rater of one round; what is common to all is looked up once.

    ``guideline`` is the text that the round was labeled under, ``anchors`` the units of an
    earlier round that decisions were made on: without these a decision on the tasks of another
    round says nothing about this one. ``consensus`` tells who is consistent (by question).
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
        consensus: Mapping[str, Consensus] | None = None,
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
        self.disputed = {
            q.name: disputed_gold(round_, q, (consensus or {}).get(q.name))
            for q in round_.questions
        }
        self.aside = {a.question for a in round_.intake.aside if a.reason == "unknown_label"}
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
        self.usual = _usual(reports)
        self._rules(decisions, anchors)
        # What is looked at one by one: rows where something is known, or others are at odds.
        self.known = [np.isin(answers.unit, self._units_known(answers)) for answers in self.answers]
        self.at_odds = [answers.most > answers.alike for answers in self.answers]
        self.standings: dict[int, tuple[Standing, ...]] = {}

    def of(self, rater: int) -> Feedback:
        """What the rater with this code can learn."""
        own = tuple(report for report in self.reports if report.rater == rater)
        found = [case for at in range(len(self.answers)) for case in self._cases(at, rater)]
        # Of a multiple choice one answer may be several cases.
        counts = Counter(kind for kind, *_ in {(c.kind, c.question, c.unit) for c in found})
        cases = tuple(self._with_others(case, rater) for case in chosen(found))
        named = {case.decision for case in cases}
        habits = tuple(
            c for c in self.clusters if c.cause.kind == "rater" and c.cause.rater == rater
        )
        # Of a multiple choice the first label stands for all.
        units = [a.unit[a.rows_of(rater)] for a in self.answers if not a.tick]
        return Feedback(
            rater,
            len(np.unique(np.concatenate([np.zeros(0, np.int32), *units]))),
            sum(map(len, units)),
            own,
            self._standings(rater),
            habits,
            cases,
            counts,
            {name: one for name, one in self.decisions.items() if name in named},
            self.usual,
            self._usual_gold(),
            {one.id: self._apart(one, rater) for one in habits},
        )

    def _now(self, question: str, label: str) -> str:
        """A label as it is called today."""
        return self.today.get((question, label), label)

    def _about(self, answers: Answers, labels: Iterable[str]) -> bool:
        """Whether a choice is about any of ``labels``."""
        return any(self._now(answers.question, label) in answers.labels for label in labels)

    def _rules(self, decisions: Sequence[Decision], anchors: Units | None) -> None:
        """Per question and unit the last rule about it, and whom it contradicts."""
        found = {one.decision.id: one for one in effects(decisions, self.round)}
        if anchors is not None:
            later = effects(decisions, self.round, scopes=Scopes(self.round, anchors))
            found |= {x.decision.id: x for x in later if not _of_this(x.decision, self.round)}
        self.rules: dict[tuple[str, int], list[tuple[Decision, frozenset[int]]]] = {}
        for effect in found.values():
            decision = effect.decision
            told = anchors is not None or _of_this(decision, self.round)
            if not told or decision.outcome not in ("label", "new_label", "split", "drop"):
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

    def _units_known(self, answers: Answers) -> list[int]:
        """The units of which a label is known, or that a rule is about."""
        ruled = (unit for question, unit in self.rules if question == answers.question)
        return list({*answers.adjudicated, *answers.gold, *ruled})

    def _with_others(self, case: Case, rater: int) -> Case:
        """A case with the others' answers, which are looked up only where they are shown."""
        (answers,) = (
            one
            for one in self.answers
            if one.question == case.question and case.tick in (None, one.labels[-1])
        )
        row = answers.row(case.unit, rater)
        return replace(case, others=answers.counts(row), between=answers.range_of(row))

    def _cases(self, at: int, rater: int) -> Iterator[Case]:
        answers = self.answers[at]
        rows = answers.rows_of(rater)
        for row in rows[self.known[at][rows] | self.at_odds[at][rows]].tolist():
            unit = int(answers.unit[row])
            source = self._source(answers, row, unit, rater) if self.known[at][row] else None
            if source is not None:
                if not source.right:
                    yield self._told(source, answers, row, rater)
            elif self.at_odds[at][row]:
                case = self._among_others(answers, row, unit, rater)
                if case is not None:
                    yield case

    def _source(self, answers: Answers, row: int, unit: int, rater: int) -> _Source | None:
        """The strongest of what is known of a unit and about the answer; None: nothing is."""
        answer = answers.answer(row)
        reviewed, gold = answers.adjudicated.get(unit), answers.gold.get(unit)
        if reviewed is not None:
            return _Source("adjudicated", reviewed, answer == reviewed)
        golden = None
        if gold is not None:
            kind: Kind = "doubted" if unit in self.disputed[answers.question] else "gold"
            golden = _Source(kind, gold, answer == gold)
        decision, says, voters = self._rule(answers, unit)
        if decision is None:
            return golden
        known = self._known_then(decision, answers, row)
        if answer == says or rater in voters:
            kind = "rule" if known is not False else "later"
            kind = kind if decision.outcome == "label" else "relabeled"
        elif says is not None and self._neither(answers, row, [*decision.labels, says]):
            kind = "neither"
        else:
            return golden
        ruled = _Source(kind, says, answer == says, decision, known)
        # What was known beforehand stands before a rule that nobody could know.
        first = golden is not None and golden.kind == "gold" and not golden.right
        return golden if first and kind in ("later", "neither") and not ruled.right else ruled

    def _third(self, answers: Answers, row: int, labels: Iterable[str]) -> bool:
        """Whether the answer is none of ``labels``, as they are called today."""
        sides = {self._now(answers.question, label) for label in labels}
        return answers.tick is None and answers.answer(row) not in sides

    def _neither(self, answers: Answers, row: int, labels: Collection[str]) -> bool:
        """Whether most of the others, two or more, gave one of ``labels``, and the rater none."""
        sides = {self._now(answers.question, label) for label in labels}
        n = sum(n for label, n in answers.counts(row) if label in sides)
        return self._third(answers, row, labels) and n > 1 and 2 * n > answers.others(row)

    def _told(self, source: _Source, answers: Answers, row: int, rater: int) -> Case:
        """The case of an answer that something known stands against."""
        case = self._case(answers, row, source.kind, source.says, rater)
        if source.decision is None:
            return case
        scope = source.decision.scope
        return replace(
            case,
            decision=source.decision.id,
            known=source.known,
            resembles=bool(scope.tasks) and self.round.units.ids[case.unit] not in scope.tasks,
            words=case.words or scope.words,
        )

    def _among_others(self, answers: Answers, row: int, unit: int, rater: int) -> Case | None:
        """An answer that others do not share, where nothing known decides."""
        if answers.far is not None:
            return self._case(answers, row, "others", None, rater) if answers.far[row] else None
        cluster = self.cluster_of.get((answers.question, answers.tick, unit))
        excused = unit in self.excused[answers.question]
        lead, same, n = answers.lead(row), answers.same(row), answers.others(row)
        kind: Kind
        cause = cluster.cause.kind if cluster is not None and excused else None
        third = cluster is not None and self._third(answers, row, cluster.labels)
        if cluster is not None and cause == "gap" and self._neither(answers, row, cluster.labels):
            kind = "neither"
        elif cause == "ambiguous" or (cause == "gap" and not third):
            kind = cause
        elif _close(lead, same, n):
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
            lead=answers.lead(row),
            n=answers.others(row),
            cluster=None if cluster is None else cluster.id,
            habit=cause is not None and cause.kind == "rater" and cause.rater == rater,
            on_agenda=cluster is not None and cluster.id in self.agenda,
            words=() if cluster is None else cluster.words,
            apart=answers.steps(row, says),
            tick=None if answers.tick is None else answers.labels[1],
            aside=answers.question in self.aside,
        )

    def _known_then(self, decision: Decision, answers: Answers, row: int) -> bool | None:
        """Whether a rule was there when the answer was given, as far as anybody can tell."""
        when, submitted = decision.when, answers.submitted[row]
        if when is not None and not np.isnat(submitted):
            return bool(np.datetime64(when, "D") <= submitted.astype("datetime64[D]"))
        if decision.evidence is not None and decision.evidence.round == self.round.name:
            return False
        return True if decision.id in self.told else None

    def _standings(self, rater: int) -> tuple[Standing, ...]:
        """How the answers compare with what is known; a multiple choice counts once.

        Every answer is held against the strongest of what is known of it. A rule that came after
        the answer is left out: nobody could follow it.
        """
        if rater not in self.standings:
            self.standings[rater] = tuple(self._compared(rater))
        return self.standings[rater]

    def _compared(self, rater: int) -> Iterator[Standing]:
        held: dict[tuple[Kind, str], dict[int, tuple[bool, bool]]] = {}
        for answers, known_row in zip(self.answers, self.known, strict=True):
            rows = answers.rows_of(rater)
            for row in rows[known_row[rows]].tolist():
                unit = int(answers.unit[row])
                source = self._source(answers, row, unit, rater)
                if source is None or source.kind not in (*STANDS, "doubted"):
                    continue
                against = 2 * answers.lead(row) > answers.others(row)
                of_kind = held.setdefault((source.kind, answers.question), {})
                right, alone = of_kind.get(unit, (True, False))
                of_kind[unit] = right and source.right, alone or against
        for kind in (*STANDS, "doubted"):
            for (of, question), found in held.items():
                if of == kind:
                    n = sum(right for right, _ in found.values())
                    stood = tuple(unit for unit, both in found.items() if all(both))
                    yield Standing(of, question, n, len(found), stood)

    def _usual_gold(self) -> dict[str, float]:
        """By question the share of gold of the rater in the middle."""
        return _middle(
            (one.question, one.right / one.of)
            for rater in range(len(self.round.raters))
            for one in self._standings(rater)
            if one.kind == "gold"
        )

    def _apart(self, habit: Cluster, rater: int) -> tuple[int, int]:
        """On how many units of a habit the rater stands apart from two or more others, and on
        how many of these the others are at one.
        """
        at_one: dict[int, bool] = {}
        for answers, at_odds in zip(self.answers, self.at_odds, strict=True):
            if answers.question != habit.question or not self._about(answers, habit.labels):
                continue
            rows = answers.rows_of(rater)
            rows = rows[at_odds[rows] & (answers.n[rows] > 1)]
            for row in rows[np.isin(answers.unit[rows], habit.units)].tolist():
                unit, alike = int(answers.unit[row]), answers.lead(row) == answers.others(row)
                at_one[unit] = alike and at_one.get(unit, True)
        return len(at_one), sum(at_one.values())


def _close(lead: int, same: int, n: int) -> bool:
    """Whether as many of ``n`` others or more, but for one, answered alike: ``lead`` otherwise."""
    tied = lead == same + 1 and (lead > 1 or n == 1)
    return tied or (same > 0 and lead == same + 2)


def _usual(reports: Sequence[RaterReport]) -> dict[str, float]:
    return _middle(
        (report.question, report.agreement)
        for report in reports
        if report.agreement is not None and report.statistics.most.value is not None
    )


def _middle(shares: Iterable[tuple[str, float]]) -> dict[str, float]:
    """By question the share in the middle, of :data:`MIDDLE_OF` or more."""
    of_question: dict[str, list[float]] = {}
    for question, share in shares:
        of_question.setdefault(question, []).append(share)
    return {
        name: float(np.median(found))
        for name, found in of_question.items()
        if len(found) >= MIDDLE_OF
    }


def _of_this(decision: Decision, round_: Round) -> bool:
    """Whether the ids in a scope are those of this round's tasks."""
    seen = decision.evidence
    named = decision.scope.tasks or decision.scope.excluded
    return not named or seen is None or seen.round == round_.name
