"""Every coefficient labelq knows, as one page that reads like a table.

Nothing heavy is imported here: functions are named by path and resolved when called. A metric
can say why it cannot be computed on a question before anything is computed, and stays in the
result with that reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from labelq.labels.model import Level, Question

Statistic = Literal["counts", "rater_patterns", "pair_tables"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One coefficient.

    ``variants`` maps each level it takes to the weights or distances it is computed with
    there (None: unweighted). ``per_label`` names the function for each label against all
    others, None where the literature defines none. ``convention`` says in words which of the
    formulas under this name it is; ``missing`` whether units may have unequal numbers of
    ratings. ``shown`` tells whether an audit computes it when nobody asks for it by name.

    ``aliases`` are other names of the same number. ``words`` says in a sentence what it is,
    ``formula`` in symbols how.

    ``function`` takes (table, variant, scale) and gives an ``Additive``: the table is the
    ``CountTable`` for statistic ``counts``, the ``RaterPatterns`` for ``rater_patterns``.
    """

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    words: str = ""
    formula: str = ""
    shown: bool = True
    statistic: Statistic
    raters: Literal["any", "pairs"]
    missing: bool
    variants: Mapping[Level, tuple[str | None, ...]]
    variant_is: Literal["weights", "distance"]
    function: str
    per_label: str | None
    convention: str
    per_label_convention: str | None
    reference: str

    def refusal(self, question: Question) -> str | None:
        """The reason code why this metric does not apply to ``question``, or None."""
        if question.level in self.variants:
            return None
        if question.level == "set":
            return "not_for_sets"
        if question.level in ("interval", "ratio"):
            return "not_for_numbers"
        return "needs_ordered_labels"


_PLAIN: Mapping[Level, tuple[str | None, ...]] = {"nominal": (None,), "ordinal": (None,)}
_WEIGHTED: Mapping[Level, tuple[str | None, ...]] = {
    "nominal": (None,),
    "ordinal": (None, "linear", "quadratic"),
}
_MEAN_PAIRS = (
    "observed: share of agreeing pairs of ratings, mean over tasks with two or more ratings"
)
_MARGINALS = (
    "marginals: mean over all rated tasks (those with one rating too) of each label's share there"
)
_WEIGHTS = (
    "linear weights 1 - |i-j|/range, quadratic 1 - (|i-j|/range)², on the labels' numbers if all"
    " labels are numbers, else on their places in order"
)

