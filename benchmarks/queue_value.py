"""What the queue's choice of votes is worth, beside random and by vote entropy.

    python benchmarks/queue_value.py --bluebirds DIRECTORY [--seeds 50]

Every round starts from three votes per unit, drawn at random from those that there are, and buys
as many votes as it has units from the rest, in batches with the consensus made anew in between. The
loss is the share of consensus labels that differ from gold or from the simulated truth; a strategy
closes the share (loss at three votes - its loss) / (loss at three votes - loss with all votes) of
the gap. The consensus is labelq's own choice of method, the same for all.

- ``random``: units and voters by chance (no unit twice).
- ``vote entropy``: the units with the largest entropy of votes, any voter.
- ``queue, any voter``: the queue's units, any voter: what it is worth where nobody is suggested.
- ``queue``: the queue's units, labeled by the person whom it counts on, the load as in the queue.

DIRECTORY holds ``annotations.csv`` of the bluebirds data (Welinder et al. 2010): 108 × 39 answers.
The simulated rounds are drawn anew for each seed.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Rater, Ratings, Round, Units
from labelq.measure.consensus.estimation import consensus
from labelq.measure.results import Consensus
from labelq.remedy.budget import choose
from labelq.remedy.people import people_of
from labelq.remedy.worth import worths_of
from labelq.settings import Budget

Matrix = NDArray[np.int64]
NAMES = ("random", "vote entropy", "queue, any voter", "queue")
START, BATCHES, RESAMPLES = 3, 10, 10_000


@dataclass(frozen=True)
class Whole:
    """Every vote there is (units × voters) and what is true (units,), of ``n_labels`` labels."""

    votes: Matrix
    true: Matrix
    n_labels: int


def bluebirds(directory: Path) -> Whole:
    """All 108 × 39 answers, with gold."""
    with (directory / "annotations.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    items = sorted({row["item_id"] for row in rows})
    people = sorted({row["annotator_id"] for row in rows})
    votes = np.full((len(items), len(people)), -1)
    true = np.zeros(len(items), int)
    for row in rows:
        item = items.index(row["item_id"])
        votes[item, people.index(row["annotator_id"])] = int(row["label"])
        true[item] = int(row["gold"])
    assert (votes >= 0).all()
    return Whole(votes, true, 2)


def simulated(
    n: int, n_raters: int, shares: list[float], ability: tuple[float, float], hard: float
) -> Callable[[np.random.Generator], Whole]:
    """Raters with ability from a beta distribution, whose wrong answers lean to some labels; on a
    share ``hard`` of the units everybody is right half as often above chance.
    """

    def draw(rng: np.random.Generator) -> Whole:
        q = len(shares)
        true = rng.choice(q, n, p=np.array(shares) / sum(shares))
        right = rng.beta(*ability, n_raters)
        pull = rng.dirichlet(np.full(q, 0.6), q)
        np.fill_diagonal(pull, 0)
        pull = np.maximum(pull, 1e-6) * (1 - np.eye(q))
        pull /= pull.sum(axis=1, keepdims=True)
        is_hard = rng.random(n) < hard
        chance = np.where(is_hard[:, None], 1 / q + (right - 1 / q) / 2, right)
        wrong = (rng.random((n, n_raters, 1)) > pull.cumsum(axis=1)[true][:, None, :]).sum(axis=2)
        votes = np.where(
            rng.random((n, n_raters)) < chance, true[:, None], np.minimum(wrong, q - 1)
        )
        return Whole(votes, true, q)

    return draw


def round_of(whole: Whole, has: NDArray[np.bool_]) -> Round:
    """The round of the votes that ``has`` holds."""
    n, n_raters = has.shape
    unit, rater = (x.astype(np.int32) for x in np.nonzero(has))
    labels = tuple(str(i) for i in range(whole.n_labels))
    size = len(unit)
    ratings = Ratings(
        unit,
        rater,
        whole.votes[has].astype(np.int32),
        labels,
        np.full(size, np.nan, np.float32),
        np.full(size, "NaT", "datetime64[s]"),
        np.zeros(size, bool),
        np.zeros(size, bool),
    )
    return Round(
        "simulated",
        (Question("label", "nominal", "simulated", labels),),
        Units(tuple(map(str, range(n))), (None,) * n),
        tuple(Rater(str(i), str(i), str(i)) for i in range(n_raters)),
        {"label": ratings},
    )


def found_in(round_: Round) -> Consensus:
    """labelq's consensus."""
    return consensus(round_.questions[0], round_.ratings["label"], len(round_.raters))


def loss_of(found: Consensus, true: Matrix) -> float:
    """The share of labels that are not true."""
    return float(np.mean([int(str(b)) for b in found.best] != true))


def anybody(units: NDArray[Any], has: NDArray[np.bool_], rng: np.random.Generator) -> Matrix:
    """A voter by chance for each unit, of those who have not labeled it."""
    return np.array([rng.choice(np.flatnonzero(~has[unit])) for unit in units], np.int64)


