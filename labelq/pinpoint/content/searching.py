"""The search for clusters over a whole round: claimed groups of disputed units.

Candidates of all questions and label pairs compete; what is claimed has beaten the best of 98 %
of the same searches under permuted disagreements. The strongest claims its units first, then
the search goes on without them. Parts of one content are joined, over label pairs too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.measure.results import Consensus
from labelq.pinpoint.content.candidates import candidates
from labelq.pinpoint.content.centred import centred
from labelq.pinpoint.content.evidence import Choice, Null, evidence, null_of, tail_p
from labelq.pinpoint.content.growing import grown, likeness_to
from labelq.pinpoint.content.parting import parted
from labelq.pinpoint.content.scan import Scan
from labelq.pinpoint.content.strata import strata
from labelq.pinpoint.content.terms import Terms
from labelq.pinpoint.content.vectors import AT_LEAST, Content, rows_of
from labelq.pinpoint.votes import Votes

Ints = NDArray[np.integer]
Floats = NDArray[np.float64]

ERRORS = 0.02
"""The chance that a round without any reason in its disagreements gets a cluster at all; where
there are reasons, about the share of clusters without one (Benjamini and Hochberg 1995)."""

BY_CONTENT = 0.1
"""A cluster is cut out of its pair by content when the content alone has so small a p-value;
otherwise it is the whole pair."""

HALVES = 5

CLEARLY = 1.5
"""A pair's content taken together is where a cluster grows from when it is so much stronger than
the strongest candidate: it may be a mixture of two.
"""

KEPT = 0.5
SET_APART = 3.0
"""A whole pair loses the units that do not fit when it keeps so many; content sets some apart
from this strength on (a chance of one in twenty).
"""

PERMUTATIONS = 299
FEWER = 99
MANY = 1_000
"""From so many disagreements on, fewer permutations."""

MOST_SEARCHED = 20_000
"""Of more disagreements in a question, those of a seeded sample of the units are searched; the
others join the nearest cluster, or the remainder.
"""

MOST_CLAIMS = 20

JOINED = 0.5
"""Parts are one cluster when they are at least half as similar to each other as in themselves."""

IN_PLAY = 0.15
"""A third label is in play when so many of a cluster's votes are for it."""


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """Disputed units with a common content, most central first; their labels, and how sure.

    ``chance`` is the p-value of the pair's evidence by itself, ``p_value`` the share of permuted
    rounds whose best is as rare, divided by the number of clusters claimed up to this one.
    """

    labels: tuple[str, ...]
    units: Ints
    chance: float
    p_value: float
    stability: float | None = None


def pair_flags(votes: Votes, pairs: Sequence[tuple[str, str]], n_units: int) -> sparse.csr_array:
    """Which units carry both labels of which pair, (units × pairs)."""
    code = {label: i for i, label in enumerate(votes.labels)}
    holders = [np.unique(votes.unit[votes.label == c]) for c in range(len(votes.labels))]
    columns = [np.intersect1d(holders[code[a]], holders[code[b]]) for a, b in pairs]
    row = np.concatenate(columns)
    column = np.repeat(np.arange(len(pairs)), [len(units) for units in columns])
    shape = (n_units, len(pairs))
    return sparse.csr_array((np.ones(len(row), np.float32), (row, column)), shape=shape)


def searched(
    content: Content,
    choices: Sequence[tuple[Votes, Consensus, Sequence[tuple[str, str]], bool]],
    seed: int = 0,
) -> list[list[Claim]]:
    """The claims of each choice: its votes, its consensus, its label pairs, and whether its
    labels are nominal (no two of them nearer to each other than others).
    """
    n_units = len(content.rank)
    # Everything in the order of ids: the draws then do not depend on the order of the file.
    order = np.argsort(content.rank)
    all_flags = [pair_flags(votes, pairs, n_units) for votes, _, pairs, _ in choices]
    most = max((int(flags.sum()) for flags in all_flags), default=0)
    if most > MOST_SEARCHED:
        chosen = np.random.default_rng(seed).random(n_units) < MOST_SEARCHED / most
        order = order[chosen]
    ranked = replace(
        content,
        vectors=content.vectors[order],
        text_of=content.text_of[order],
        rank=np.arange(len(order)),
        fields=Terms(content.fields.names, sparse.csr_array(content.fields.members[order])),
    )
    fixed = candidates(ranked, seed)
    members = fixed.members
    made: list[Choice] = []
    for (votes, consensus, pairs, nominal), every in zip(choices, all_flags, strict=True):
        flags = sparse.csr_array(every[order])
        scan = Scan(members, flags, strata(votes, consensus, content, n_units)[order])
        made.append(Choice(votes, tuple(pairs), scan, ranked, order, nominal, fixed.n_named))
    n_flags = sum(int(choice.scan.flags.sum()) for choice in made)
    times = FEWER if n_flags > MANY else PERMUTATIONS
    nulls = [null_of(choice, times, seed + 1000 * i) for i, choice in enumerate(made)]
    best = np.sort(np.min([null.best() for null in nulls], axis=0))
    found = _claimed(made, nulls, best)
    if len(order) < n_units:
        found = [
            _with_rest(content, choice, flags, claims)
            for choice, flags, claims in zip(made, all_flags, found, strict=True)
        ]
    return found


