"""What a registered coefficient says about itself, before anything is computed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from labelq.labels.model import Level, Question

Statistic = Literal["counts", "rater_patterns", "pair_tables"]
Variants = Mapping[Level, tuple[str | None, ...]]

MOST_DEPTHS = 8
"""Taxonomy paths are cut at each depth up to this one."""

COST = "cost"
"""The weights, or the distance, that the question's own costs make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One coefficient.

    ``variants`` maps each level it takes to the weights or distances it is computed with
    there (None: unweighted); ``more`` holds variants that are computed only when the metric is
    asked for by name. ``of_paths`` holds further ones for taxonomies, where ``depth`` stands for
    ``depth_1``, ``depth_2`` … ``pairwise`` says that it takes preferences between two sides as
    rankings. With ``takes_costs`` there is one more, ``cost``, on questions whose
    labels have costs. ``per_label`` names the function for each label against all others, None
    where the literature defines none. ``convention`` says in words which of the formulas under
    this name it is; ``missing`` whether units may have unequal numbers of ratings. ``shown``
    tells whether an audit computes it when nobody asks for it by name; ``quiet`` that an audit
    then leaves it out, without a word, where it does not apply.

    ``aliases`` are other names of the same number. ``words`` says in a sentence what it is,
    ``formula`` in symbols how.

    ``function`` takes (table, variant, scale) and gives an ``Additive``: the table is the
    ``CountTable`` for statistic ``counts``, the ``RaterPatterns`` for ``rater_patterns``. For
    ``pair_tables`` it takes the ``PairTable``; ``pooled`` says whether the two raters' marginals
    are pooled, ``mean`` which of the means over pairs it is: 0 weighted by overlap, 1 plain.

    ``tested`` says that 0 is what independent raters come to, so that a test against 0 is one
    against chance; with AC1 or Brennan-Prediger it is not where labels are unequally frequent.

    ``analytic`` names the function of the same arguments that gives the published standard
    error, ``null_error`` the one of the standard error where the true value is 0; None where
    none is published. Those of kappas of pairs stand with their formula.
    """

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    words: str = ""
    formula: str = ""
    shown: bool = True
    quiet: bool = False
    statistic: Statistic
    raters: Literal["any", "pairs"]
    missing: bool
    variants: Variants
    more: Variants = field(default_factory=dict)
    of_paths: tuple[str, ...] = ()
    pairwise: bool = False
    takes_costs: bool = False
    variant_is: Literal["weights", "distance"]
    function: str
    pooled: bool = False
    mean: int = 0
    per_label: str | None
    convention: str
    per_label_convention: str | None
    reference: str
    tested: bool = True
    analytic: str | None = None
    null_error: str | None = None

    def refusal(self, question: Question) -> str | None:
        """The reason code why this metric does not apply to ``question``, or None."""
        if self.variants_on(question, every=True):
            return None
        if self.variants.keys() <= {"interval", "ratio"}:
            return "needs_numbers"
        if self.variants.keys() <= {"ranking"}:
            return "needs_rankings"
        if question.level == "ranking":
            return "not_for_rankings"
        if question.level == "set":
            return "not_for_sets"
        if question.level in ("interval", "ratio"):
            return "not_for_numbers"
        return "needs_ordered_labels"

    def variants_on(self, question: Question, *, every: bool = False) -> tuple[str | None, ...]:
        """The weights or distances it is computed with on ``question``; ``every``: ``more`` too."""
        found = self.variants.get(question.level, ())
        if self.pairwise and question.compares_two:
            found += self.variants["ranking"]
        if every:
            found += self.more.get(question.level, ())
        if question.depth:
            cuts = tuple(f"depth_{k}" for k in range(1, min(question.depth, MOST_DEPTHS) + 1))
            for name in self.of_paths:
                found += cuts if name == "depth" else (name,)
        costs = self.takes_costs and question.costs and question.level in ("nominal", "ordinal")
        return (*found, COST) if costs else found

    @property
    def names(self) -> set[str]:
        """Everything it is called, in the spelling that names are compared in."""
        return {spelling(name) for name in (self.name, self.title, *self.aliases)}


def spelling(name: str) -> str:
    """A name without case, spaces, hyphens and possessives.

    >>> spelling("Cohen's kappa, mean of all pairs"), spelling("Brennan–Prediger")
    ('cohenkappameanofallpairs', 'brennanprediger')
    """
    return re.sub(r"[\W_]+", "", re.sub(r"['’]s?\b", "", name.casefold()))
