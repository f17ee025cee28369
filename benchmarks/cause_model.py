"""Fit the models of causes on simulated rounds, and write their table of coefficients.

    python benchmarks/cause_model.py --rounds 120 > labelq/pinpoint/causes/coefficients.py

Multinomial logistic regressions with a small ridge penalty, in four stages as they are applied
(see :mod:`labelq.pinpoint.causes.explaining`). The seeds are disjoint from those that
``benchmarks/planted.py`` scores; a third of the rounds have known labels on some units. Each
round weighs the same in a stage, however many disagreements it has.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace

import numpy as np
from planted_rounds import CAUSES, QUESTION, Planted, planted_round

from labelq.labels.model import Round
from labelq.measure.consensus.estimation import consensus
from labelq.measure.results import Consensus
from labelq.measure.settling import Settling
from labelq.pinpoint.causes import evidence
from labelq.pinpoint.causes.explaining import (
    Explained,
    explained,
    left_features,
    truths,
    within_features,
)
from labelq.pinpoint.causes.model import log_odds, probabilities
from labelq.pinpoint.clusters import find_clusters
from labelq.pinpoint.findings import Cluster
from labelq.pinpoint.label_pairs import label_pairs
from labelq.pinpoint.votes import choices

FIRST = 10_000
"""Training seeds start here."""
RIDGE = 1.0


@dataclass
class Seen:
    """A training round as the models see it, and the truth."""

    planted: Planted
    clusters: tuple[Cluster, ...]
    found: Explained


def pinpointed(round_: Round):
    """The round's consensus and clusters."""
    question, ratings = round_.questions[0], round_.ratings[QUESTION]
    settling = Settling.of(question, ratings)
    agreed = consensus(question, ratings, len(round_.raters))
    pairs = label_pairs(question, ratings, settling)
    return agreed, find_clusters(round_, {QUESTION: settling}, {QUESTION: agreed}, pairs)


def training_round(seed: int) -> Planted:
    """A round of 200 to 1,500 units, to fit in minutes: no feature grows with the round."""
    rng = np.random.default_rng([seed, 2])
    return planted_round(seed, units=round(float(np.exp(rng.uniform(np.log(200), np.log(1500))))))


def with_gold(planted: Planted, seed: int) -> Round:
    """The round; every third has known labels on a tenth to a third of its units."""
    if seed % 3:
        return planted.round
    rng = np.random.default_rng([seed, 1])
    known = rng.random(len(planted.label)) < rng.uniform(0.1, 0.33)
    gold = np.where(known, planted.label, -1).astype(np.int32)
    return replace(planted.round, gold={QUESTION: gold})


def seen(planted: Planted, round_: Round, agreed: Consensus, clusters: tuple[Cluster, ...]) -> Seen:
    """A round as the models see it. With tables of zeros the features are what is wanted."""
    question, ratings = round_.questions[0], round_.ratings[QUESTION]
    votes = choices(question, ratings)[0]
    clusters += placebos(planted, clusters)
    named = (evidence.CONTENT, evidence.WITHIN, evidence.DISAGREEMENT, evidence.LEFT)
    zero = tuple(dict.fromkeys(["intercept", *names], (0.0,) * 3) for names in named)
    truth = truths(round_, question, votes)
    n = len(round_.raters)
    found = explained(votes, ratings, n, agreed, clusters, truth=truth, tables=zero)
    return Seen(planted, clusters, found)


def placebos(planted: Planted, clusters: tuple[Cluster, ...]) -> tuple[Cluster, ...]:
    """Two ordinary contents as if they had been claimed: what a false claim looks like."""
    if not clusters:
        return ()
    claimed = [unit for one in clusters if not one.remainder for unit in one.units]
    free = planted.topic >= 0
    free[claimed] = False
    disputed = free & planted.shares.any(axis=1)
    n = np.bincount(planted.topic[disputed], minlength=1)
    made = []
    for topic in np.argsort(-n, kind="stable")[:2]:
        units = np.flatnonzero(disputed & (planted.topic == topic))
        alike = np.flatnonzero(free & ~disputed & (planted.topic == topic))
        if len(units) >= 5:
            made.append(replace(clusters[0], units=tuple(units.tolist()), remainder=False,
                                lookalikes=tuple(alike.tolist())))  # fmt: skip
    return tuple(made)


def fitted(names, parts) -> dict[str, tuple[float, float, float]]:
    """The table of one stage from ``parts``: (features, cause codes) of each round."""
    from sklearn.linear_model import LogisticRegression

    parts = [part for part in parts if len(part[1])]
    X, y = np.vstack([x for x, _ in parts]), np.concatenate([c for _, c in parts])
    weight = np.concatenate([np.full(len(c), len(c) ** -0.5) for _, c in parts])
    weight *= len(weight) / weight.sum()
    mean, sd = X.mean(axis=0), np.maximum(X.std(axis=0), 1e-9)
    model = LogisticRegression(C=1 / RIDGE, max_iter=5000, tol=1e-8)
    model.fit((X - mean) / sd, y, sample_weight=weight)
    coef = np.zeros((4, X.shape[1]))
    start = np.full(4, -9.0)
    coef[model.classes_], start[model.classes_] = model.coef_, model.intercept_
    coef = coef / sd
    start = start - coef @ mean
    table = np.column_stack([start, coef])
    table = (table - table[0])[1:]  # against slip
    print(f"{len(y)} rows of {len(parts)} rounds: {np.bincount(y, minlength=4)}", file=sys.stderr)
    return {
        name: tuple(round(float(v), 4) for v in table[:, i])
        for i, name in enumerate(["intercept", *names])
    }