def _with_rest(
    content: Content, choice: Choice, flags: sparse.csr_array, claims: Sequence[Claim]
) -> list[Claim]:
    """The claims with the disputed units that were not searched: each joins the claim of its
    labels that it is most like, if it is as like as three of four of the claim's own units.
    """
    searched_ = np.zeros(flags.shape[0], np.bool_)
    searched_[choice.order] = True
    best = np.full(flags.shape[0], -np.inf)
    joins = np.full(flags.shape[0], -1)
    for i, claim in enumerate(claims):
        own = [p for p, pair in enumerate(choice.pairs) if set(pair) <= set(claim.labels)]
        n = np.asarray(sparse.csc_array(flags)[:, own].sum(axis=1)).ravel()
        rest = np.flatnonzero((n > 0) & ~searched_)
        limit = np.quantile(likeness_to(content, claim.units, claim.units), 0.25)
        fit = likeness_to(content, rest, claim.units)
        nearer = (fit >= limit) & (fit > best[rest])
        best[rest[nearer]], joins[rest[nearer]] = fit[nearer], i
    return [
        replace(
            claim,
            units=content.central_first(np.append(claim.units, np.flatnonzero(joins == i))),
        )
        for i, claim in enumerate(claims)
    ]


def _claimed(
    made: Sequence[Choice], nulls: Sequence[Null], best: NDArray[np.float64]
) -> list[list[Claim]]:
    """The pair with the smallest p-value is explained first, then the next, without its units.

    The first must be rarer than the best of 98 % of the permuted rounds; the second may be
    twice as frequent, and so on (a step-down on Benjamini and Hochberg's line).
    """
    times = len(best)
    limit = float(best[max(int(ERRORS * (times + 1)) - 1, 0)])
    explained: list[Ints] = [np.zeros(0, np.intp) for _ in made]
    found: list[list[Claim]] = [[] for _ in made]
    evidences = [evidence(choice, times) for choice in made]
    closed: set[tuple[int, int]] = set()
    adjusted, n_claimed = 0.0, 0
    for _ in range(MOST_CLAIMS):
        rows = [
            (float(p), i, pair, float(content[pair]))
            for i, null in enumerate(nulls)
            for content, together in [null.p_values(evidences[i])]
            for pair, p in enumerate(np.round(together, 15))
            if (i, pair) not in closed
        ]
        if not rows:
            break
        p, i, pair, by_content = min(rows)
        if p > limit * (1 + n_claimed):
            break
        choice = made[i]
        scan = choice.scan.without(explained[i])
        units = scan.disputed(pair)
        if by_content <= BY_CONTENT:
            units = _cut_out(scan, choice.content, pair)
        else:
            closed.add((i, pair))
            units = _trimmed(scan, choice.content, pair, units)
        as_rare = float((np.searchsorted(best, p, side="right") + 1) / (times + 1))
        adjusted = max(adjusted, as_rare / (1 + n_claimed))
        if by_content <= BY_CONTENT and not choice.content.names(units):
            renamed = _named(choice, scan, pair, nulls[i].value[pair, 0])
            units = renamed if len(renamed) else units
        named = len(units) >= AT_LEAST and choice.content.names(units)
        if not named:
            # Without a name it is not claimed; the search goes on without it.
            if by_content > BY_CONTENT or not len(units):
                closed.add((i, pair))
            explained[i] = np.union1d(explained[i], units)
            evidences[i] = evidence(choice, times, explained[i], evidences[i])
            continue
        n_claimed += 1
        for part in parted(choice.content, units) if by_content <= BY_CONTENT else [units]:
            if len(part) >= AT_LEAST and choice.content.names(part):
                kept = _stability(scan, choice.content, pair, part, times)
                claim = Claim(choice.pairs[pair], choice.order[part], p, adjusted, kept)
                found[i].append(claim)
        explained[i] = np.union1d(explained[i], units)
        evidences[i] = evidence(choice, times, explained[i], evidences[i])
    return [
        [
            replace(claim, units=choice.content.coded_central(choice.order, claim.units))
            for claim in _joined(choice.content, choice.votes, claims, choice.order)
        ]
        for choice, claims in zip(made, found, strict=True)
    ]


