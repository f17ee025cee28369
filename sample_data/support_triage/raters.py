"""Who rates, how each of them answers, and how the two rounds were set up.

These are the causes planted in the sample data; ``simulate.py`` draws the answers from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import NormalDist
from typing import Any, TypeVar

import numpy as np

SEED = 2
T = TypeVar("T")
LABELS = ("Refund", "Billing", "Shipping", "Damaged item", "Account", "Cancellation",
          "Product question", "Complaint")  # fmt: skip
TOPICS = ("payment", "delivery", "quality", "login", "membership", "discount", "staff")
GAPS = {"gift_card": ("Refund", "Billing"), "courier_damage": ("Shipping", "Damaged item")}
OWN_RULE_KEPT = 0.9  # how often a rater follows their own rule inside a gap
HABIT_KIND, HABIT_LABEL = "login_membership", "Billing"
SLIP = 0.025
OLD_LABEL, NEW_LABEL = "Refunds", "Refund"
MODEL, MODEL_RIGHT = "triage-tfidf-2026-02", 0.8
ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
COMMENTS = {
    "gift_card": ("Gift card, could be either. Nothing in the guideline?", "voucher??",
                  "I always take the same one for gift cards, tell me if that is wrong"),
    "courier_damage": ("Broken, but the carrier broke it.", "Which team handles courier damage?"),
    "ambiguous": ("Two things at once.", "Coin toss."),
    "": ("Customer wrote twice?", "Hard to read.", "Attachment not shown here.",
         "Sarcasm, I think.", "Used a translator for this one.", "Urgency?"),
}  # fmt: skip


@dataclass(frozen=True)
class Rater:
    """A person, and how that person answers."""

    id: int
    first: str
    last: str
    gap_rule: dict[str, str] = field(default_factory=dict)
    error: tuple[float, float] = (SLIP, SLIP)  # share of random wrong categories, rounds 1 and 2
    habit: bool = False
    leniency: float = 0.0
    urgency_noise: float = 0.5
    topic_missed: float = 0.07
    topic_added: float = 0.02
    no_urgency: float = 0.0
    seconds: float = 22.0

    @property
    def email(self) -> str:
        """Address of the account."""
        return f"{self.first}.{self.last}@example.com".lower()

    @property
    def person(self) -> dict[str, Any]:
        """The person as a snapshot export writes ``completed_by``."""
        return {"id": self.id, "email": self.email, "first_name": self.first,
                "last_name": self.last}  # fmt: skip


LEAD = Rater(2, "Ruth", "Calloway", seconds=40.0)
RATERS = (
    Rater(3, "Amelia", "Okafor", {"gift_card": "Billing", "courier_damage": "Shipping"},
          seconds=21.0),
    Rater(4, "Tomasz", "Wrona", {"gift_card": "Refund", "courier_damage": "Shipping"},
          seconds=25.0),
    Rater(5, "Leila", "Haddad", {"gift_card": "Refund", "courier_damage": "Damaged item"},
          leniency=0.5, seconds=23.0),
    Rater(6, "Jonas", "Feld", {"gift_card": "Billing", "courier_damage": "Damaged item"},
          error=(0.28, 0.22), urgency_noise=1.2, topic_missed=0.25, topic_added=0.06,
          no_urgency=0.05, seconds=3.0),
    Rater(7, "Priya", "Nair", {"gift_card": "Billing", "courier_damage": "Damaged item"},
          habit=True, seconds=20.0),
)  # fmt: skip
HABIT_RATER, FAST_RATER, LENIENT_RATER = RATERS[4], RATERS[3], RATERS[2]


@dataclass(frozen=True)
class Plan:
    """What differs between the rounds."""

    number: int
    monday: datetime
    first_task: int
    first_annotation: int
    votes: dict[int, int]  # ratings per ticket -> number of tickets; every other ticket gets three
    rule_known: dict[str, float]  # gap kind -> how often the revised guideline's answer is given
    renamed_at: datetime | None = None
    gold: int = 0
    skipped: int = 0
    drafts: int = 0
    twice: int = 0
    edited: int = 0
    from_prediction: int = 0
    idle: int = 0


PLANS = (
    Plan(1, datetime(2026, 3, 9, tzinfo=UTC), 2001, 9101, {1: 20, 2: 25, 5: 30}, {},
         datetime(2026, 3, 10, 10, 15, tzinfo=UTC), gold=20, skipped=7, drafts=6, twice=3, edited=5,
         from_prediction=8, idle=2),
    Plan(2, datetime(2026, 4, 13, tzinfo=UTC), 2401, 10301, {},
         {"gift_card": 0.95, "courier_damage": 0.95}, skipped=3),
)  # fmt: skip


class Dice:
    """Random draws built on the raw uniform stream only, which NumPy keeps stable."""

    def __init__(self, *key: int) -> None:
        """Start an independent stream for this key."""
        self._rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([SEED, *key])))

    def uniform(self) -> float:
        """A number in [0, 1)."""
        return float(self._rng.random())

    def chance(self, p: float) -> bool:
        """True with probability ``p``."""
        return self.uniform() < p

    def below(self, n: int) -> int:
        """An integer in ``range(n)``."""
        return min(int(self.uniform() * n), n - 1)

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """All the items, in random order."""
        keys = [self.uniform() for _ in items]
        return [items[i] for i in sorted(range(len(items)), key=lambda i: keys[i])]

    def normal(self, sd: float = 1.0) -> float:
        """A normal number with mean 0."""
        return NormalDist().inv_cdf(max(self.uniform(), 1e-12)) * sd

    def code(self, length: int = 10) -> str:
        """A region id."""
        return "".join(self.pick(ID_ALPHABET) for _ in range(length))
