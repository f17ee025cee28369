"""How good a round's consensus is, question by question; gold is told to none of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from labelq.labels.model import Question, Round
from labelq.measure.ceiling import ceiling
from labelq.measure.consensus.calibration import calibration
from labelq.measure.consensus.held_out import held_out
from labelq.measure.consensus.rater_confusion import rater_confusion
from labelq.measure.results import Calibration, Ceiling, ConfusionRow, Consensus, HeldOut

MOST_CONFUSION_ROWS = 2_000


@dataclass(slots=True)
class Quality:
    """What is known of it, filled question by question."""

    ceilings: list[Ceiling] = field(default_factory=list)
    held_out: list[HeldOut] = field(default_factory=list)
    calibrations: list[Calibration] = field(default_factory=list)
    confusions: list[ConfusionRow] = field(default_factory=list)

    @property
    def best_known(self) -> tuple[ConfusionRow, ...]:
        """The rows of ``confusions`` that rest on most answers, :data:`MOST_CONFUSION_ROWS`."""
        told = (row for row in self.confusions if row.reason is None)
        return tuple(sorted(told, key=lambda row: -row.n)[:MOST_CONFUSION_ROWS])

    def add(
        self, round_: Round, question: Question, found: Consensus, seed: int, confidence: float
    ) -> None:
        """Add one question, with its consensus of the round."""
        ratings, gold = round_.ratings[question.name], round_.gold.get(question.name)
        n = len(round_.raters)
        self.ceilings.append(
            ceiling(question, ratings, found, gold=gold, seed=seed, confidence=confidence)
        )
        self.held_out.append(
            held_out(question, ratings, n, found.method, seed=seed, confidence=confidence)
        )
        self.calibrations.append(
            calibration(question, ratings, found, gold, seed=seed, confidence=confidence)
        )
        self.confusions += rater_confusion(
            question, ratings, n, found, gold=gold, confidence=confidence
        )