METRICS: tuple[Metric, ...] = (
    Metric(
        name="krippendorff_alpha",
        title="Krippendorff's alpha",
        statistic="counts",
        raters="any",
        missing=True,
        variants={
            "nominal": ("nominal",),
            "ordinal": ("ordinal",),
            "interval": ("interval",),
            "ratio": ("ratio",),
            "set": ("masi", "jaccard"),
        },
        variant_is="distance",
        function="labelq.measure.coefficients.krippendorff:alpha",
        per_label="labelq.measure.coefficients.krippendorff:alpha_per_label",
        convention="1 - D_o/D_e; each pair of ratings of a task weighs 1/(m-1); tasks with one"
        " rating left out; D_e pairs the pooled values without replacement",
        per_label_convention="nominal alpha of this label against all others",
        reference="Krippendorff (2011), Computing Krippendorff's alpha-reliability;"
        " MASI: Passonneau (2006)",
    ),
    Metric(
        name="raw_agreement",
        title="Raw agreement",
        statistic="counts",
        raters="any",
        missing=True,
        variants={
            "nominal": (None,),
            "ordinal": (None,),
            "interval": (None,),
            "ratio": (None,),
            "set": (None,),
        },
        variant_is="weights",
        function="labelq.measure.coefficients.chance:raw_agreement",
        per_label="labelq.measure.coefficients.chance:specific_agreement",
        convention=_MEAN_PAIRS + "; no correction for chance; values agree when they are equal",
        per_label_convention="specific agreement: given one annotator chose the label, the share"
        " of other annotators who did; pooled over pairs, each task weighing 1/(m-1)",
        reference="Fleiss (1971); per label: Spitzer & Fleiss (1974)",
    ),
    Metric(
        name="fleiss_kappa",
        title="Fleiss' kappa",
        statistic="counts",
        raters="any",
        missing=True,
        variants=_PLAIN,
        variant_is="weights",
        function="labelq.measure.coefficients.chance:fleiss_kappa",
        per_label="labelq.measure.coefficients.chance:fleiss_per_label",
        convention=f"{_MEAN_PAIRS}; expected: sum of squared marginals; {_MARGINALS}; the classic"
        " value where all tasks have equally many ratings",
        per_label_convention="Scott type: this label against all others; marginal: mean over all"
        " rated tasks of the label's share there, each task weighing the same",
        reference="Fleiss (1971); unequal numbers of ratings: Gwet (2014)",
    ),
    Metric(
        name="cohen_kappa_mean",
        title="Cohen's kappa, mean of all pairs",
        statistic="pair_tables",
        raters="any",
        missing=True,
        variants=_WEIGHTED,
        variant_is="weights",
        function="labelq.measure.coefficients.cohen:kappas",
        per_label="labelq.measure.coefficients.cohen:kappas",
        convention="mean over pairs of annotators of Cohen's kappa, weighted by the number of"
        " tasks both labeled; pairs with undefined kappa left out; observed and expected are the"
        f" same means; {_WEIGHTS}",
        per_label_convention="mean over pairs of the dichotomised Cohen's kappa of this label,"
        " weighted by the number of tasks both labeled",
        reference="Cohen (1960, 1968)",
    ),
    Metric(
        name="cohen_kappa",
        title="Cohen's kappa of a pair",
        statistic="pair_tables",
        raters="pairs",
        missing=True,
        variants=_WEIGHTED,
        variant_is="weights",
        function="labelq.measure.coefficients.cohen:kappas",
        per_label="labelq.measure.coefficients.cohen:kappas",
        convention="on the tasks both labeled; expected from each annotator's own marginals"
        f" there; {_WEIGHTS}",
        per_label_convention="dichotomised: this label against all others",
        reference="Cohen (1960); weighted: Cohen (1968)",
    ),
    Metric(
        name="gwet_ac1",
        title="Gwet's AC1",
        statistic="counts",
        raters="any",
        missing=True,
        variants=_PLAIN,
        variant_is="weights",
        function="labelq.measure.coefficients.chance:gwet_ac",
        per_label=None,
        convention=f"{_MEAN_PAIRS}; expected: sum of p(1-p) over the labels / (q-1); {_MARGINALS}",
        per_label_convention=None,
        reference="Gwet (2008)",
    ),
    Metric(
        name="gwet_ac2",
        title="Gwet's AC2",
        statistic="counts",
        raters="any",
        missing=True,
        variants={"ordinal": ("linear", "quadratic")},
        variant_is="weights",
        function="labelq.measure.coefficients.chance:gwet_ac",
        per_label=None,
        convention=f"weighted {_MEAN_PAIRS}; expected: T_w/(q(q-1)) times the sum of p(1-p);"
        f" {_MARGINALS}; {_WEIGHTS}",
        per_label_convention=None,
        reference="Gwet (2014), chapter 3",
    ),
    Metric(
        name="brennan_prediger",
        title="Brennan-Prediger coefficient",
        statistic="counts",
        raters="any",
        missing=True,
        variants=_WEIGHTED,
        variant_is="weights",
        function="labelq.measure.coefficients.chance:brennan_prediger",
        per_label=None,
        convention=f"{_MEAN_PAIRS}; expected: all q labels equally likely, T_w/q²; {_WEIGHTS}",
        per_label_convention=None,
        reference="Brennan & Prediger (1981); weighted: Gwet (2014)",
    ),
)

HEADLINE = "krippendorff_alpha"
"""The coefficient that verdicts rest on, at the question's level (MASI for sets)."""


def metric(name: str) -> Metric:
    """The metric called ``name``.

    Raises:
        KeyError: there is no such metric.
    """
    for candidate in METRICS:
        if candidate.name == name:
            return candidate
    raise KeyError(name)
