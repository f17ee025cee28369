"""Distances between values: numbers, ratios, sets. By name they are asked of a ``Scale``.

Sets are compared by what they have in common, sparse: two sets without a common member are as
far apart as can be, and are never looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.errors import SettingsError
from labelq.labels.model import Value, label_text
from labelq.labels.statistics import group_runs, row_of_entry

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
PairDistance = Callable[[Codes, Codes], Floats]
"""Value codes a, b (n,) → distances (n,)."""

_CELLS = 4_000_000
"""So many cells are held at a time."""

_FEW = 2_000
"""Distances of so many distinct sets are held as a table."""

MOST_CUSTOM_VALUES = 3_000
"""A distance that is a Python function is asked for every pair of distinct values."""


@dataclass(frozen=True, eq=False)
class Distance:
    """How far apart two values are, by their codes.

    ``at`` gives the distances of pairs of codes. ``similar`` (optional) gives 1 - distance/far
    between some codes and others as a sparse matrix, and ``n_similar`` how many entries at most
    it has among given codes: where most values have nothing in common, sums over all pairs are
    sums over the few that do. ``sums`` (optional) gives for codes a function from their counts
    (…, codes) to the sum of n_a · n_b · distance over ordered pairs, if there is a quick one.
    ``largest`` is the largest distance there is.
    ``refused`` is the reason code where there is too much to compare; ``at`` is then nan.
    """

    at: PairDistance
    similar: Callable[[Codes, Codes], sparse.csr_array] | None = None
    n_similar: Callable[[Codes], int] | None = None
    sums: Callable[[Codes], Callable[[Floats], Floats] | None] | None = None
    far: float = 1.0
    largest: float = 1.0
    refused: str | None = None

    def __call__(self, a: Codes, b: Codes) -> Floats:
        """Distances of the codes ``a`` from the codes ``b``, (n,)."""
        return self.at(a, b)

    def table(self, rows: Codes, columns: Codes) -> Floats:
        """Distances of every code of ``rows`` from every one of ``columns``."""
        if self.similar is not None:
            return self.far * (1 - self.similar(rows, columns).toarray())
        a, b = (grid.ravel() for grid in np.meshgrid(rows, columns, indexing="ij"))
        return self.at(a, b).reshape(len(rows), len(columns))


_HUGE = 1e100


def numbers(values: tuple[Value, ...]) -> Floats:
    """The values as numbers; labels without a number (or one whose square would overflow) are
    ranked by their order.
    """
    places = np.arange(len(values), dtype=float)
    try:
        found = np.array([float(v) for v in values])  # type: ignore[arg-type]  # sets never come here
    except ValueError:
        return places
    return found if (np.abs(found) < _HUGE).all() else places


def ratio_distance(x: Floats, y: Floats) -> Floats:
    """((x-y)/(x+y))², and 0 where both are 0 (Krippendorff 2011, section on ratio data)."""
    total = x + y
    difference: Floats = np.divide(x - y, total, out=np.zeros_like(total), where=total != 0)
    return difference**2


class Overlap:
    """What values have in common: ``members`` (values × members) of ones, ``size`` (values,).

    The empty set is taken to hold one member of its own: two empty sets are equal, and nothing
    else has anything in common with them.
    """

    def __init__(self, values: Sequence[Iterable[Hashable]]) -> None:
        codes: dict[Hashable, int] = {}
        held: list[list[int]] = []
        self.empty: NDArray[np.bool_] = np.zeros(len(values), bool)
        for i, value in enumerate(values):
            mine = sorted(codes.setdefault(member, len(codes)) for member in set(value))
            self.empty[i] = not mine
            held.append(mine or [codes.setdefault(_EMPTY, len(codes))])
        self.size = np.array([len(mine) for mine in held], np.float64)
        start = np.append(0, np.cumsum(self.size)).astype(np.int64)
        columns = np.array([code for mine in held for code in mine], np.int64)
        shape = (len(values), len(codes))
        self.members = sparse.csr_array((np.ones(len(columns)), columns, start), shape=shape)

    def common(self, a: Codes, b: Codes) -> Floats:
        """How many members the values ``a`` and ``b`` have in common, pair by pair."""
        n = len(self.size)
        met, back = np.unique(a.astype(np.int64) * n + b, return_inverse=True)
        first, second = np.divmod(met, max(n, 1))
        step = max(1, int(_CELLS / max(self.size.max(initial=1), 1)))
        parts = [
            (self.members[first[i : i + step]] * self.members[second[i : i + step]]).sum(axis=1)
            for i in range(0, len(met), step)
        ]
        found: Floats = np.concatenate([np.zeros(0), *map(np.ravel, parts)])
        return found[back]

    def common_table(self, rows: Codes, columns: Codes) -> sparse.csr_array:
        """The same between all ``rows`` and all ``columns``, sparse."""
        return sparse.csr_array(self.members[rows] @ self.members[columns].T)

    def n_common(self, codes: Codes) -> int:
        """At most so many ordered pairs of ``codes`` have something in common."""
        n: Floats = np.ravel(self.members[codes].sum(axis=0))
        return int((n * n).sum())

    def distance(self, name: str) -> Distance:
        """The distance called ``name``: see :data:`SIMILARITIES`."""
        similarity, size = SIMILARITIES[name], self.size
        # These two, as DKPro Statistics has them, know the empty set as a part of every set.
        part = 2 / 3 if name in ("masi_dkpro", "passonneau_2004") else 0.0

        def at(a: Codes, b: Codes) -> Floats:
            found = similarity(self.common(a, b), size[a], size[b])
            if part:
                found = np.where(self.empty[a] != self.empty[b], part, found)
            return np.asarray(1 - found)

        def similar(rows: Codes, columns: Codes) -> sparse.csr_array:
            both = self.common_table(rows, columns)
            at_row = row_of_entry(both)
            found = similarity(both.data, size[rows][at_row], size[columns][both.indices])
            table = sparse.csr_array((found, both.indices, both.indptr), shape=both.shape)
            if part:
                i, j = self.empty[rows].astype(float), self.empty[columns].astype(float)
                one = sparse.csr_array(i[:, None]) @ sparse.csr_array((1 - j)[None, :])
                other = sparse.csr_array((1 - i)[:, None]) @ sparse.csr_array(j[None, :])
                table = sparse.csr_array(table + part * (one + other))
            return table

        def sums(used: Codes) -> Callable[[Floats], Floats] | None:
            """Over distinct sets of members, where they are few: paths that were cut, say."""
            first, member = group_runs(self.members.indptr.astype(np.intp), (self.members.indices,))
            if len(first) > _FEW:
                return None
            D = 1 - similar(first, first).toarray()
            shape = (len(used), len(first))
            gather = sparse.csr_array(
                (np.ones(len(used)), (np.arange(len(used)), member[used])), shape
            )

            def of_counts(n_k: Floats) -> Floats:
                gathered: Floats = np.asarray(gather.T @ n_k.reshape(-1, len(used)).T)
                n = gathered.T.reshape(*n_k.shape[:-1], -1)
                return np.asarray(((n @ D) * n).sum(axis=-1))

            return of_counts

        return Distance(at, similar, lambda codes: self.n_common(codes) + 2 * len(codes), sums)


_EMPTY = object()
"""The one member of the empty set."""


def _jaccard(both: Floats, a: Floats, b: Floats) -> Floats:
    return np.asarray(both / (a + b - both))


def _dice(both: Floats, a: Floats, b: Floats) -> Floats:
    return np.asarray(2 * both / (a + b))


def _monotone(both: Floats, a: Floats, b: Floats) -> Floats:
    """1 for equal sets, 2/3 if one contains the other, 1/3 if they overlap, 0 if not."""
    some = np.where(both == np.minimum(a, b), 2 / 3, np.where(both > 0, 1 / 3, 0.0))
    return np.where((both == a) & (both == b), 1.0, some)


SIMILARITIES: dict[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "jaccard": _jaccard,
    "dice": _dice,
    "masi": lambda both, a, b: _jaccard(both, a, b) * _monotone(both, a, b),
    "masi_dkpro": lambda both, a, b: 1 - (1 - _jaccard(both, a, b)) * (1 - _monotone(both, a, b)),
    "passonneau_2004": _monotone,
}
"""1 - distance of two sets, from the number of common members (n,) and the sizes (n,).