def all_fitted(rounds: list[Seen]) -> dict[str, dict[str, tuple[float, float, float]]]:
    """The four tables."""
    content = fitted(evidence.CONTENT, [_contents(one) for one in rounds])
    within, elsewhere, odds = [], [], []
    for one in rounds:
        f = one.found
        of_cluster = np.zeros((len(one.clusters), 4))
        for i, inside in enumerate(f.inside):
            if inside is not None:
                of_cluster[i] = log_odds(inside.features[None, :], content)[0]
        odds.append(of_cluster)
        real = np.array([inside is not None for inside in f.inside] + [False])[f.cluster]
        cause = one.planted.shares[f.pattern.units[f.rows]].argmax(axis=1)
        more = within_features(f.pattern, f.inside, of_cluster, f.rows, f.cluster)
        within.append((np.hstack([f.features, more])[real], cause[real]))
        elsewhere.append((f.features[~real], cause[~real]))
    tables = {"CONTENT": content, "WITHIN": fitted(evidence.WITHIN, within),
              "ELSEWHERE": fitted(evidence.DISAGREEMENT, elsewhere)}  # fmt: skip
    left = []
    for one, (x, _) in zip(rounds, elsewhere, strict=True):
        f = one.found
        real = np.array([inside is not None for inside in f.inside] + [False])[f.cluster]
        p = np.full((len(f.rows), 4), 0.25)
        p[~real] = probabilities(log_odds(x, tables["ELSEWHERE"]))
        rows = [(left_features(p[f.cluster == i]), one.planted.cause_of_cluster(c.units))
                for i, c in enumerate(one.clusters) if c.remainder]  # fmt: skip
        kept = [(x, CAUSES.index(c)) for x, c in rows if c != "mixed"]
        left.append((np.array([x for x, _ in kept]).reshape(-1, 6),
                     np.array([c for _, c in kept], int)))  # fmt: skip
    tables["LEFT"] = fitted(evidence.LEFT, left)
    return tables


def leading_right(rounds: list[Seen]) -> tuple[float, ...]:
    """Per cause: where one label of three votes or more leads, how often it is the right one."""
    n = np.zeros((2, 4))
    for one in rounds:
        p, shares = one.found.pattern, one.planted.shares[one.found.pattern.units]
        # With known labels suspects are told from those: the leading label is counted anew.
        width = len(p.votes.labels)
        table = np.bincount(p.row * width + p.votes.label, minlength=len(p.units) * width)
        lead = table.reshape(-1, width).argmax(axis=1)
        use = (p.k >= 3) & (p.top > p.second) & p.disputed
        right = lead == one.planted.label[p.units]
        np.add.at(n[0], shares[use].argmax(axis=1), right[use])
        np.add.at(n[1], shares[use].argmax(axis=1), 1.0)
    return tuple(round(float(v), 3) for v in n[0] / n[1])


def _contents(one: Seen):
    rows = [(inside.features, one.planted.cause_of_cluster(cluster.units))
            for cluster, inside in zip(one.clusters, one.found.inside, strict=True)
            if inside is not None]  # fmt: skip
    kept = [(x, CAUSES.index(c)) for x, c in rows if c != "mixed"]
    width = len(evidence.CONTENT)
    return (np.array([x for x, _ in kept]).reshape(-1, width), np.array([c for _, c in kept], int))


def main() -> None:
    """Fit and print the module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=120)
    given = parser.parse_args()
    rounds = []
    for i in range(given.rounds):
        planted = training_round(FIRST + i)
        round_ = with_gold(planted, FIRST + i)
        rounds.append(seen(planted, round_, *pinpointed(round_)))
        print(f"\r{i + 1} of {given.rounds}", end="", file=sys.stderr)
    print(file=sys.stderr)
    print(module(all_fitted(rounds), leading_right(rounds), given.rounds), end="")


SAID = {
    "CONTENT": "Clusters with a common content.",
    "WITHIN": "Disagreements in clusters with a common content.",
    "ELSEWHERE": "All other disagreements.",
    "LEFT": "What is left of a label pair.",
}


def module(tables, right: tuple[float, ...], n_rounds: int) -> str:
    """The page of coefficients."""
    lines = [
        '"""The fitted models of causes: log odds of a habit, an ambiguous content and a gap',
        "against a slip, per feature (:mod:`labelq.pinpoint.causes.evidence` says what each is).",
        "",
        f"Written by ``python benchmarks/cause_model.py --rounds {n_rounds}``, not by hand.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from labelq.pinpoint.causes.model import Table",
        "",
    ]
    for name, table in tables.items():
        lines.append(f"{name}: Table = {{")
        lines += [f'    "{key}": ({", ".join(map(repr, row))}),' for key, row in table.items()]
        lines += ["}", f'"""{SAID[name]}"""', ""]
    lines += [
        f"LEADING_RIGHT = ({', '.join(map(repr, right))})",
        '"""Where a slip, a habit, ambiguity or a gap splits three votes or more and one label',
        'leads: how often it is the right one."""',
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
