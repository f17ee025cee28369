"""The conventions of programs that labelq does not run: irrCAC, NLTK, Label Studio Enterprise.

Each function follows what the program computes (checked against irrCAC 0.4.4 and NLTK 3.10.4
on random data, with and without missing ratings; Enterprise from its documentation), also
where it refuses: then :class:`Refusal` says how.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from labelq.measure.explaining.chance import agreement_step, most_given
from labelq.measure.explaining.explanation import Convention, Step
from labelq.measure.explaining.sheet import Sheet, size

MOST_PAIRS_OF_RATERS = 500
"""NLTK's means over pairs go through all units for each pair: beyond, they are left out."""

Floats = NDArray[np.float64]


class Refusal(Exception):  # noqa: N818  # not an error of ours: what the program does
    """What the program does instead of giving a number."""


class IrrCac:
    """irrCAC's raw-data coefficients: categories are those that occur, sorted."""

    def __init__(self, sheet: Sheet, weights: str = "identity") -> None:
        found = sheet.occurring
        key = (lambda v: sheet.numbers[v]) if sheet.numeric else (lambda v: sheet.names[v])
        self.order = sorted(found, key=key)
        self.q = len(found)
        x = [sheet.numbers[v] for v in self.order] if sheet.numeric else list(range(1, self.q + 1))
        self.W = _irrcac_weights(weights, np.array(x, float))
        self.sheet = sheet
        place = {value: i for i, value in enumerate(self.order)}
        self.n_units = np.array(list(sheet.counts.values()), float)
        self.counts = np.zeros((len(self.n_units), self.q))
        for row, counts in enumerate(sheet.counts):
            for value, n in counts:
                self.counts[row, place[value]] = n
        self.m = self.counts.sum(axis=1)
        self.place = place

    def agreeing(self) -> Floats:
        """Weighted agreeing ordered pairs per pattern of counts."""
        return np.asarray((self.counts * (self.counts @ self.W.T - 1)).sum(axis=1))

    def p_a(self) -> float:
        """Mean share of agreeing pairs over units with two or more ratings."""
        two = self.m >= 2
        if not two.any():
            raise Refusal("gives nan")
        share = self.agreeing()[two] / (self.m * (self.m - 1))[two]
        return float((share * self.n_units[two]).sum() / self.n_units[two].sum())

    def shares(self) -> Floats:
        """Mean over units of each category's share."""
        share = (self.counts / self.m[:, None] * self.n_units[:, None]).sum(axis=0)
        return np.asarray(share / self.n_units.sum())

    def fleiss(self) -> float:
        """Fleiss' kappa."""
        p = self.shares()
        return self._corrected(float((self.W * np.outer(p, p)).sum()))

    def gwet(self) -> float:
        """AC1, AC2."""
        p, q = self.shares(), self.q
        if q < 2:
            return 1.0  # it sets p_e to 1 - 1e-15
        return self._corrected(float(self.W.sum() * (p * (1 - p)).sum() / (q * (q - 1))))

    def bp(self) -> float:
        """Brennan-Prediger."""
        return self._corrected(float(self.W.sum() / self.q**2) if self.q > 1 else 1e-15)

    def conger(self) -> float:
        """Conger's kappa: chance agreement averaged over pairs of raters."""
        raters = {rater: i for i, rater in enumerate(self.sheet.raters)}
        r = len(raters)
        given = np.zeros((r, self.q))
        for unit in self.sheet.units:
            for rater, value in unit:
                given[raters[rater], self.place[value]] += 1
        p = given / given.sum(axis=1, keepdims=True)
        total = p.sum(axis=0)
        # Σ over g ≠ h of p_g W p_h, over r(r-1)
        pairs = total @ self.W @ total - np.einsum("gk,kl,gl->", p, self.W, p)
        if r < 2 or self.q < 2:
            raise Refusal("gives nan")
        return self._corrected(float(pairs / (r * (r - 1))))

    def krippendorff(self) -> float:
        """Alpha with agreement weights: chance pairs the pooled values with replacement."""
        two = self.m >= 2
        m, n_units, agreeing = self.m[two], self.n_units[two], self.agreeing()[two]
        n, total = float(n_units.sum()), float((m * n_units).sum())
        if not n:
            raise Refusal("raises ZeroDivisionError")
        mean = total / n
        p_a = float((agreeing / (mean * (m - 1)) * n_units).sum() / n)
        p_a = (1 - 1 / total) * p_a + 1 / total
        p = (self.counts[two] * n_units[:, None]).sum(axis=0) / total
        return self._corrected(float((self.W * np.outer(p, p)).sum()), p_a)

    def _corrected(self, p_e: float, p_a: float | None = None) -> float:
        if 1 - p_e <= 1e-12:  # at times rounding dust lets irrCAC give 0 or 1 here
            raise Refusal("raises ZeroDivisionError")
        found = ((self.p_a() if p_a is None else p_a) - p_e) / (1 - p_e)
        if math.isnan(found):
            raise Refusal("gives nan")
        return found