``masi``: Jaccard · monotonicity (Passonneau 2006, as NLTK computes it). ``passonneau_2004``:
monotonicity alone (Passonneau 2004). ``masi_dkpro``: the product of the two distances, which
DKPro Statistics computes under the name MASI.
"""


def custom(values: tuple[Value, ...], distance: Callable[[Value, Value], float]) -> Distance:
    """A distance that is a function of two values: symmetric, at least 0, and 0 where equal.

    It is asked once for each pair of distinct values, in the order of ``values``.

    Raises:
        SettingsError: there are too many values, or a distance is no finite number from 0 up.
    """
    n = len(values)
    if n > MOST_CUSTOM_VALUES:
        raise SettingsError(
            f"{n:,} distinct values, and a distance of your own is asked for every pair of at"
            f" most {MOST_CUSTOM_VALUES:,}"
        )
    D = np.zeros((n, n))
    for i, one in enumerate(values):
        for j in range(i):
            apart = float(distance(values[j], one))
            if not 0 <= apart < np.inf:
                raise SettingsError(
                    f"the distance between {label_text(values[j])!r} and {label_text(one)!r} is"
                    f" {apart}; it must be a finite number of at least 0"
                )
            D[i, j] = D[j, i] = apart
    return Distance(lambda a, b: D[a, b], largest=float(D.max(initial=0)) or 1.0)
