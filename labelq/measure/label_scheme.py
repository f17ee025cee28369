"""What if the labels were others: alpha, information and disagreement under changed schemes.

Merging labels maps values onto fewer values; everything else stays. So the same patterns of
votes, with columns of counts added up, give the coefficient of the changed scheme, and leaving
out the same units gives the interval of the *difference*, which is much narrower than those of
the two values. Alpha may fall: merging a and b raises nominal alpha exactly where their share
of the observed disagreement is larger than their share of the expected one, as 1 - alpha is
the ratio of the two sums.

Information is in bits (:mod:`labelq.measure.information`). The *entropy* of the labels given
is all that the answers say, noise included. *Shared* information is what one annotator's answer
tells about another's: it can only fall when labels merge (data processing inequality), and
falls by nothing where nobody could tell them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from labelq.labels.grouping import Groups
from labelq.labels.model import Question, Ratings
from labelq.labels.statistics import row_of_entry
from labelq.measure.additive import Additive, CountTable, Floats, Parts
from labelq.measure.coefficients.krippendorff import alpha
from labelq.measure.coefficients.scale import Scale
from labelq.measure.divisions import Codes, Kind, Mapping, cuts, divisions, merges, tick_merges
from labelq.measure.information import Coincidences
from labelq.measure.intervals.estimates import Estimates, estimate
from labelq.measure.intervals.jackknife import jackknife
from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.intervals.sampling import Sampling
from labelq.measure.label_pull import LabelPull, label_pulls
from labelq.measure.settling import Settling, headline_distance


@dataclass(frozen=True, slots=True)
class SchemeChange:
    """One change of the label scheme, and what it would do to the answers as they are.

    ``merge``: the labels of ``groups`` become one (of a scale: neighbours). ``cut``: the paths
    of a taxonomy end at ``depth``. ``bins``: the scale in ``n_labels`` steps, the best of
    ``n_tried`` divisions for alpha (chosen on these answers, so its alpha is a little too
    high). ``halves``: the scale cut in the middle. ``groups`` are the labels that become one,
    where several do; empty for cuts.

    ``value`` is the headline coefficient with its interval, ``reason`` why one is missing;
    ``difference`` from the present one with the interval of the difference (paired), and
    ``p_value`` (two-sided, uncorrected). ``entropy`` and ``shared`` are bits left,
    ``entropy_lost`` and ``shared_lost`` the shares lost of what there is now (None where there
    is nothing). ``removed`` is the share of the disagreeing pairs of answers that would agree.
    """

    question: str
    kind: Kind
    groups: tuple[tuple[str, ...], ...]
    n_labels: int
    depth: int | None
    n_tried: int
    value: float | None
    lower: float | None
    upper: float | None
    reason: str | None
    difference: float | None
    difference_lower: float | None
    difference_upper: float | None
    p_value: float | None
    entropy: float
    entropy_lost: float | None
    shared: float
    shared_lost: float | None
    removed: float


@dataclass(frozen=True, slots=True)
class LabelScheme:
    """The label scheme of one question as it is, and what changing it would do.

    ``value`` is the headline coefficient, ``entropy`` the bits of the labels given on units
    that two or more labeled, ``shared`` those that two answers share. ``changes`` are ranked
    within their kind; ``pulls`` by share (nominal questions only: on a scale the middle draws).
    ``reason`` says why nothing can change: ``not_for_numbers``, ``not_for_rankings``,
    ``two_labels`` (merging leaves one), ``no_overlap``, ``no_variation``, ``no_disagreement``.
    """

    question: str
    value: float | None
    n_labels: int
    entropy: float
    shared: float
    changes: tuple[SchemeChange, ...] = ()
    pulls: tuple[LabelPull, ...] = ()
    reason: str | None = None


def label_scheme(
    question: Question,
    ratings: Ratings,
    *,
    confidence: float = 0.95,
    seed: int = 0,
    groups: Groups | None = None,
) -> LabelScheme:
    """What merging labels, cutting a taxonomy or dividing a scale would do to ``ratings``.

    Pairs of labels that met on a unit are merged in turn (the :data:`MOST_MERGES` that met
    most; of a scale, neighbours), a taxonomy is cut at each depth, a scale divided into each
    number of steps and in halves. Intervals leave out units, or ``groups`` of them, in turn;
    ``seed`` is used only where there are too many to leave out one by one.
    """
    if question.no_labels:
        return LabelScheme(question.name, None, 0, 0.0, 0.0, reason=question.no_labels)
    plan = IntervalPlan(confidence=confidence, seed=seed, groups=groups)
    return _WhatIf(Settling.of(question, ratings), plan).scheme()


@dataclass(frozen=True)
class _WhatIf:
    """One question, ready to be asked what other labels would do."""

    settling: Settling
    plan: IntervalPlan

    @property
    def _question(self) -> Question:
        return self.settling.question

    @cached_property
    def _met(self) -> Coincidences:
        return Coincidences.of(self.settling.table)

    @cached_property
    def _sampling(self) -> Sampling:
        seed = [self.plan.seed, 1]
        return Sampling(self.settling.patterns, groups=self.plan.groups, seed=seed)

    @cached_property
    def _now(self) -> tuple[float, float]:
        """Entropy and shared information of the labels as they are."""
        as_is = np.arange(self.settling.table.width)
        return self._met.entropy(as_is), self._met.shared(as_is)

    def scheme(self) -> LabelScheme:
        s, met = self.settling, self._met
        found = LabelScheme(self._question.name, s.value, self._n_labels, *self._now)
        if not s.table.n_units:
            return replace(found, reason="no_overlap")
        if s.value is None:
            return replace(found, reason="no_variation")
        if not s.unit_share().any():
            return replace(found, reason="no_disagreement")
        changes = tuple(self._changes())
        plain = self._question.level == "nominal"
        return replace(
            found,
            changes=changes,
            pulls=label_pulls(s, met, self._sampling, self.plan) if plain else (),
            reason=None if changes else "two_labels",
        )

    @property
    def _n_labels(self) -> int:
        used = np.flatnonzero(self._met.totals > 0).tolist()
        values = [self.settling.ratings.values[code] for code in used]
        sets = [value for value in values if isinstance(value, frozenset)]
        return len({label for value in sets for label in value}) if sets else len(values)

    def _changes(self) -> list[SchemeChange]:
        question, values, met = self._question, self.settling.ratings.values, self._met
        if question.level == "nominal":
            merged = merges(values, met, neighbours=False)
            return _ranked(self._merged(merged))
        if question.level == "ordinal":
            mapped = merges(values, met, neighbours=True) + divisions(values, met)
        else:
            mapped = [*cuts(question, values), *tick_merges(values, met)]
        return _ranked([self._change(mapping, *self._mapped(mapping)) for mapping in mapped])

    def _mapped(self, mapping: Mapping) -> tuple[Estimates, Estimates]:
        """Alpha of the mapped counts, and its difference from now."""
        table = self._table(mapping)
        name = headline_distance(self._question)
        after = alpha(table, name, Scale(self._question, mapping.values))
        return self._estimated(after), self._differences(self.settling.additive, after)

    def _table(self, mapping: Mapping) -> CountTable:
        """The same patterns with the counts of mapped values added up."""
        s = self.settling
        counts = s.patterns.counts
        added = sparse.coo_array(
            (counts.data, (row_of_entry(counts), mapping.to[counts.indices])),
            shape=(counts.shape[0], len(mapping.values)),
        )
        patterns = replace(s.patterns, counts=sparse.csr_array(added))
        return CountTable(patterns)

    def _merged(self, mappings: Sequence[Mapping]) -> list[SchemeChange]:
        """Of pairs of single labels, all at once: alpha, one column per pair.

        D_o falls by the coincidences of the pair, D_e by its 2·n_a·n_b / n(n - 1).
        """
        if not mappings:
            return []
        table, J = self.settling.table, len(mappings)
        pairs = [(int(np.flatnonzero(m.to != np.arange(table.width))[0]), m) for m in mappings]
        b = np.array([b for b, _ in pairs], np.intp)
        a = np.array([m.to[b] for b, m in pairs], np.intp)
        row, low, high, product = table.pairs
        each = 2 * product * table.per_pair[row]
        wanted = np.minimum(a, b) * table.width + np.maximum(a, b)
        order = np.argsort(wanted)
        place = np.minimum(np.searchsorted(wanted[order], key := low * table.width + high), J - 1)
        kept = wanted[order][place] == key
        within = sparse.coo_array(
            (each[kept], (row[kept], order[place[kept]])), shape=(len(table.m), J)
        )
        apart = sparse.csr_array(table.between(np.full(len(row), 2.0))[:, None])
        apart = sparse.csr_array(apart * table.per_pair[:, None])
        counts = table.scaled(table.pairable.astype(float))

        def formula(T: Floats) -> Parts:
            n_k = T[..., J + 1 :]
            n = n_k.sum(axis=-1, keepdims=True)
            observed = np.maximum(T[..., :1] - T[..., 1 : J + 1], 0) / n
            together = np.square(n_k).sum(axis=-1, keepdims=True) + 2 * n_k[..., a] * n_k[..., b]
            expected = (n * n - together) / (n * (n - 1))
            value = np.where(expected > 0, 1 - observed / expected, np.nan)
            return Parts(value, observed, expected)

        varied, agreed = self._evidence(mappings)
        after = Additive(
            sparse.csr_array(sparse.hstack([apart, within, counts], format="csr")),
            formula,
            varied,
            disagreement=True,
            agreed=agreed,
        )
        values, differences = (
            self._estimated(after),
            self._differences(self.settling.additive, after),
        )
        return [self._change(m, values, differences, i) for i, m in enumerate(mappings)]

    def _evidence(self, mappings: Sequence[Mapping]) -> tuple[Codes, Codes]:
        """As ``CountTable.varied`` and ``agreed``, under each of the mappings."""
        tables = [self._table(mapping) for mapping in mappings]
        varied = np.concatenate([table.varied for table in tables])
        return varied, np.concatenate([table.agreed for table in tables])

    def _estimated(self, after: Additive) -> Estimates:
        s = self.settling
        return estimate(
            after, s.patterns.multiplicity, self._sampling, self.plan, n_units=s.table.n_units
        )

    def _differences(self, now: Additive, after: Additive) -> Estimates:
        """Values after a change less the value now, from the same units left out in turn."""
        from scipy.special import stdtr, stdtrit

        d = now.sums.shape[1]

        def formula(T: Floats) -> Parts:
            difference = after.formula(T[..., d:]).value - now.formula(T[..., :d]).value
            return Parts(difference, difference, difference)

        sums = [sparse.csr_array(now.sums), sparse.csr_array(after.sums)]
        both = Additive(sparse.csr_array(sparse.hstack(sums, format="csr")), formula, after.varied)
        parts = both.parts(self.settling.patterns.multiplicity)
        left_out = jackknife(both, self._sampling, parts.value)
        error = np.where(left_out.fragile | ~(left_out.error > 0), np.nan, left_out.error)
        df = max(self._sampling.n - 1, 1)
        half = float(stdtrit(df, 0.5 + self.plan.confidence / 2)) * error
        c = len(error)
        return Estimates(
            parts,
            parts.value - half,
            parts.value + half,
            [None] * c,
            [None] * c,
            error=error,
            p_value=2 * stdtr(df, -np.abs(parts.value / error)),
        )

    def _change(
        self, mapping: Mapping, values: Estimates, differences: Estimates, i: int = 0
    ) -> SchemeChange:
        met, (bits, common) = self._met, self._now
        value, lower, upper, *_ = (column[i] for column in values.plain)
        difference, low, high, *_, p_value = (column[i] for column in differences.plain)
        if lower is None:  # too little evidence for the value is too little for a difference
            low = high = p_value = None
        entropy, shared = met.entropy(mapping.to), met.shared(mapping.to)
        return SchemeChange(
            question=self._question.name,
            kind=mapping.kind,
            groups=mapping.groups,
            n_labels=mapping.n_labels,
            depth=mapping.depth,
            n_tried=mapping.n_tried,
            value=value,
            lower=lower,
            upper=upper,
            reason=values.reason[i],
            difference=difference,
            difference_lower=low,
            difference_upper=high,
            p_value=p_value,
            entropy=entropy,
            entropy_lost=_lost(entropy, bits),
            shared=shared,
            shared_lost=_lost(shared, common),
            removed=met.removed(mapping.to),
        )


def _lost(left: float, whole: float) -> float | None:
    return min(1.0, max(0.0, 1 - left / whole)) if whole > 1e-12 else None


def _ranked(changes: Sequence[SchemeChange]) -> list[SchemeChange]:
    """By kind; merges and halves by alpha, cuts and bins by what is left of them."""
    order: dict[Kind, int] = {"merge": 0, "cut": 1, "halves": 2, "bins": 3}

    def place(change: SchemeChange) -> tuple[float, ...]:
        by_value = change.kind in ("merge", "halves")
        value = -np.inf if change.value is None else round(change.value, 12)
        return order[change.kind], -value if by_value else -change.n_labels

    return sorted(changes, key=place)
