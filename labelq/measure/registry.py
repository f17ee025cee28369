"""Every coefficient labelq knows, as one page that reads like a table.

Nothing heavy is imported here: functions are named by path and resolved when called. A metric
can say why it cannot be computed on a question before anything is computed, and stays in the
result with that reason.
"""

from __future__ import annotations

from labelq.measure.metric import Metric, Variants, spelling
from labelq.measure.registry_numbers import NUMBERS_AND_RANKINGS

__all__ = ["HEADLINE", "METRICS", "Metric", "metric"]

_ALL: Variants = {
    "nominal": (None,),
    "ordinal": (None,),
    "interval": (None,),
    "ratio": (None,),
    "set": (None,),
    "ranking": (None,),
}
_PLAIN: Variants = {"nominal": (None,), "ordinal": (None,)}
_WEIGHTED: Variants = {"nominal": (None,), "ordinal": (None, "linear", "quadratic")}
_GWET: Variants = {"ordinal": ("ordinal",)}
_MEAN_PAIRS = (
    "observed: share of agreeing pairs of ratings, mean over tasks with two or more ratings"
)
_MARGINALS = (
    "marginals: mean over all rated tasks (those with one rating too) of each label's share there"
)
_WEIGHTS = (
    "linear weights 1 - |i-j|/range, quadratic 1 - (|i-j|/range)², on the labels' numbers if all"
    " labels are numbers, else on their places in order; ordinal 1 - d(d+1)/(q(q-1)) for places d"
    " apart; cost 1 - cost/largest cost"
)
_COHEN = "labelq.measure.coefficients.cohen:kappas"
_DICHOTOMISED = "mean over pairs of the dichotomised Cohen's kappa of this label"

