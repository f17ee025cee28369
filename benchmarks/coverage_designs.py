"""Sections of coverage.py about designs: rare labels, missing ratings, drawn raters, marginals."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from simulated_rounds import (
    FLEISS_OF_A_LABEL,
    PAIR,
    Design,
    Floats,
    Process,
    answers,
    confusion,
    design,
    prevalence,
    probabilities,
    together,
    truths,
    value_of,
)
from tallies import (
    Tally,
    as_estimates,
    asked,
    measured,
    people,
    say,
    seeded,
    simulated_ratings,
)

from labelq.measure.intervals.raters import RatersLeftOut
from labelq.measure.marginals import marginal_tests

OF_A_LABEL = ("alpha of a label", "specific agreement of a label", FLEISS_OF_A_LABEL)


def labels() -> list[dict[str, Any]]:
    """Labels by how rare they are: rows of each label, and kappas of a pair for each label."""
    found = []
    for name, q, R, alpha, p in _rare_processes():
        d = design(q, R)
        share = p @ d.counts[d.row] / R
        for n in (50, 100, 200, 500, 1000):
            drawn = seeded("labels", name, R, alpha, n).multinomial(n, p, 2000)
            told = {"process": name, "R": R, "alpha": alpha, "n_units": n}
            for metric in OF_A_LABEL:
                truth = truths(d, p, metric)
                for k, (estimates, true) in enumerate(together(d, drawn, metric, truth)):
                    tally = Tally()
                    tally.add(estimates, np.full(len(drawn), true))
                    row = {"metric": metric, "label": k, "share": float(share[k]), "truth": true}
                    found.append({**told, **row, **tally.row()})
            if R == 2:
                found += [
                    {**told, "metric": PAIR, "label": k, "share": float(share[k]), **row}
                    for k in range(q)
                    for row in [_pair(d, drawn, p, k)]
                ]
        say("labels", name, R, alpha)
    return found


def _rare_processes() -> Iterator[tuple[str, int, int, float, Floats]]:
    for R, alpha in itertools.product((2, 3, 5), (0.5, 0.85)):
        if R < 5:
            for skewed in (True, False):
                p = probabilities(Process(5, R, skewed, alpha))
                yield f"5 {'skewed' if skewed else 'balanced'}", 5, R, alpha, p / p.sum()
        for rare in (0.02, 0.05, 0.1, 0.2):
            share, d = np.array([1 - rare, rare]), design(2, R)

            def gap(
                error: float, d: Design = d, share: Floats = share, R: int = R, alpha: float = alpha
            ) -> float:
                return value_of(d, answers(2, R, error, share), "alpha, nominal") - alpha

            p = answers(2, R, float(brentq(gap, 1e-5, 0.45)), share)
            yield f"2, {rare:g}", 2, R, alpha, p / p.sum()


def _pair(d: Design, drawn: NDArray[np.int64], p: Floats, label: int) -> dict[str, Any]:
    """Cohen's kappa of two raters for one label against all others."""
    ticked = (d.combinations == label) @ np.array([2, 1])
    folded = np.stack([(drawn * (ticked == k)).sum(axis=1) for k in range(4)], axis=1)
    of_two = np.bincount(ticked, p, minlength=4)
    pair = design(2, 2)
    truth, tally = truths(pair, of_two, PAIR), Tally()
    for estimates, true in together(pair, folded, PAIR, truth):
        tally.add(estimates, np.full(len(drawn), true))
    return {"truth": float(truth[0]), **tally.row()}