def bought(
    name: str, whole: Whole, has: NDArray[np.bool_], n: int, rng: np.random.Generator
) -> tuple[Matrix, Matrix]:
    """``n`` units and their voters, as the strategy chooses them."""
    left = np.flatnonzero(~has.all(axis=1))
    if name == "random":
        units = rng.permutation(left)[:n]
        return units, anybody(units, has, rng)
    round_ = round_of(whole, has)
    if name == "vote entropy":
        counts = np.stack([(has & (whole.votes == k)).sum(axis=1) for k in range(whole.n_labels)])
        share = (counts / counts.sum(axis=0)).T
        entropy = -(share * np.log(np.maximum(share, 1e-300))).sum(axis=1)
        units = left[np.lexsort((rng.random(len(left)), -np.round(entropy[left], 9)))][:n]
        return units, anybody(units, has, rng)
    found = {"label": found_in(round_)}
    people = people_of(round_)
    if name == "queue, any voter":
        people = replace(people, asked=people.asked[:0])
    doubts = {"label": 1 - found["label"].posterior.max(axis=1, initial=0.0)}
    worths = worths_of(round_, found, doubts, people, left.astype(np.int64))
    choice = choose(worths.offers, people, Budget(labels=n))
    units = left[choice.units]
    if name == "queue, any voter":
        return units, anybody(units, has, rng)
    return units, people.asked[choice.person].astype(np.int64)


def losses(whole: Whole, seed: int) -> list[float]:
    """The loss at three votes, with all, and after every strategy."""
    n, n_raters = whole.votes.shape
    rng = np.random.default_rng([seed, n])
    first = rng.permuted(np.tile(np.arange(n_raters), (n, 1)), axis=1)[:, :START]
    start = np.zeros((n, n_raters), bool)
    start[np.arange(n)[:, None], first] = True
    told = [
        loss_of(found_in(round_of(whole, has)), whole.true) for has in (start, np.ones_like(start))
    ]
    for name in NAMES:
        has = start.copy()
        dice = np.random.default_rng([seed, n, 1])
        ends = np.linspace(0, n, 2 if name == "random" else BATCHES + 1).astype(int)
        for size in np.diff(ends).tolist():
            units, voters = bought(name, whole, has, size, dice)
            assert len(units) == size
            assert not has[units, voters].any()
            has[units, voters] = True
        told.append(loss_of(found_in(round_of(whole, has)), whole.true))
    return told


def interval(drawn: NDArray[np.float64]) -> str:
    """The middle 95 %."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{low:+.3f} to {high:+.3f}"


def show(name: str, table: NDArray[np.float64]) -> None:
    """Losses, shares of the gap, ratios to random and differences from vote entropy."""
    three, whole = table[:, 0], table[:, 1]
    gain = three[:, None] - table[:, 2:]
    gap = three - whole
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(table), (RESAMPLES, len(table)))
    shares = gain[drawn].mean(axis=1) / gap[drawn].mean(axis=1)[:, None]
    share = gain.mean(axis=0) / gap.mean()
    print(f"\n{name}: loss {three.mean():.3f} at three votes, {whole.mean():.3f} with all")
    for i, strategy in enumerate(NAMES):
        line = f"  {strategy:17} loss {table[:, 2 + i].mean():.3f}, share of the gap"
        line += f" {share[i]:+.3f} ({interval(shares[:, i])})"
        if strategy.startswith("queue"):
            # A ratio means something only where random closes some of the gap; the difference
            # from 1.3 times random's share says the same and always means something.
            if np.quantile(shares[:, 0], 0.025) > 0:
                ratio = shares[:, i] / shares[:, 0]
                low = np.quantile(ratio, 0.025)
                line += f"; {share[i] / share[0]:.2f} times random's (from {low:.2f})"
            line += f"; above 1.3 times random's by {interval(shares[:, i] - 1.3 * shares[:, 0])}"
            line += f"; above vote entropy's by {share[i] - share[1]:+.3f}"
            line += f" ({interval(shares[:, i] - shares[:, 1])})"
        print(line, flush=True)


def main() -> None:
    """Print a paragraph per round."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bluebirds", type=Path)
    parser.add_argument("--seeds", type=int, default=50)
    options = parser.parse_args()
    rounds: dict[str, Callable[[np.random.Generator], Whole]] = {
        "300 units, 15 annotators, 4 labels": simulated(300, 15, [1, 1, 1, 1], (5, 3), 0),
        "400 units, 15 annotators, 3 labels, skewed": simulated(400, 15, [7, 2, 1], (5, 2.5), 0),
        "250 units, 14 annotators, 6 labels, 30 % hard": simulated(250, 14, [1] * 6, (6, 2.5), 0.3),
    }
    if options.bluebirds:
        whole = bluebirds(options.bluebirds)
        rounds = {"bluebirds": lambda _rng: whole, **rounds}
    for number, (name, draw) in enumerate(rounds.items()):
        table = [
            losses(draw(np.random.default_rng([seed, number])), seed)
            for seed in range(options.seeds)
        ]
        show(name, np.array(table))


if __name__ == "__main__":
    main()
