"""How often intervals of a merge's difference hold, and how often merges are named wrongly.

    python benchmarks/label_schemes.py

Rounds of three annotators and four equally frequent labels. An annotator answers at random with
the given noise; where a pair is confused, each answer that falls on it is one of the two at
random. Takes about five minutes.
"""

from __future__ import annotations

import numpy as np

from labelq.labels.model import Question, Ratings
from labelq.measure.label_scheme import label_scheme
from labelq.pinpoint.label_scheme import scheme_findings

LABELS = ("a", "b", "c", "d")
QUESTION = Question("q", "nominal", "benchmark", LABELS)
PLANTED = (("a", "b"),)


def drawn(n: int, seed: int, *, noise: float = 0.3, confused: bool = True) -> Ratings:
    """A round of ``n`` units."""
    dice = np.random.default_rng(seed)
    truth = dice.integers(0, 4, (n, 1))
    given = np.where(dice.random((n, 3)) < noise, dice.integers(0, 4, (n, 3)), truth)
    if confused:
        given = np.where(given < 2, dice.integers(0, 2, (n, 3)), given)
    no = np.zeros(3 * n, bool)
    return Ratings(
        np.repeat(np.arange(n), 3).astype(np.int32),
        np.tile(np.arange(3), n).astype(np.int32),
        given.ravel().astype(np.int32),
        LABELS,
        np.full(3 * n, np.nan, np.float32),
        np.full(3 * n, "NaT", "datetime64[s]"),
        no,
        no,
    )


def coverage() -> None:
    """Intervals of the difference, against that of a very large round."""
    for n, noise in ((50, 0.3), (120, 0.3), (400, 0.3), (120, 0.1)):
        large = label_scheme(QUESTION, drawn(400_000, 0, noise=noise))
        truth = {change.groups: change.difference for change in large.changes}
        held: list[bool] = []
        planted: list[bool] = []
        for seed in range(1, 1001):
            for change in label_scheme(QUESTION, drawn(n, seed, noise=noise)).changes:
                low, high = change.difference_lower, change.difference_upper
                if low is None or high is None:
                    continue
                holds = low <= (truth[change.groups] or 0.0) <= high
                held.append(holds)
                if change.groups == PLANTED:
                    planted.append(holds)
        print(
            f"{n} tasks, noise {noise}: {np.mean(held):.3f} of {len(held)} intervals hold,"
            f" {np.mean(planted):.3f} of the confused pair's"
        )


def named() -> None:
    """Changes that are named as raising alpha."""
    for n in (50, 150, 600):
        wrong = [
            bool(scheme_findings(label_scheme(QUESTION, drawn(n, seed, confused=False))).raising)
            for seed in range(1000)
        ]
        found = [
            {c.groups for c in scheme_findings(label_scheme(QUESTION, drawn(n, seed))).raising}
            for seed in range(500)
        ]
        print(
            f"{n} tasks: named without a confused pair {np.mean(wrong):.3f}, the confused pair"
            f" {np.mean([PLANTED in groups for groups in found]):.3f}, any other beside it"
            f" {np.mean([bool(groups - {PLANTED}) for groups in found]):.3f}"
        )


if __name__ == "__main__":
    coverage()
    named()
