"""What a unit, a rater or a disagreement weighs in the headline coefficient.

All from the same sums: the coefficient without a unit subtracts its sums, the coefficient if
a unit were settled replaces them by those of unanimous ratings; marginals and distances are
recomputed either way. A share of disagreement is a share of D_o and adds up to 1; "if settled"
does not add up and may even be negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.model import Codes, Question, Ratings
from labelq.labels.statistics import CountPatterns, count_patterns, weighted_count
from labelq.measure.additive import Additive, CountTable, Floats
from labelq.measure.coefficients.krippendorff import alpha
from labelq.measure.coefficients.scale import Scale
from labelq.measure.registry import HEADLINE, metric


@dataclass(frozen=True, eq=False)
class Settling:
    """The headline coefficient of one question, ready to be asked "what if"."""

    question: Question
    ratings: Ratings
    patterns: CountPatterns
    table: CountTable
    scale: Scale
    additive: Additive

    @classmethod
    def of(cls, question: Question, ratings: Ratings) -> Settling:
        """Count ``ratings`` once; every question below is then arithmetic on sums."""
        patterns = count_patterns(ratings)
        table = CountTable(patterns)
        name = headline_distance(question)
        scale = Scale(question, ratings.values)
        return cls(question, ratings, patterns, table, scale, alpha(table, name, scale))

    @property
    def units(self) -> Codes:
        """Codes of the units that carry a rating, sorted."""
        return self.patterns.units

    @cached_property
    def value(self) -> float | None:
        """Krippendorff's alpha at the question's level (MASI for sets), None if undefined."""
        return self._value(self._total)

    @cached_property
    def _total(self) -> Floats:
        return self.additive.total(self.patterns.multiplicity)

    @cached_property
    def _sums(self) -> sparse.csr_array:
        return sparse.csr_array(self.additive.sums)

    def _value(self, total: Floats) -> float | None:
        with np.errstate(divide="ignore", invalid="ignore"):
            value = float(self.additive.formula(total).value[0])
        return None if np.isnan(value) else value

    @cached_property
    def _disagreement(self) -> tuple[Floats, Floats]:
        """Weighted disagreement per entry of ``table.pairs``, and per pattern (K,)."""
        row, a, b, product = self.table.pairs
        m = self.table.m
        each = 2 * product / (m[row] - 1) * self._between(a, b)
        return each, weighted_count(row, each, len(m))

    def _between(self, a: NDArray[np.intp], b: NDArray[np.intp]) -> Floats:
        """Distances between value codes; ordinal ones at the round's own marginals."""
        name = headline_distance(self.question)
        if name != "ordinal":
            return self.scale.distance(name)(a, b)
        total = self.table.totals
        rank = np.cumsum(total) - total / 2
        return np.square(rank[a] - rank[b])

    def unit_share(self) -> Floats:
        """Share of observed disagreement D_o of each unit in :attr:`units`; adds up to 1."""
        per_unit = self._disagreement[1][self.patterns.pattern]
        total = per_unit.sum()
        return per_unit / total if total > 0 else per_unit

    def rating_share(self) -> Floats:
        """Share of observed disagreement D_o of each rating; adds up to 1.

        Each disagreeing pair of ratings is split half and half between its two ratings.
        """
        row, a, b, _ = self.table.pairs
        K, V = len(self.table.m), self.table.width
        each = self._disagreement[0] / 2
        entries = sparse.coo_array(
            (np.concatenate([each, each]), (np.tile(row, 2), np.concatenate([a, b]))), shape=(K, V)
        )
        # Per rating with a value, as all that have it on a unit share its part evenly.
        apart, counts = sparse.csr_array(entries), self.table.counts
        pattern = self.patterns.pattern[self._rows(self.ratings.unit)]
        disputed = np.flatnonzero(np.diff(apart.indptr)[pattern] > 0)
        at = pattern[disputed], self.ratings.value[disputed]
        share = np.zeros(len(self.ratings))
        share[disputed] = np.asarray(apart[at]).ravel() / np.asarray(counts[at]).ravel()
        total = share.sum()
        return share / total if total > 0 else share

    def pair_shares_of_units(self, pairs: Sequence[tuple[int, int]]) -> sparse.csr_array:
        """Share of observed disagreement per unit in :attr:`units` and pair of value codes
        (a < b): (units × pairs). Over all pairs that met it adds up to 1.
        """
        row = self.table.pairs[0]
        column = {pair: j for j, pair in enumerate(pairs)}
        met = [column.get(pair, -1) for pair in self._met[0]]
        j = np.array(met, np.intp)[self._pair_of_entry] if met else np.zeros(0, np.intp)
        kept = j >= 0
        each = sparse.csr_array(
            sparse.coo_array(
                (self._disagreement[0][kept], (row[kept], j[kept])),
                shape=(len(self.table.m), len(pairs)),
            )
        )
        total = float(self._disagreement[1] @ self.table.multiplicity)
        return sparse.csr_array(each[self.patterns.pattern] / (total or 1.0))

    def without(self, units: Sequence[int] | NDArray[Any]) -> float | None:
        """The coefficient without these units."""
        return self._value(self._total - self._of(self._rows(units)))

    def settled(
        self, units: Sequence[int] | NDArray[Any], best: Sequence[int] | NDArray[Any]
    ) -> float | None:
        """The coefficient if every rating of each unit were its ``best`` value code."""
        rows = self._rows(units)
        keep = self.table.pairable[self.patterns.pattern[rows]]
        rows, codes = rows[keep], np.asarray(best, np.intp)[keep]
        m = self.table.m[self.patterns.pattern[rows]]
        assert self.additive.unanimous is not None
        return self._value(self._total - self._of(rows) + self.additive.unanimous(m, codes))

    def at_most(
        self,
        units: Sequence[int] | NDArray[Any],
        consensus: Sequence[int] | NDArray[Any],
        rules: Sequence[int] = (),
    ) -> float | None:
        """The largest of what settling brings: each unit by the ``consensus``, or all to a rule.

        A rule is a value code that all the units would get. Deciding everything one way often
        brings more than following the consensus, because the expected disagreement changes too.
        """
        return self.settled_best(units, consensus, rules)[0]

    def settled_best(
        self,
        units: Sequence[int] | NDArray[Any],
        consensus: Sequence[int] | NDArray[Any],
        rules: Sequence[int] = (),
    ) -> tuple[float | None, NDArray[np.intp]]:
        """As :meth:`at_most`, with the value codes (units,) that bring it."""
        followed = np.asarray(consensus, np.intp)
        options = [followed, *(np.full(len(followed), code, np.intp) for code in rules)]
        found = [(self.settled(units, codes), codes) for codes in options]
        defined = [(value, codes) for value, codes in found if value is not None]
        return max(defined, key=lambda one: one[0], default=(None, followed))

    def settled_raters(
        self, raters: Sequence[int], best: Sequence[int] | NDArray[Any]
    ) -> list[float | None]:
        """The coefficient if one rater's ratings on disputed units were ``best``, rater by rater.

        ``best`` (units,) are value codes of :attr:`units`; everybody else's ratings stay.
        """
        unit = self._rows(self.ratings.unit)
        pattern = self.patterns.pattern[unit]
        best = np.asarray(best, np.intp)[unit]
        disputed = self._disagreement[1][pattern] > 0
        moved = np.flatnonzero(
            disputed & (self.ratings.value != best) & np.isin(self.ratings.rater, raters)
        )
        changes = np.stack([pattern[moved], self.ratings.value[moved], best[moved]], axis=1)
        changes, which = np.unique(changes, axis=0, return_inverse=True)
        old, value, new = changes.T
        n, width = len(changes), self.table.width
        step = sparse.coo_array(
            (
                np.repeat([-1.0, 1.0], n),
                (np.tile(np.arange(n), 2), np.concatenate([value, new])),
            ),
            shape=(n, width),
        )
        changed = sparse.csr_array(self.table.counts[old] + sparse.csr_array(step))
        changed.eliminate_zeros()
        # One table for what is and for what would be, so that all sums mean the same.
        table = CountTable(
            CountPatterns(
                sparse.csr_array(sparse.vstack([self.table.counts, changed], format="csr")),
                np.append(self.table.multiplicity, np.zeros(n, np.int64)),
                self.patterns.units,
                self.patterns.pattern,
            )
        )
        additive = alpha(table, headline_distance(self.question), self.scale)
        sums = sparse.csr_array(additive.sums)
        K = len(self.table.m)
        place = {rater: i for i, rater in enumerate(raters)}
        of = np.array([place[r] for r in self.ratings.rater[moved].tolist()], np.intp)
        many = sparse.csr_array(
            sparse.coo_array((np.ones(len(moved)), (of, which)), shape=(len(raters), n))
        )
        total = additive.total(table.multiplicity) + many @ (sums[K:] - sums[old])
        with np.errstate(divide="ignore", invalid="ignore"):
            values = additive.formula(np.asarray(total)).value[:, 0]
        return [None if np.isnan(value) else value for value in values.tolist()]

    def _rows(self, units: Sequence[int] | NDArray[Any]) -> NDArray[np.intp]:
        return np.searchsorted(self.units, np.asarray(units, np.int64))

    def _of(self, rows: NDArray[np.intp]) -> Floats:
        """Sums over the units at ``rows`` of :attr:`units`."""
        count = np.bincount(self.patterns.pattern[rows], minlength=self._sums.shape[0])
        return np.asarray(count.astype(float) @ self._sums).ravel()

    def without_rater(self, rater: int) -> float | None:
        """The coefficient without one rater's ratings."""
        rest = self.ratings.select(self.ratings.rater != rater)
        table = CountTable(count_patterns(rest, self.table.width))
        found = alpha(
            table, headline_distance(self.question), Scale(self.question, self.ratings.values)
        )
        value = float(found.parts(table.multiplicity).value[0])
        return None if np.isnan(value) else value

    def coincidences(self) -> list[tuple[int, int, float, float]]:
        """(a, b, observed, expected) per pair of different values that met on a unit, a < b.

        Observed is Krippendorff's o_ab + o_ba, expected 2 · n_a · n_b / (n - 1).
        """
        _, observed, _ = self._met
        n_k = self.table.totals
        n = n_k.sum()
        return [
            (a, b, float(o), float(2 * n_k[a] * n_k[b] / (n - 1)))
            for (a, b), o in zip(self._met[0], observed, strict=True)
        ]

    def pair_share(self, a: int, b: int) -> float:
        """Share of the observed disagreement between two value codes; pairs add up to 1."""
        return self._pair_shares.get((min(a, b), max(a, b)), 0.0)

    @cached_property
    def _pair_shares(self) -> dict[tuple[int, int], float]:
        pairs, _, disagreement = self._met
        total = disagreement.sum() or 1.0
        return dict(zip(pairs, (disagreement / total).tolist(), strict=True))

    @cached_property
    def _keys(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Distinct keys of pairs of values that met, and which of them each entry has."""
        _, a, b, _ = self.table.pairs
        return np.unique(a * self.table.width + b, return_inverse=True)

    @property
    def _pair_of_entry(self) -> NDArray[np.intp]:
        return self._keys[1]

    @cached_property
    def _met(self) -> tuple[list[tuple[int, int]], Floats, Floats]:
        """Pairs of values that met, their coincidences, their part of the disagreement."""
        row, _, _, product = self.table.pairs
        key, pair = self._keys
        many = self.table.multiplicity[row]
        observed = 2 * product / (self.table.m[row] - 1) * many
        low, high = np.divmod(key, max(self.table.width, 1))
        return (
            list(zip(low.tolist(), high.tolist(), strict=True)),
            weighted_count(pair, observed, len(key)),
            weighted_count(pair, self._disagreement[0] * many, len(key)),
        )


def headline_distance(question: Question) -> str:
    """The distance of the headline coefficient at the question's level."""
    return metric(HEADLINE).variants[question.level][0] or ""