def _irrcac_weights(name: str, x: Floats) -> Floats:
    """IrrCAC's agreement weights of categories at ``x``."""
    q = len(x)
    if name == "identity":
        return np.eye(q)
    if q < 2:
        raise Refusal("gives nan" if name == "ordinal" else "raises ZeroDivisionError")
    if name == "ordinal":
        steps = np.abs(np.subtract.outer(np.arange(q), np.arange(q))) + 1
        pairs = steps * (steps - 1) / 2
        ordinal: Floats = 1 - pairs / pairs.max()
        return ordinal
    if name == "ratio":
        if (x == 0).any():
            raise Refusal("raises ValueError: 0 is no category for it")
        apart = (np.subtract.outer(x, x) / np.add.outer(x, x)) ** 2
        ratio: Floats = 1 - apart / apart.max()
        return ratio
    span = np.ptp(x)
    return np.asarray(1 - (np.abs(np.subtract.outer(x, x)) / span) ** (2 if name[0] == "q" else 1))


Distance = Callable[[int, int], float]


class Nltk:
    """NLTK's AnnotationTask with the distance between value codes, binary unless given."""

    def __init__(self, sheet: Sheet, distance: Distance = lambda a, b: float(a != b)) -> None:
        self.sheet, self.distance = sheet, distance

    def alpha(self) -> float:
        """Krippendorff's alpha; one value only counts as perfect."""
        totals = self.sheet.totals
        if len(totals) < 2:
            if not totals and len(self.sheet.occurring) > 1:
                raise Refusal("raises ZeroDivisionError")
            return 1.0
        n = sum(totals.values())
        observed = math.fsum(
            n_units * size(counts) * self._disagreement(dict(counts))
            for counts, n_units in self.sheet.pairable.items()
        )
        expected = self._disagreement(totals)
        if expected == 0:
            raise Refusal("raises ZeroDivisionError")
        return 1 - observed / n / expected

    def _disagreement(self, n: dict[int, int]) -> float:
        total = sum(n.values())
        apart = self.distance
        pairs = (n_a * n_b * apart(a, b) for a, n_a in n.items() for b, n_b in n.items())
        return math.fsum(pairs) / (total * (total - 1))

    def pi(self) -> float:
        """Multi-pi, the K of Siegel & Castellan."""
        n = Counter(value for unit in self.sheet.units for _, value in unit)
        most = len(self.sheet.units) * len(self.sheet.raters)
        return _nltk_corrected(self.avg_ao(), sum(k * k for k in n.values()) / most**2)

    def s(self) -> float:
        """Bennett's S over the labels that occur."""
        return _nltk_corrected(self.avg_ao(), 1 / len(self.sheet.occurring))

    def kappa(self) -> float:
        """Mean of Cohen's kappas over all pairs."""
        pairs = list(combinations(self.sheet.raters, 2))
        found = [_nltk_corrected(self._ao(*pair), self._ae(*pair)) for pair in pairs]
        return math.fsum(found) / len(pairs)

    def multi_kappa(self) -> float:
        """Davies & Fleiss (1982): means over pairs of observed and of expected agreement."""
        pairs = list(combinations(self.sheet.raters, 2))
        expected = math.fsum(self._ae(*pair) for pair in pairs) / len(pairs)
        return _nltk_corrected(self.avg_ao(), expected)

    def avg_ao(self) -> float:
        """Observed agreement, mean over pairs."""
        pairs = list(combinations(self.sheet.raters, 2))
        if not pairs:
            raise Refusal("raises ZeroDivisionError")
        return math.fsum(self._ao(*pair) for pair in pairs) / len(pairs)

    def _ao(self, a: int, b: int) -> float:
        total = 0.0
        for unit in self.sheet.units:
            said = [value for rater, value in unit if rater in (a, b)]
            if len(said) == 1:
                raise Refusal("raises RuntimeError where a rating is missing")
            if said:
                total += 1 - self.distance(*said)
        return total / len(self.sheet.units)

    def _ae(self, a: int, b: int) -> float:
        given: dict[int, Counter[int]] = {a: Counter(), b: Counter()}
        for unit in self.sheet.units:
            for rater, value in unit:
                if rater in given:
                    given[rater][value] += 1
        n = len(self.sheet.units)
        return math.fsum(given[a][k] * given[b][k] for k in given[a]) / n**2