METRICS: tuple[Metric, ...] = (
    Metric(
        name="krippendorff_alpha",
        title="Krippendorff's alpha",
        aliases=("alpha",),
        words="How far the labels of a task agree beyond what the frequencies of all labels would"
        " bring about: 1 is complete agreement, 0 what chance brings.",
        formula="α = 1 - D_o/D_e;  D_o = Σ_u 1/(m_u-1) Σ_ij δ(i,j) / n,"
        "  D_e = Σ_cd n_c n_d δ(c,d) / (n(n-1))",
        statistic="counts",
        raters="any",
        missing=True,
        variants={
            "nominal": ("nominal",),
            "ordinal": ("ordinal",),
            "interval": ("interval",),
            "ratio": ("ratio",),
            "set": ("masi", "jaccard"),
            "ranking": ("kendall",),
        },
        more={"set": ("passonneau_2004", "masi_dkpro", "nominal")},
        of_paths=("tree", "subtree", "depth"),
        takes_costs=True,
        variant_is="distance",
        function="labelq.measure.coefficients.krippendorff:alpha",
        analytic="labelq.measure.intervals.analytic:alpha",
        per_label="labelq.measure.coefficients.krippendorff:alpha_per_label",
        convention="1 - D_o/D_e; each pair of ratings of a task weighs 1/(m-1); tasks with one"
        " rating left out; D_e pairs the pooled values without replacement",
        per_label_convention="nominal alpha of this label against all others",
        reference="Krippendorff (2011), Computing Krippendorff's alpha-reliability; MASI:"
        " Passonneau (2006); tree: Wu & Palmer (1994); rankings: Fagin et al. (2006)",
    ),
    Metric(
        name="raw_agreement",
        title="Raw agreement",
        aliases=("percent agreement", "observed agreement", "Po"),
        words="The share of pairs of annotators that gave a task the same label, each task"
        " counting the same. It does not know what chance brings.",
        formula="p_a = mean over tasks of Σ_k n_uk(n_uk-1) / (m_u(m_u-1))",
        statistic="counts",
        raters="any",
        missing=True,
        variants=_ALL,
        variant_is="weights",
        function="labelq.measure.coefficients.chance:raw_agreement",
        analytic="labelq.measure.intervals.analytic:raw_agreement",
        per_label="labelq.measure.coefficients.chance:specific_agreement",
        convention=_MEAN_PAIRS + "; no correction for chance; values agree when they are equal",
        per_label_convention="specific agreement: given one annotator chose the label, the share"
        " of other annotators who did; pooled over pairs, each task weighing 1/(m-1)",
        reference="Fleiss (1971); per label: Spitzer & Fleiss (1974)",
    ),
    Metric(
        name="raw_agreement_pooled",
        title="Raw agreement, all pairs pooled",
        aliases=("pooled percent agreement",),
        words="The share of agreeing pairs among all pairs of ratings of one task: tasks with"
        " many ratings count more.",
        formula="Σ_u Σ_k n_uk(n_uk-1) / Σ_u m_u(m_u-1)",
        shown=False,
        statistic="counts",
        raters="any",
        missing=True,
        variants=_ALL,
        variant_is="weights",
        function="labelq.measure.coefficients.chance:pooled_agreement",
        per_label=None,
        convention="observed: share of agreeing pairs among all pairs of ratings of one task, each"
        " pair weighing the same; no correction for chance; values agree when they are equal",
        per_label_convention=None,
        reference="Hayes & Krippendorff (2007)",
    ),
    Metric(
        name="unanimous_units",
        title="Tasks on which all agree",
        aliases=("unanimity", "unanimous tasks", "full agreement"),
        words="The share of tasks with two or more ratings on which everybody gave the same.",
        formula="tasks with max_k n_uk = m_u / tasks with m_u ≥ 2",
        shown=False,
        statistic="counts",
        raters="any",
        missing=True,
        variants=_ALL,
        variant_is="weights",
        function="labelq.measure.coefficients.chance:unanimous_units",
        per_label=None,
        convention="tasks whose ratings are all equal, among tasks with two or more ratings; the"
        " more annotators a task has, the harder it is to reach",
        per_label_convention=None,
        reference="no author: a plain count",
    ),
    Metric(
        name="fleiss_kappa",
        title="Fleiss' kappa",
        aliases=("Fleiss K", "multi-rater kappa", "Scott's pi of many annotators", "multi-pi"),
        words="Raw agreement beyond what two ratings drawn from all labels would bring about;"
        " with two annotators it is Scott's pi.",
        formula="κ = (p_a - p_e)/(1 - p_e);  p_e = Σ_k p_k²  (weighted: Σ_kl w_kl p_k p_l)",
        statistic="counts",
        raters="any",
        missing=True,
        variants=_PLAIN,
        more={"ordinal": ("linear", "quadratic", "ordinal")},
        takes_costs=True,
        variant_is="weights",
        function="labelq.measure.coefficients.chance:fleiss_kappa",
        analytic="labelq.measure.intervals.analytic:fleiss_kappa",
        null_error="labelq.measure.intervals.analytic:fleiss_null",
        per_label="labelq.measure.coefficients.chance:fleiss_per_label",
        convention=f"{_MEAN_PAIRS}; expected: sum of squared marginals; {_MARGINALS}; the classic"
        f" value where all tasks have equally many ratings; {_WEIGHTS}",
        per_label_convention="Scott type: this label against all others; marginal: mean over all"
        " rated tasks of the label's share there, each task weighing the same",
        reference="Fleiss (1971); unequal numbers of ratings, weights: Gwet (2014)",
    ),
    Metric(
        name="cohen_kappa_mean",
        title="Cohen's kappa, mean of all pairs",
        aliases=("mean Cohen kappa", "average pairwise kappa"),
        words="The mean of Cohen's kappa over all pairs of annotators; pairs that share many"
        " tasks count more.",
        formula="Σ_gh n_gh κ_gh / Σ_gh n_gh",
        statistic="pair_tables",
        raters="any",
        missing=True,
        variants=_WEIGHTED,
        more=_GWET,
        takes_costs=True,
        variant_is="weights",
        function=_COHEN,
        per_label=_COHEN,
        convention="mean over pairs of annotators of Cohen's kappa, weighted by the number of"
        " tasks both labeled; pairs with undefined kappa left out; observed and expected are the"
        f" same means; {_WEIGHTS}",
        per_label_convention=f"{_DICHOTOMISED}, weighted by the number of tasks both labeled",
        reference="Cohen (1960, 1968)",
    ),
    Metric(
        name="light_kappa",
        title="Light's kappa",
        aliases=("unweighted mean kappa",),
        words="The plain mean of Cohen's kappa over all pairs of annotators; pairs that share"
        " two tasks count as much as pairs that share a thousand.",
        formula="Σ_gh κ_gh / number of pairs",
        shown=False,
        statistic="pair_tables",
        raters="any",
        missing=True,
        variants=_WEIGHTED,
        more=_GWET,
        takes_costs=True,
        variant_is="weights",
        function=_COHEN,
        mean=1,
        per_label=_COHEN,
        convention="plain mean over pairs of annotators of Cohen's kappa; pairs with undefined"
        f" kappa left out; observed and expected are the same means; {_WEIGHTS}",
        per_label_convention=f"{_DICHOTOMISED}, each pair weighing the same",
        reference="Light (1971)",
    ),
    Metric(
        name="conger_kappa",
        title="Conger's kappa",
        aliases=("exact Fleiss kappa", "multi-rater Cohen's kappa", "multi-kappa"),
        words="Cohen's kappa for many annotators at once: chance is what pairs of annotators,"
        " each with label frequencies of his own, would agree on.",
        formula="κ = (p_a - p_e)/(1 - p_e);"
        "  p_e = mean over pairs of annotators g ≠ h of Σ_kl w_kl p_gk p_hl",
        shown=False,
        statistic="rater_patterns",
        raters="any",
        missing=True,
        variants=_WEIGHTED,
        more=_GWET,
        takes_costs=True,
        variant_is="weights",
        function="labelq.measure.coefficients.conger:conger_kappa",
        analytic="labelq.measure.intervals.analytic:conger_kappa",
        per_label=None,
        convention=f"{_MEAN_PAIRS}; expected: mean over pairs of annotators of the agreement by"
        " chance of their marginals, each annotator's over all tasks he rated; for"
        " intervals linear in the counts beyond 2,000 combinations of annotator and label;"
        f" {_WEIGHTS}",
        per_label_convention=None,
        reference="Conger (1980); missing ratings, weights: Gwet (2014)",
    ),
    Metric(
        name="cohen_kappa",
        title="Cohen's kappa of a pair",
        aliases=("Cohen's kappa", "weighted kappa"),
        words="How far two annotators agree beyond what their own label frequencies would bring"
        " about.",
        formula="κ = (p_o - p_e)/(1 - p_e);  p_e = Σ_kl w_kl p_k· p_·l",
        statistic="pair_tables",
        raters="pairs",
        missing=True,
        variants=_WEIGHTED,
        more=_GWET,
        takes_costs=True,
        variant_is="weights",
        function=_COHEN,
        per_label=_COHEN,
        convention="on the tasks both labeled; expected from each annotator's own marginals"
        f" there; {_WEIGHTS}",
        per_label_convention="dichotomised: this label against all others",
        reference="Cohen (1960); weighted: Cohen (1968)",
    ),
    Metric(
        name="scott_pi",
        title="Scott's pi of a pair",
        aliases=("Scott's pi", "Siegel and Castellan's kappa"),
        words="How far two annotators agree beyond what the label frequencies of the two"
        " together would bring about; for more than two annotators it is Fleiss' kappa.",
        formula="π = (p_o - p_e)/(1 - p_e);  p_e = Σ_k ((p_k· + p_·k)/2)²",
        shown=False,
        statistic="pair_tables",
        raters="pairs",
        missing=True,
        variants=_PLAIN,
        more={"ordinal": ("linear", "quadratic", "ordinal")},
        takes_costs=True,
        variant_is="weights",
        function=_COHEN,
        pooled=True,
        per_label=_COHEN,
        convention="on the tasks both labeled; expected from the two annotators' pooled marginals"
        f" there; {_WEIGHTS}",
        per_label_convention="Scott type: this label against all others, pooled marginals",
        reference="Scott (1955)",
    ),
    Metric(
        name="gwet_ac1",
        title="Gwet's AC1",
        aliases=("AC1", "first-order agreement coefficient"),
        words="Raw agreement beyond chance, where chance is small when one label dominates: it"
        " stays high where kappa and alpha fall because of that.",
        formula="AC1 = (p_a - p_e)/(1 - p_e);  p_e = Σ_k p_k(1-p_k) / (q-1)",
        tested=False,
        statistic="counts",
        raters="any",
        missing=True,
        variants=_PLAIN,
        variant_is="weights",
        function="labelq.measure.coefficients.chance:gwet_ac",
        analytic="labelq.measure.intervals.analytic:gwet_ac",
        per_label=None,
        convention=f"{_MEAN_PAIRS}; expected: sum of p(1-p) over the labels / (q-1); {_MARGINALS}",
        per_label_convention=None,
        reference="Gwet (2008)",
    ),
    Metric(
        name="gwet_ac2",
        title="Gwet's AC2",
        aliases=("AC2", "second-order agreement coefficient"),
        words="AC1 with weights: near labels agree in part.",
        formula="AC2 = (p_a - p_e)/(1 - p_e);  p_e = T_w/(q(q-1)) Σ_k p_k(1-p_k),"
        "  T_w the sum of all weights",
        tested=False,
        statistic="counts",
        raters="any",
        missing=True,
        variants={"ordinal": ("linear", "quadratic")},
        more=_GWET,
        takes_costs=True,
        variant_is="weights",
        function="labelq.measure.coefficients.chance:gwet_ac",
        analytic="labelq.measure.intervals.analytic:gwet_ac",
        per_label=None,
        convention=f"weighted {_MEAN_PAIRS}; expected: T_w/(q(q-1)) times the sum of p(1-p);"
        f" {_MARGINALS}; {_WEIGHTS}",
        per_label_convention=None,
        reference="Gwet (2014), chapter 3",
    ),
    Metric(
        name="brennan_prediger",
        title="Brennan-Prediger coefficient",
        aliases=(
            "Randolph's kappa",
            "free-marginal kappa",
            "Randolph's free-marginal multirater kappa",
            "Bennett's S",
            "Bennett, Alpert and Goldstein's S",
            "PABAK",
            "prevalence-adjusted bias-adjusted kappa",
            "Holley and Guilford's G",
            "Maxwell's RE",
            "kappa_n",
        ),
        words="Raw agreement beyond chance, where chance picks every label equally often.",
        formula="S = (p_a - p_e)/(1 - p_e);  p_e = T_w/q²  (unweighted 1/q; two labels: 2 p_a - 1)",
        tested=False,
        statistic="counts",
        raters="any",
        missing=True,
        variants=_WEIGHTED,
        more=_GWET,
        takes_costs=True,
        variant_is="weights",
        function="labelq.measure.coefficients.chance:brennan_prediger",
        analytic="labelq.measure.intervals.analytic:brennan_prediger",
        per_label=None,
        convention=f"{_MEAN_PAIRS}; expected: all q labels equally likely, T_w/q²; {_WEIGHTS}",
        per_label_convention=None,
        reference="Brennan & Prediger (1981); weighted: Gwet (2014); for many annotators:"
        " Randolph (2005)",
    ),
    *NUMBERS_AND_RANKINGS,
)

HEADLINE = "krippendorff_alpha"
"""The coefficient that verdicts rest on, at the question's level (MASI for sets)."""


def metric(name: str) -> Metric:
    """The metric called ``name``: its name, its title or an alias, in any spelling.

    Raises:
        KeyError: there is no such metric.
    """
    wanted = spelling(name)
    for candidate in METRICS:
        if wanted in candidate.names:
            return candidate
    raise KeyError(name)
