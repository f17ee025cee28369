"""The search for clusters over a whole round: claimed groups of disputed units.

Candidates of all questions and label pairs compete; what is claimed has beaten the best of 95 %
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
from labelq.pinpoint.content.centred import centred, chosen_pairs
from labelq.pinpoint.content.confused import (
    LEAST_LABELS,
    excess,
    excess_maxima,
    expected_pairs,
    pair_table,
)
from labelq.pinpoint.content.growing import grown
from labelq.pinpoint.content.scan import Scan
from labelq.pinpoint.content.strata import strata
from labelq.pinpoint.content.vectors import AT_LEAST, Content
from labelq.pinpoint.votes import Votes

Ints = NDArray[np.integer]
Floats = NDArray[np.float64]

ERRORS = 0.05
"""The chance that a round without any content in its disagreements gets a cluster at all:
a third of it for each of the three searches."""

PERMUTATIONS = 299
FEWER = 99
MANY = 20_000
"""From so many disagreements on, fewer permutations."""

MOST_CLAIMS = 40

JOINED = 0.5
"""Parts are one cluster when they are at least half as similar to each other as in themselves."""

IN_PLAY = 0.15
"""A third label is in play when so many of a cluster's votes are for it."""


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """Disputed units with a common content, most central first; their labels, and how sure."""

    labels: tuple[str, ...]
    units: Ints
    strength: float
    p_value: float
    stability: float | None = None


@dataclass(slots=True, eq=False)
class Choice:
    """One choice with its label pairs, ready to be searched."""

    votes: Votes
    pairs: tuple[tuple[str, str], ...]
    scan: Scan
    nominal: bool


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
    members = candidates(content, seed).members
    order = np.argsort(content.rank)
    made: list[Choice] = []
    for votes, consensus, pairs, nominal in choices:
        flags = pair_flags(votes, pairs, n_units)
        # Everything in the order of ids: the draws then do not depend on the file's order.
        stratum = strata(votes, consensus, content, n_units)
        made.append(
            Choice(
                votes,
                tuple(pairs),
                Scan(
                    sparse.csr_array(members[order]),
                    sparse.csr_array(flags[order]),
                    stratum[order],
                ),
                nominal and len(votes.labels) >= LEAST_LABELS,
            )
        )
    n_flags = sum(int(choice.scan.flags.sum()) for choice in made)
    times = FEWER if n_flags > MANY else PERMUTATIONS
    ranked = replace(content, vectors=content.vectors[order], rank=np.arange(n_units))
    null = _nulls(made, ranked, times, seed)
    return [_claims(content, ranked, order, choice, null) for choice in made]


@dataclass(frozen=True, slots=True, eq=False)
class Nulls:
    """The best of every permuted round over all choices, sorted, search by search."""

    candidates: Floats
    centred: Floats
    confused: Floats


def _nulls(made: Sequence[Choice], ranked: Content, times: int, seed: int) -> Nulls:
    best = np.zeros((3, times))
    for i, choice in enumerate(made):
        scan, own = choice.scan, seed + 1000 * i
        best[0] = np.maximum(best[0], scan.maxima(scan.moments(), times, own))
        for pair in chosen_pairs(scan, times).tolist():
            value, _ = centred(scan, ranked, pair, times, own)
            best[1] = np.maximum(best[1], value[1:])
        if choice.nominal:
            table = pair_table(choice.votes)
            best[2] = np.maximum(best[2], excess_maxima(table, times, own))
    return Nulls(*np.sort(best, axis=1))


def p_value(null: Floats, strength: float) -> float:
    """The share of permuted rounds whose best is as strong, this one counted with them; three
    times that, for three searches.
    """
    as_strong = len(null) - np.searchsorted(null, strength - 1e-9)
    return min(3 * float((as_strong + 1) / (len(null) + 1)), 1.0)


def _claims(
    content: Content, ranked: Content, order: Ints, choice: Choice, null: Nulls
) -> list[Claim]:
    scan, found = choice.scan, []
    for _ in range(MOST_CLAIMS):
        best = scan.strongest()
        if best is None or p_value(null.candidates, best[2]) > ERRORS:
            break
        pair, candidate, value = best
        core = np.sort(sparse.csc_array(scan.members[:, [candidate]]).indices)
        units = grown(scan, ranked, pair, core)
        p = p_value(null.candidates, value)
        found.append(Claim(choice.pairs[pair], order[units], value, p))
        scan = scan.without(units)
    for _ in range(MOST_CLAIMS):
        wholes = [
            (float(np.round(value[0], 6)), pair, region)
            for pair in chosen_pairs(scan, len(null.centred)).tolist()
            for value, region in [centred(scan, ranked, pair)]
        ]
        if not wholes:
            break
        value, pair, region = max(wholes, key=lambda one: (one[0], -one[1]))
        p = p_value(null.centred, value)
        if p > ERRORS:
            break
        units = grown(scan, ranked, pair, region)
        found.append(Claim(choice.pairs[pair], order[units], value, p))
        scan = scan.without(units)
    found = _joined(content, choice.votes, found)
    found = [c for c in found if len(c.units) >= AT_LEAST and content.names(c.units)]
    found += _confused(content, order, choice, found, null.confused)
    return [replace(c, units=content.central_first(c.units)) for c in found]


def _confused(
    content: Content, order: Ints, choice: Choice, found: Sequence[Claim], null: Floats
) -> list[Claim]:
    """Pairs that are confused as a whole, with words that set their units apart."""
    if not choice.nominal:
        return []
    claimed = np.concatenate([np.zeros(0, np.intp), *(claim.units for claim in found)])
    table = pair_table(choice.votes, claimed)
    code = {label: i for i, label in enumerate(choice.votes.labels)}
    at = [(code[a], code[b]) for a, b in choice.pairs]
    scan = choice.scan.without(np.argsort(order)[claimed])
    known = np.zeros(table.shape, np.bool_)
    for claim in found:
        own = [code[label] for label in claim.labels]
        known[np.ix_(own, own)] = True
    more, taken = [], np.zeros(0, np.intp)
    for _ in choice.pairs:
        value = np.round(excess(table, expected_pairs(table, known)), 6)
        value[known] = 0
        i = max(range(len(at)), key=lambda i: (value[at[i]], -i))
        p = p_value(null, float(value[at[i]]))
        if p > ERRORS:
            break
        known[at[i]] = known[at[i][::-1]] = True
        units = np.setdiff1d(order[scan.disputed(i)], taken)
        if len(units) >= AT_LEAST and content.names(units):
            more.append(Claim(choice.pairs[i], units, float(value[at[i]]), p))
            taken = np.append(taken, units)
    return more


def _joined(content: Content, votes: Votes, claims: list[Claim]) -> list[Claim]:
    """Parts of one content joined: of the same pair, or of three labels in play."""
    done: list[Claim] = []
    for claim in claims:
        for i, other in enumerate(done):
            labels = tuple(dict.fromkeys((*other.labels, *claim.labels)))
            if len(labels) > 3 or not _alike(content, other.units, claim.units):
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