def _nltk_corrected(observed: float, expected: float) -> float:
    if math.isclose(expected, 1):
        return 1.0
    return (observed - expected) / (1 - expected)


def lse_pairwise(sheet: Sheet, score: Callable[[int, int], float]) -> float | None:
    """Mean over tasks of the mean ``score`` of two annotations (Label Studio Enterprise)."""
    total = 0.0
    for counts, n_units in sheet.pairable.items():
        m = size(counts)
        pairs = math.fsum(
            n_a * (n_b - (a == b)) * score(a, b) for a, n_a in counts for b, n_b in counts
        )
        total += n_units * pairs / (m * (m - 1))
    return total / sheet.n_pairable if sheet.n_pairable else None


def lse_consensus(sheet: Sheet, matches: Callable[[int, int], bool] | None = None) -> float | None:
    """Mean over tasks of the largest eigenvalue of the match matrix, over the annotations.

    Where matching is transitive (``matches`` None: equal values) that is the share of the
    largest group.
    """
    if not sheet.n_pairable:
        return None
    total = 0.0
    for counts, n_units in sheet.pairable.items():
        m = size(counts)
        if matches is None:
            total += n_units * most_given(counts) / m
            continue
        # Annotations with the same value share an entry of the eigenvector: q × q, not m × m.
        M = np.array(
            [
                [float(a == b or matches(a, b)) * math.sqrt(n_a * n_b) for b, n_b in counts]
                for a, n_a in counts
            ]
        )
        total += n_units * float(np.linalg.eigvalsh(M)[-1]) / m
    return total / sheet.n_pairable


def raw_pooled(sheet: Sheet) -> float | None:
    """Agreeing pairs over all pairs, tasks with many ratings weighing more."""
    agreeing = pairs = 0
    for counts, n_units in sheet.pairable.items():
        agreeing += n_units * sum(n * (n - 1) for _, n in counts)
        pairs += n_units * size(counts) * (size(counts) - 1)
    return agreeing / pairs if pairs else None


def raw_unanimous(sheet: Sheet) -> float | None:
    """Share of units with two or more ratings on which all are equal."""
    same = sum(n_units for counts, n_units in sheet.pairable.items() if len(counts) == 1)
    return same / sheet.n_pairable if sheet.n_pairable else None


def raw_mean(sheet: Sheet) -> float | None:
    """Mean over units of the share of agreeing pairs."""
    return agreement_step(sheet, None).value


def said(
    source: str,
    call: str,
    gap: str,
    compute: Callable[[], float | None],
    *,
    run: bool = False,
    numbers: Mapping[str, float] | None = None,
) -> Convention:
    """One convention, computed; or what it does instead."""
    value, problem = None, None
    try:
        value = compute()
        problem = "is undefined here" if value is None else None
    except Refusal as refusal:
        problem = str(refusal)
    except ZeroDivisionError:
        problem = "raises ZeroDivisionError"
    return Convention(source, call, value, gap, numbers or {}, problem, run=run)


def last(steps: Sequence[Step]) -> float | None:
    """The value that steps lead to."""
    return steps[-1].value


def unused(sheet: Sheet) -> int:
    """How many labels of the universe nobody gave."""
    return len(sheet.values) - len(sheet.occurring)


def nltk(sheet: Sheet, method: str) -> float:
    """A method of :class:`Nltk` that goes through all pairs of raters, where these are few."""
    n = len(sheet.raters)
    if n * (n - 1) // 2 > MOST_PAIRS_OF_RATERS or len(sheet.units) * n * n > 20_000_000:
        raise Refusal("not computed: too many pairs of annotators")
    found: float = getattr(Nltk(sheet), method)()
    return found
