"""Rankings beside each other: on how many pairs of items they agree, and Kendall's distance.

Two rankings are compared on the items that both hold, pair of items by pair of items: each
pair is in one order (1), in the other (-1) or tied. The distance is the share of pairs in
opposite order, a pair tied in one ranking only counting half (Fagin, Kumar, Mahdian, Sivakumar
& Vee 2006, p = 1/2); it is 1/2, what chance gives, where fewer than two items are in both. So

    distance = (1 - similarity) / 2,   similarity = (concordant - discordant + tied in both) / all

A Pairwise question is a ranking of its two sides.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.model import MOST_ITEMS, Ranking, Value
from labelq.measure.coefficients.distances import Codes, Distance, Floats, Overlap

_ENTRIES = 4_000_000
"""So many pairs of items are held at a time."""

_SETS = 50
_CELLS = 40_000_000
"""With few distinct sets of items, sums over all pairs of rankings are sums over items."""


def rankings(values: Sequence[Value]) -> tuple[Ranking, ...]:
    """The values as rankings; a side of two stands before the other one."""
    if all(isinstance(value, Ranking) for value in values):
        return tuple(value for value in values if isinstance(value, Ranking))
    sides = [str(value) for value in values]
    return tuple(Ranking(((side,), *((x,) for x in sides if x != side))) for side in sides)


@dataclass(frozen=True, eq=False)
class Orders:
    """Distinct rankings, ready to be compared.

    Arrays over (ranking, item) in the order of rankings: ``item`` codes and ``place`` (0 is
    the first); ranking v has the entries ``start[v]:start[v+1]``, sorted by item.
    """

    start: NDArray[np.intp]
    item: NDArray[np.intp]
    place: NDArray[np.float64]
    items: Overlap

    @classmethod
    def of(cls, given: Sequence[Ranking]) -> Orders:
        """Code the items of ``given``."""
        codes: dict[str, int] = {}
        row, item, place = [], [], []
        for v, ranking in enumerate(given):
            for p, tied in enumerate(ranking.places):
                for name in tied:
                    row.append(v)
                    item.append(codes.setdefault(name, len(codes)))
                    place.append(p)
        rows, items = np.array(row, np.intp), np.array(item, np.intp)
        order = np.lexsort((items, rows))
        start = np.searchsorted(rows, np.arange(len(given) + 1))
        held = Overlap([ranking.items for ranking in given])
        return cls(start, items[order], np.array(place, np.float64)[order], held)

    @property
    def n(self) -> int:
        """Number of rankings."""
        return len(self.start) - 1

    def signs(self, rows: Codes) -> Iterator[tuple[sparse.csr_array, sparse.csr_array]]:
        """Of the rankings ``rows``: 1 or -1 per ordered pair of items, and 1 per tied pair.

        Columns are pairs of items, a bounded number of entries at a time.
        """
        lengths = np.diff(self.start)[rows]
        ends = np.append(0, np.cumsum(lengths))
        row = np.repeat(np.arange(len(rows)), lengths)
        at = np.repeat(self.start[rows] - ends[:-1], lengths) + np.arange(ends[-1])
        item, place = self.item[at], self.place[at]
        later = ends[1:][row] - np.arange(ends[-1]) - 1  # entries behind each in its ranking
        by_item = np.argsort(item, kind="stable")
        starts = np.flatnonzero(np.diff(item[by_item], prepend=-1))
        runs = np.diff(np.append(starts, len(item)))
        # A pair belongs to its first item, and all pairs of an item to one block.
        block = np.repeat((np.cumsum(later[by_item]) // _ENTRIES)[starts], runs)
        width = int(self.item.max(initial=0)) + 1
        for i in np.unique(block):
            mine = by_item[block == i]
            first = np.repeat(mine, later[mine])
            step = np.arange(len(first)) - np.repeat(
                np.cumsum(later[mine]) - later[mine], later[mine]
            )
            second = first + 1 + step
            pair, column = np.unique(item[first] * width + item[second], return_inverse=True)
            sign = np.sign(place[second] - place[first])
            entries = (row[first], column)
            shape = (len(rows), max(len(pair), 1))
            strict = sparse.csr_array((sign, entries), shape=shape)
            tied = sparse.csr_array(((sign == 0).astype(np.float64), entries), shape=shape)
            strict.eliminate_zeros()
            tied.eliminate_zeros()
            yield strict, tied

    def centred_ranks(self) -> sparse.csr_array:
        """Mid-ranks of each ranking's items about their mean, (rankings × items)."""
        row = np.repeat(np.arange(self.n), np.diff(self.start))
        n_items = np.diff(self.start)
        # Entries before this one's place, and those in it: the mean of the ranks that they take.
        key = row * (MOST_ITEMS + 1) + self.place.astype(np.intp)
        _, at, n = np.unique(key, return_inverse=True, return_counts=True)
        before = np.cumsum(n) - n
        rank = before[at] - self.start[row] + (n[at] + 1) / 2
        centred = rank - (n_items[row] + 1) / 2
        shape = (self.n, int(self.item.max(initial=0)) + 1)
        return sparse.csr_array((centred, self.item, self.start), shape=shape)

    def compared(self, a: Codes, b: Codes) -> Compared:
        """What rankings ``a`` and ``b`` say of the items that both hold, pair by pair (n,)."""
        lengths = np.diff(self.start).astype(np.int64)
        filled = np.cumsum(lengths[a] ** 2 + lengths[b] ** 2) // _ENTRIES
        cuts = np.flatnonzero(np.diff(filled, prepend=-1))
        parts = [np.zeros((5, 0))]
        for part in np.split(np.arange(len(a)), cuts[1:]):
            rows, back = np.unique(np.append(a[part], b[part]), return_inverse=True)
            i, j = back[: len(part)], back[len(part) :]
            found = np.zeros((5, len(part)))
            for strict, tied in self.signs(rows):
                x, y, t, u = strict[i], strict[j], tied[i], tied[j]
                products = ((x, y), (t, u), (abs(x), abs(y)), (abs(x), u), (t, abs(y)))
                found += [np.ravel((one * other).sum(axis=1)) for one, other in products]
            parts.append(found)
        balance, tied_both, ordered, only_a, only_b = np.concatenate(parts, axis=1)
        return Compared(balance, tied_both, ordered, only_a, only_b)

    @cached_property
    def distance(self) -> Distance:
        """Kendall's distance."""
        return Distance(self._apart, self._similar, self.items.n_common, self._sums, far=0.5)

    def _apart(self, a: Codes, b: Codes) -> Floats:
        met, back = np.unique(a.astype(np.int64) * self.n + b, return_inverse=True)
        first, second = (x.astype(np.intp) for x in np.divmod(met, max(self.n, 1)))
        found = self.compared(first, second)
        similar = np.divide(
            found.balance + found.tied_both,
            found.pairs,
            out=np.zeros(len(met)),
            where=found.pairs > 0,
        )
        return ((1 - np.where(first == second, 1.0, similar)) / 2)[back]

    @cached_property
    def _alone(self) -> NDArray[np.bool_]:
        """Rankings of fewer than two items: like themselves, and like nothing else."""
        return np.diff(self.start) < 2

    def _similar(self, rows: Codes, columns: Codes) -> sparse.csr_array:
        both, back = np.unique(np.append(rows, columns), return_inverse=True)
        i, j = back[: len(rows)], back[len(rows) :]
        score = sparse.csr_array((len(rows), len(columns)))
        for strict, tied in self.signs(both):
            score = score + strict[i] @ strict[j].T + tied[i] @ tied[j].T
        common = self.items.common_table(rows, columns)
        common.data = np.where(common.data > 1, 2 / (common.data * (common.data - 1) + 1e-300), 0.0)
        one = np.flatnonzero(self._alone[rows])
        place = np.searchsorted(columns, rows[one])
        here = place < len(columns)
        here[here] = columns[place[here]] == rows[one[here]]
        same = sparse.csr_array(
            (np.ones(int(here.sum())), (one[here], place[here])), shape=common.shape
        )
        return sparse.csr_array(score * common + same)

    def _sums(self, used: Codes) -> Callable[[Floats], Floats] | None:
        """Counts (…, used) → sum over ordered pairs of n_a · n_b · distance, if that is quick.

        Where rankings hold few distinct sets of items, all with the same items are compared on
        equally many pairs of these: then the sum needs the counts of each pair's orders only.
        """
        of_set: dict[tuple[int, ...], list[int]] = {}
        for position, v in enumerate(used.tolist()):
            held = self.item[self.start[v] : self.start[v + 1]]
            of_set.setdefault(tuple(held.tolist()), []).append(position)
            if len(of_set) > _SETS:
                return None
        cells = sum(len(held) ** 2 * len(at) for held, at in of_set.items())
        if cells > _CELLS:
            return None
        groups = [self._group(np.array(held), used, np.array(at)) for held, at in of_set.items()]
        shared = [
            (g, h, mine, theirs)
            for (g, one), (h, other) in itertools.combinations(enumerate(groups), 2)
            if len((met := np.intersect1d(one.pairs, other.pairs, return_indices=True))[0])
            for _, mine, theirs in [met]
        ]

        def sums(n_k: Floats) -> Floats:
            given = [n_k[..., group.at] @ group.orders for group in groups]
            similar = np.zeros(n_k.shape[:-1])
            for group, y in zip(groups, given, strict=True):
                n = len(group.pairs)
                similar += np.square(y).sum(axis=-1) / n if n else n_k[..., group.at[0]] ** 2
            for g, h, mine, theirs in shared:
                n_g, n_h = len(groups[g].pairs), len(groups[h].pairs)
                product = given[g][..., mine] * given[h][..., theirs]
                product += given[g][..., n_g + mine] * given[h][..., n_h + theirs]
                similar += 2 * product.sum(axis=-1) / len(mine)
            return np.asarray((n_k.sum(axis=-1) ** 2 - similar) / 2)

        return sums

    def _group(self, held: NDArray[np.intp], used: Codes, at: Codes) -> _Group:
        i, j = np.triu_indices(len(held), 1)
        place = self.place[self.start[used[at]][:, None] + np.arange(len(held))]
        sign = np.sign(place[:, j] - place[:, i])
        width = int(self.item.max(initial=0)) + 1
        return _Group(at, held[i] * width + held[j], np.concatenate([sign, sign == 0], axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Two rankings on their common items: numbers of pairs of items, one entry per comparison.

    ``balance`` is concordant minus discordant pairs, ``ordered`` pairs that both order,
    ``only_a`` and ``only_b`` pairs that only one orders.
    """

    balance: Floats
    tied_both: Floats
    ordered: Floats
    only_a: Floats
    only_b: Floats

    @property
    def pairs(self) -> Floats:
        """All pairs of common items."""
        return self.tied_both + self.ordered + self.only_a + self.only_b

    @property
    def tau(self) -> Floats:
        """Kendall's tau-b; nan where one of the two orders no pair."""
        by_a, by_b = self.ordered + self.only_a, self.ordered + self.only_b
        scale = np.sqrt(by_a) * np.sqrt(by_b)
        tau: Floats = np.full(len(scale), np.nan)
        np.divide(self.balance, scale, out=tau, where=scale > 0)
        return tau


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Rankings of the same items: positions ``at``, codes of the ``pairs`` of items, and
    ``orders`` (rankings × 2·pairs): 1 or -1 where ordered, then 1 where tied.
    """

    at: Codes
    pairs: NDArray[np.intp]
    orders: Floats
