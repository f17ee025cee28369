"""Peers' own numbers and times, run by the Python of their environment.

    PYTHON benchmarks/peer_calls.py ROUND.npz CALLS N

ROUND.npz holds ``matrix`` (units × raters, complete, codes) or ``unit``, ``rater``, ``value``.
CALLS are names of the functions below, joined by commas. Each is called on N resamples of the
units and prints a JSON line: its value on the data, and median seconds per resample.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

warnings.simplefilter("ignore")

DATA: dict[str, np.ndarray] = {}


def counts(matrix: np.ndarray) -> np.ndarray:
    q = int(DATA["matrix"].max()) + 1
    n = len(matrix)
    flat = np.arange(n)[:, None] * q + matrix
    return np.bincount(flat.ravel(), minlength=n * q).reshape(n, q)


def krippendorff_alpha(level: str) -> Callable[[], Callable[[np.ndarray], float]]:
    def prepare() -> Callable[[np.ndarray], float]:
        import krippendorff

        table = counts(DATA["matrix"])  # the package's fastest way: ready counts
        domain = list(range(table.shape[1]))
        return lambda units: krippendorff.alpha(
            value_counts=table[units], value_domain=domain, level_of_measurement=level
        )

    return prepare


def statsmodels_fleiss() -> Callable[[np.ndarray], float]:
    from statsmodels.stats.inter_rater import fleiss_kappa

    table = counts(DATA["matrix"])
    return lambda units: float(fleiss_kappa(table[units]))


def statsmodels_kappa(weights: str | None = None) -> Callable[[], Callable[[np.ndarray], float]]:
    def prepare() -> Callable[[np.ndarray], float]:
        from statsmodels.stats.inter_rater import cohens_kappa

        matrix = DATA["matrix"]
        q = int(matrix.max()) + 1

        def mean(units: np.ndarray) -> float:
            chosen = matrix[units]
            found = []
            for a in range(chosen.shape[1]):
                for b in range(a + 1, chosen.shape[1]):
                    cells = np.bincount(chosen[:, a] * q + chosen[:, b], minlength=q * q)
                    table = cells.reshape(q, q)
                    found.append(cohens_kappa(table, wt=weights, return_results=False))
            return float(np.mean(found))

        return mean

    return prepare


def irrcac(method: str, weights: str = "identity") -> Callable[[], Callable[[np.ndarray], float]]:
    def prepare() -> Callable[[np.ndarray], float]:
        import pandas as pd
        from irrCAC.raw import CAC

        frame = pd.DataFrame(DATA["matrix"] + 1)

        def value(units: np.ndarray) -> float:
            chosen = frame.iloc[units].reset_index(drop=True)
            found = getattr(CAC(chosen, weights=weights), method)()
            return float(found["est"]["coefficient_value"])

        return value

    return prepare


def pingouin_icc() -> Callable[[np.ndarray], float]:
    import pandas as pd
    import pingouin

    matrix = DATA["matrix"].astype(float)

    def value(units: np.ndarray) -> float:
        chosen = matrix[units]
        n, r = chosen.shape
        frame = pd.DataFrame(
            {
                "unit": np.repeat(np.arange(n), r),
                "rater": np.tile(np.arange(r), n),
                "value": chosen.ravel(),
            }
        )
        found = pingouin.intraclass_corr(frame, "unit", "rater", "value")
        return float(found["ICC"].iloc[0])

    return value


def nltk_pi() -> Callable[[np.ndarray], float]:
    from nltk.metrics.agreement import AnnotationTask

    matrix = DATA["matrix"]

    def value(units: np.ndarray) -> float:
        chosen = matrix[units]
        rows = [
            (f"c{r}", u, int(v)) for u, row in enumerate(chosen.tolist()) for r, v in enumerate(row)
        ]
        return float(AnnotationTask(rows).pi())

    return value


CALLS: dict[str, Callable[[], Callable[[np.ndarray], float]]] = {
    "krippendorff nominal": krippendorff_alpha("nominal"),
    "krippendorff ordinal": krippendorff_alpha("ordinal"),
    "krippendorff interval": krippendorff_alpha("interval"),
    "statsmodels fleiss_kappa": statsmodels_fleiss,
    "statsmodels cohens_kappa, all pairs": statsmodels_kappa(),
    "statsmodels cohens_kappa linear, all pairs": statsmodels_kappa("linear"),
    "statsmodels cohens_kappa quadratic, all pairs": statsmodels_kappa("quadratic"),
    "irrCAC gwet": irrcac("gwet"),
    "irrCAC gwet linear": irrcac("gwet", "linear"),
    "irrCAC gwet quadratic": irrcac("gwet", "quadratic"),
    "irrCAC bp": irrcac("bp"),
    "irrCAC bp quadratic": irrcac("bp", "quadratic"),
    "irrCAC conger": irrcac("conger"),
    "irrCAC conger quadratic": irrcac("conger", "quadratic"),
    "pingouin icc": pingouin_icc,
    "nltk pi": nltk_pi,
}


def loop_over_pairs(package: str, n: int) -> dict[str, Any]:
    """Kappa of ``n`` pairs of raters, each on the units that both rated: seconds per pair."""
    by_rater = [
        dict(zip(DATA["unit"][mine].tolist(), DATA["value"][mine].tolist(), strict=True))
        for r in range(int(DATA["rater"].max()) + 1)
        for mine in [np.flatnonzero(DATA["rater"] == r)]
    ]
    q = int(DATA["value"].max()) + 1
    pairs = [
        (a, b)
        for a in range(len(by_rater))
        for b in range(a + 1, len(by_rater))
        if by_rater[a].keys() & by_rater[b].keys()
    ]
    chosen = [pairs[i] for i in np.random.default_rng(0).permutation(len(pairs))[:n]]
    if package == "sklearn":
        from sklearn.metrics import cohen_kappa_score as kappa
    else:
        from statsmodels.stats.inter_rater import cohens_kappa
    start = time.perf_counter()
    for a, b in chosen:
        shared = by_rater[a].keys() & by_rater[b].keys()
        x = np.array([by_rater[a][u] for u in shared])
        y = np.array([by_rater[b][u] for u in shared])
        if package == "sklearn":
            kappa(x, y)
        else:
            table = np.bincount(x * q + y, minlength=q * q).reshape(q, q)
            cohens_kappa(table)  # with its standard error, as ours
    taken = (time.perf_counter() - start) / len(chosen)
    return {"call": f"{package} loop", "seconds": taken, "pairs": len(pairs)}


def main() -> None:
    path, names, n = sys.argv[1], sys.argv[2].split(";"), int(sys.argv[3])
    with np.load(path) as stored:
        DATA.update({name: stored[name] for name in stored})
    rng = np.random.default_rng(0)
    for name in names:
        if name.endswith(" loop"):
            print(json.dumps(loop_over_pairs(name.removesuffix(" loop"), n)), flush=True)
            continue
        call = CALLS[name]()
        size = len(DATA["matrix"])
        value = call(np.arange(size))
        taken = []
        for _ in range(n):
            units = rng.integers(0, size, size)
            start = time.perf_counter()
            call(units)
            taken.append(time.perf_counter() - start)
        line = {"call": name, "value": value, "seconds": sorted(taken)[len(taken) // 2]}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