def missing() -> list[dict[str, Any]]:
    """Three of eight raters per unit, at random, some with four times the work of others."""
    R, per_unit = 8, 3
    triples = np.array(list(itertools.combinations(range(R), per_unit)))
    work = np.linspace(1, 4, R) / np.linspace(1, 4, R).sum()
    chance_ = np.array(
        [
            sum(_in_turn(work, order) for order in itertools.permutations(t))
            for t in triples.tolist()
        ]
    )
    chance_ /= chance_.sum()
    found = []
    for (q, skewed), error in itertools.product(((2, False), (2, True), (5, True)), (0.05, 0.15)):
        share = prevalence(q, skewed=skewed)
        matrices = np.array([confusion(error * f, q) for f in np.linspace(0.5, 1.5, R)])
        truth = _missing_truth(q, share, matrices, triples, chance_)
        for n in (100, 200):
            rng = seeded("missing", q, skewed, error, n)
            tallies = {name: Tally() for name in truth}
            for _ in range(500):
                true = rng.choice(q, n, p=share)
                rater = triples[rng.choice(len(triples), n, p=chance_)].ravel()
                unit = np.repeat(np.arange(n), per_unit)
                value = _given(rng, matrices[rater, true[unit]])
                ratings = simulated_ratings(unit, rater, value, q)
                rows = measured(ratings, R, q, tuple(truth), level="nominal")
                for name, value_ in truth.items():
                    tallies[name].add(as_estimates(rows[name]), np.array([value_]))
            found += [
                {
                    "q": q,
                    "skewed": skewed,
                    "error": error,
                    "n_units": n,
                    "metric": name,
                    "truth": truth[name],
                    **tally.row(),
                }
                for name, tally in tallies.items()
            ]
        say("missing", q, skewed, error)
    return found


def _in_turn(work: Floats, order: tuple[int, ...]) -> float:
    """The chance to draw these raters in this order, without replacement."""
    chance_, left = 1.0, 1.0
    for i in order:
        chance_ *= float(work[i]) / left
        left -= float(work[i])
    return chance_


def _missing_truth(
    q: int, share: Floats, matrices: Floats, triples: NDArray[np.int64], chance_: Floats
) -> dict[str, float]:
    """The values in an endless round; raters come to units at random."""
    joint = np.einsum("k,gka,hkb->ghab", share, matrices, matrices)  # (raters, raters, q, q)
    three = np.einsum(
        "t,k,tka,tkb,tkc->abc", chance_, share, *(matrices[triples[:, i]] for i in range(3))
    )
    d, p = design(q, 3), three.ravel()
    names = {"alpha, nominal": "krippendorff_alpha", "Fleiss' kappa": "fleiss_kappa"}
    names |= {"AC1": "gwet_ac1"}
    found = {to: value_of(d, p, of) for of, to in names.items()}
    together_ = np.zeros(joint.shape[:2])
    for t, c in zip(triples.tolist(), chance_.tolist(), strict=True):
        for g, h in itertools.combinations(t, 2):
            together_[g, h] += c
    observed = np.einsum("ghaa->gh", joint)
    given = np.einsum("ghab->gha", joint)
    own = np.array([given[g, g - 1] for g in range(len(matrices))])
    expected = own @ own.T
    kappa = (observed - expected) / (1 - expected)
    found["cohen_kappa_mean"] = float((together_ * kappa).sum() / together_.sum())
    p_a = float((together_ * observed).sum() / together_.sum())
    p_e = float(expected[~np.eye(len(own), dtype=bool)].mean())
    found["conger_kappa"] = (p_a - p_e) / (1 - p_e)
    return found


def _given(rng: np.random.Generator, p: Floats) -> NDArray[np.intp]:
    """One answer per row of probabilities (ratings × q)."""
    above: NDArray[np.intp] = (rng.random(len(p))[:, None] > np.cumsum(p, axis=1)).sum(axis=1)
    return above.clip(0, p.shape[1] - 1)


HOW: dict[str, dict[str, Any]] = {
    "tasks": {},
    "jackknife": {"resample_raters": True},
    "not corrected": {"resample_raters": True},
    "percentile": {"resample_raters": True, "interval": "percentile", "resamples": 400},
}


@contextmanager
def _as(how: str) -> Iterator[None]:
    """Without taking off what single ratings bring about, to see what that does."""
    kept = RatersLeftOut.widen

    def widen(self: RatersLeftOut, *args: Any, **named: Any) -> None:
        kept(self, *args, **{**named, "ratings": None})

    if how == "not corrected":
        RatersLeftOut.widen = widen  # type: ignore[method-assign]
    try:
        yield
    finally:
        RatersLeftOut.widen = kept  # type: ignore[method-assign]


