"""A round with planted causes: what a test can expect pinpoint to find."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

from labelq.labels.model import Round
from labelq.measure.consensus.estimation import consensus
from labelq.measure.results import Consensus
from labelq.measure.settling import Settling
from labelq.pinpoint.clusters import find_clusters
from labelq.pinpoint.findings import Cluster, LabelPair
from labelq.pinpoint.label_pairs import label_pairs
from tests.rounds import make_round

KINDS = {
    "voucher": ("Billing", "voucher coupon balance redeem expired checkout"),
    "fee": ("Billing", "invoice monthly fee charged statement amount"),
    "refund": ("Refund", "money back returned waiting weeks transfer"),
    "login": ("Account", "password login locked reset code screen"),
    "profile": ("Account", "address profile newsletter surname update settings"),
    "late": ("Shipping", "parcel late tracking warehouse carrier depot"),
}
FILLER = [
    "please",
    "hello",
    "thanks",
    "today",
    "really",
    "could",
    "someone",
    "team",
    "order",
    "again",
    "because",
    "still",
    "after",
    "the",
    "my",
    "i",
    "with",
    "was",
    "not",
    "have",
    "it",
    "for",
    "and",
    "on",
    "from",
    "yesterday",
    "friend",
    "very",
    "maybe",
    "never",
    "always",
    "little",
    "big",
    "house",
    "garden",
    "green",
    "summer",
    "winter",
    "quickly",
    "often",
    "sometimes",
    "question",
    "problem",
    "answer",
    "help",
]
CAMPS = {"ann": "Billing", "bob": "Billing", "cyd": "Refund", "dan": "Refund", "eve": "Billing"}
RATERS = sorted(CAMPS)


@dataclass(frozen=True)
class Planted:
    round: Round
    kind: dict[str, str]
    settlings: dict[str, Settling]
    consensuses: dict[str, Consensus]
    pairs: tuple[LabelPair, ...]
    clusters: tuple[Cluster, ...]

    def kinds(self, units: tuple[int, ...]) -> set[str]:
        return {self.kind[self.round.units.ids[unit]] for unit in units}


def rows(
    *, gap: bool = True, habit: str | None = "bob", careless: str | None = None, n: int = 20
) -> tuple[list[tuple[str, str, str, str]], dict[str, str]]:
    """``n`` units of each kind, three votes each. Vouchers are a gap (two camps of raters),
    ``habit`` calls every login problem Billing, ``careless`` errs on a third of all units.
    """
    dice = random.Random(7)
    found, kinds = [], {}
    groups = itertools.cycle(itertools.combinations(RATERS, 3))
    labels = ["Account", "Billing", "Refund", "Shipping"]
    for kind, (truth, words) in KINDS.items():
        for i in range(n):
            unit = f"{kind}-{i:02}"
            kinds[unit] = kind
            said = dice.sample(words.split(), 4) + dice.sample(FILLER, 8)
            dice.shuffle(said)
            for rater in next(groups):
                label = truth
                if kind == "voucher" and gap:
                    label = CAMPS[rater]
                elif kind == "login" and rater == habit:
                    label = "Billing"
                if rater == careless and dice.random() < 0.35:
                    label = dice.choice([other for other in labels if other != truth])
                found.append((unit, rater, label, " ".join(said).capitalize()))
    return found, kinds


def planted(**options: object) -> Planted:
    """The round made of :func:`rows`, with all that pinpoint needs, and its clusters."""
    seconds = options.pop("seconds", None)
    made, kinds = rows(**options)  # type: ignore[arg-type]
    return pinpointed(make_round(made, question="category", seconds=seconds), kinds)  # type: ignore[arg-type]


def pinpointed(round_: Round, kinds: dict[str, str] | None = None) -> Planted:
    settlings, consensuses, pairs = {}, {}, []
    for question in round_.questions:
        ratings = round_.ratings[question.name]
        settlings[question.name] = Settling.of(question, ratings)
        consensuses[question.name] = consensus(question, ratings, len(round_.raters))
        pairs += label_pairs(
            question, ratings, settlings[question.name], consensuses[question.name]
        )
    clusters = find_clusters(round_, settlings, consensuses, pairs)
    return Planted(round_, kinds or {}, settlings, consensuses, tuple(pairs), clusters)
