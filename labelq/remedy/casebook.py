"""Each rater's answers held against what is known of a unit, and else against the others'.

Known is what a reviewer decided, what a decided rule says, and gold, in this order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from labelq.labels.evidence import last_words
from labelq.labels.model import Round, Units
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
        self.usual = _usual(reports)
        self._rules(decisions, anchors)
        # What is looked at one by one: rows where something is known, or others are at odds.
        self.known = [np.isin(answers.unit, self._units_known(answers)) for answers in self.answers]
        self.at_odds = [answers.most > answers.alike for answers in self.answers]

    def of(self, rater: int) -> Feedback:
        """What the rater with this code can learn."""
        own = tuple(report for report in self.reports if report.rater == rater)
        found = [case for at in range(len(self.answers)) for case in self._cases(at, rater)]
        counts: dict[Kind, int] = {}
        for case in found:
            counts[case.kind] = counts.get(case.kind, 0) + 1
        cases = tuple(self._with_others(case, rater) for case in chosen(found))
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
            self.usual,
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
            case = self._known(answers, row, unit, rater) if self.known[at][row] else None
            if case is None and self.at_odds[at][row]:
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
        """How the answers compare with what is known; a multiple choice counts once.

        A rule that came after the answer is left out: nobody could follow it.
        """
        held: dict[tuple[Kind, str, int], tuple[bool, bool]] = {}
        for answers, known_row in zip(self.answers, self.known, strict=True):
            rows = answers.rows_of(rater)
            for row in rows[known_row[rows]].tolist():
                unit, answer = int(answers.unit[row]), answers.answer(row)
                decision, says, voters = self._rule(answers, unit)
                if decision is None or self._known_then(decision, answers, row) is False:
                    says = None
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


def _close(lead: int, same: int, n: int) -> bool:
    """Whether as many of ``n`` others or more, but for one, answered alike: ``lead`` otherwise."""
    tied = lead == same + 1 and (lead > 1 or n == 1)
    return tied or (same > 0 and lead == same + 2)


def _usual(reports: Sequence[RaterReport]) -> dict[str, float]:
    of_question: dict[str, list[float]] = {}
    for report in reports:
        if report.statistics.most.value is not None:
            of_question.setdefault(report.question, []).append(report.statistics.most.value)
    return {
        name: float(np.median(shares))
        for name, shares in of_question.items()
        if len(shares) >= MIDDLE_OF
    }


def _of_this(decision: Decision, round_: Round) -> bool:
    """Whether the ids in a scope are those of this round's tasks."""
    seen = decision.evidence
    named = decision.scope.tasks or decision.scope.excluded
    return not named or seen is None or seen.round == round_.name