def _cut_out(scan: Scan, content: Content, pair: int) -> Ints:
    """The disputed units of a pair with its strongest content."""
    core, top = scan.strongest(pair)
    value, region = centred(scan, content, pair)
    if value[0] > CLEARLY * top:
        core = region
    return grown(scan, content, pair, core)


def _named(choice: Choice, scan: Scan, pair: int, null: NDArray[np.float64]) -> Ints:
    """Where a cluster has no name: the strongest word or field, with what is like it, or alone."""
    core, value = scan.strongest(pair, choice.n_named)
    if tail_p(null, np.array([value]))[0] > BY_CONTENT:
        return np.zeros(0, np.intp)
    units = grown(scan, choice.content, pair, core)
    if choice.content.names(units):
        return units
    return np.intersect1d(core, scan.disputed(pair))


def _stability(scan: Scan, content: Content, pair: int, units: Ints, seed: int) -> float:
    """The share of pairs of ``units`` that stay together when it grows from random halves."""
    dice = np.random.default_rng([seed, len(units)])
    together = []
    for _ in range(HALVES):
        half = np.sort(dice.choice(units, (len(units) + 1) // 2, replace=False))
        n = len(np.intersect1d(grown(scan, content, pair, half, steps=1), units))
        together.append(n * (n - 1) / max(len(units) * (len(units) - 1), 1))
    return float(np.mean(together))


def _trimmed(scan: Scan, content: Content, pair: int, whole: Ints) -> Ints:
    """Most of a pair's disputed units, without those that do not fit; else all of them.

    What content sets apart, if that is most of them; else those that are more like the others
    than half of the units that are not disputed here.
    """
    cut = _cut_out(scan, content, pair)
    if len(cut) >= KEPT * len(whole) and scan.strength_of(pair, cut) >= SET_APART:
        return cut
    others = np.setdiff1d(np.flatnonzero(scan.stratum >= 0), whole)
    if not len(others):
        return whole
    kept = whole[
        likeness_to(content, whole, whole) > np.median(likeness_to(content, others, whole))
    ]
    return kept if len(kept) >= KEPT * len(whole) else whole


def _joined(content: Content, votes: Votes, claims: Sequence[Claim], order: Ints) -> list[Claim]:
    """Parts of one content joined: of the same pair, or of three labels in play."""
    done: list[Claim] = []
    for claim in claims:
        for i, other in enumerate(done):
            labels = tuple(dict.fromkeys((*other.labels, *claim.labels)))
            if len(labels) > 3 or not _alike(
                content, rows_of(order, other.units), rows_of(order, claim.units)
            ):
                continue
            units = np.union1d(other.units, claim.units)
            if len(labels) == 3 and len(other.labels) < 3 and not _in_play(votes, units, labels):
                continue
            done[i] = replace(other, labels=labels, units=units)
            break
        else:
            done.append(claim)
    return done


def _alike(content: Content, a: Ints, b: Ints) -> bool:
    inside = min(content.likeness(a, a), content.likeness(b, b))
    return content.likeness(a, b) >= JOINED * max(inside, 0.0) and inside > 0


def _in_play(votes: Votes, units: Ints, labels: tuple[str, ...]) -> bool:
    """Whether each of the labels has a fair share of the votes on ``units``."""
    n = np.bincount(votes.at(units).label, minlength=len(votes.labels))
    return all(n[votes.labels.index(label)] >= IN_PLAY * n.sum() for label in labels)