def raters() -> list[dict[str, Any]]:
    """Rounds of raters drawn from a population of very different ones."""
    found, q, share = [], 2, prevalence(2, skewed=False)
    kinds = np.array([_leaning(e, toward, q) for e in (0.03, 0.1, 0.25) for toward in (0, q - 1)])
    truth = _population(q, share, kinds)
    for n, rounds, complete, R in (
        *((100, 200, *x) for x in itertools.product((True, False), (10, 20, 40))),
        (200, 200, False, 20),
    ):
        rng = seeded("raters", q, complete, R, n)
        tallies = {(name, how): Tally() for name in truth for how in HOW}
        for _ in range(rounds):
            kind, true = rng.integers(0, len(kinds), R), rng.choice(q, n, p=share)
            unit = np.repeat(np.arange(n), R if complete else 3)
            rater = (
                np.tile(np.arange(R), n)
                if complete
                else np.concatenate([rng.choice(R, 3, replace=False) for _ in range(n)])
            )
            value = _given(rng, kinds[kind[rater], true[unit]])
            ratings = simulated_ratings(unit, rater, value, q)
            for how, options in HOW.items():
                with _as(how):
                    rows = measured(ratings, R, q, **options)
                for name, value_ in truth.items():
                    tallies[name, how].add(as_estimates(rows[name]), np.array([value_]))
        told = {"q": q, "R": R, "complete": complete, "n_units": n}
        found += [
            {**told, "metric": name, "how": how, "truth": truth[name], **tally.row()}
            for (name, how), tally in tallies.items()
        ]
        say("raters", n, complete, R)
    return found


def _leaning(error: float, toward: int, q: int) -> Floats:
    """A rater who errs with ``error``, half of it toward one label."""
    extra = np.zeros((q, q))
    extra[:, toward] = error / 2
    return np.asarray(confusion(error / 2, q) * (1 - error / 2) + extra)


def _population(q: int, share: Floats, kinds: Floats) -> dict[str, float]:
    """Two raters drawn at random agree as two independent draws of the mean rater do."""
    mean = kinds.mean(axis=0)
    both, d = (mean * share[:, None]).T @ mean, design(q, 2)
    kappas = [
        value_of(d, ((a * share[:, None]).T @ b).ravel(), "mean Cohen")
        for a in kinds
        for b in kinds
    ]
    return {
        "krippendorff_alpha": value_of(d, both.ravel(), "alpha, nominal"),
        "gwet_ac1": value_of(d, both.ravel(), "AC1"),
        "cohen_kappa_mean": float(np.mean(kappas)),
    }


def marginals() -> list[dict[str, Any]]:
    """How often the tests of marginals speak where all raters use the labels alike."""
    found = []
    for q, R, n in itertools.product((2, 4), (3, 5), (50, 100, 400)):
        share, matrix = prevalence(q, skewed=True), confusion(0.2, q)
        rng = seeded("marginals", q, R, n)
        tested: dict[str, int] = {}
        spoke: dict[str, int] = {}
        rounds = 1000
        for _ in range(rounds):
            true = rng.choice(q, n, p=share)
            unit, rater = np.repeat(np.arange(n), R), np.tile(np.arange(R), n)
            ratings = simulated_ratings(unit, rater, _given(rng, matrix[true[unit]]), q)
            tests = marginal_tests(asked(q), ratings, people(R))
            for kind in {t.test for t in tests}:
                mine = [t for t in tests if t.test == kind and t.p_value is not None]
                single = f"{kind}, single"
                tested[single] = tested.get(single, 0) + len(mine)
                spoke[single] = spoke.get(single, 0) + sum((t.p_value or 0) < 0.05 for t in mine)
            judged = [t.p_corrected for t in tests if t.p_corrected is not None]
            tested["any, Holm"] = tested.get("any, Holm", 0) + bool(judged)
            spoke["any, Holm"] = spoke.get("any, Holm", 0) + any(p < 0.05 for p in judged)
        found += [
            {"q": q, "R": R, "n_units": n, "test": k, "tested": tested[k], "spoke": spoke[k]}
            for k in sorted(tested)
        ]
        say("marginals", q, R, n)
    return found
