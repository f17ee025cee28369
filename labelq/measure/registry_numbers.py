"""The registry's page for numbers and rankings: intraclass correlations, tau and W."""

from __future__ import annotations

from labelq.measure.metric import Metric, Variants

__all__ = ["NUMBERS_AND_RANKINGS"]

_NUMBERS: Variants = {"interval": (None,), "ratio": (None,)}
_RANKINGS: Variants = {"ranking": (None,)}
_ICC = "labelq.measure.coefficients.icc:"
_ICC_ANALYTIC = "labelq.measure.intervals.analytic:"
_ONE_WAY = (
    "one-way analysis of variance, annotators taken as different from task to task; tasks with one"
    " rating left out; unequal numbers of ratings m: k0 = (N - sum of m² / N) / (n - 1) for k;"
    " observed: variance of error, expected: total variance"
)
_TWO_WAY = (
    "two-way analysis of variance without repeats, on a complete block: of the sets of annotators"
    " that rated a task together, the one with most ratings on tasks that all of them rated;"
    " observed: variance of error, expected: total variance"
)
_SHROUT = "Shrout & Fleiss (1979)"

NUMBERS_AND_RANKINGS: tuple[Metric, ...] = (
    Metric(
        name="icc_1",
        title="Intraclass correlation ICC(1,1)",
        aliases=("ICC(1)", "ICC1", "one-way random intraclass correlation, single rating"),
        words="The share of the variance of single ratings that lies between tasks, if every task"
        " had annotators of its own.",
        formula="ICC(1,1) = (MS_B - MS_W) / (MS_B + (k-1) MS_W)",
        quiet=True,
        statistic="counts",
        raters="any",
        missing=True,
        variants=_NUMBERS,
        variant_is="weights",
        function=_ICC + "icc_1",
        per_label=None,
        convention=f"single rating; {_ONE_WAY}",
        per_label_convention=None,
        reference=f"{_SHROUT}; unequal numbers of ratings: Lessells & Boag (1987)",
        analytic=_ICC_ANALYTIC + "icc_1",
    ),
    Metric(
        name="icc_2",
        title="Intraclass correlation ICC(2,1)",
        aliases=("ICC(2)", "ICC2", "ICC(A,1)", "two-way random intraclass correlation"),
        words="The share of the variance of single ratings that lies between tasks, where how"
        " high each annotator rates counts as error: absolute agreement.",
        formula="ICC(2,1) = (MS_B - MS_E) / (MS_B + (k-1) MS_E + k (MS_R - MS_E) / n)",
        quiet=True,
        statistic="rater_patterns",
        raters="any",
        missing=False,
        variants=_NUMBERS,
        variant_is="weights",
        function=_ICC + "icc_2",
        per_label=None,
        convention=f"single rating, annotators a sample of more, absolute agreement; {_TWO_WAY}",
        per_label_convention=None,
        reference=_SHROUT,
        analytic=_ICC_ANALYTIC + "icc_2",
    ),
    Metric(
        name="icc_3",
        title="Intraclass correlation ICC(3,1)",
        aliases=("ICC(3)", "ICC3", "ICC(C,1)", "two-way mixed intraclass correlation"),
        words="The share of the variance of single ratings that lies between tasks, where how"
        " high each annotator rates does not count: consistency of these annotators.",
        formula="ICC(3,1) = (MS_B - MS_E) / (MS_B + (k-1) MS_E)",
        quiet=True,
        statistic="rater_patterns",
        raters="any",
        missing=False,
        variants=_NUMBERS,
        variant_is="weights",
        function=_ICC + "icc_3",
        per_label=None,
        convention=f"single rating, these annotators only, consistency; {_TWO_WAY}",
        per_label_convention=None,
        reference=_SHROUT,
        analytic=_ICC_ANALYTIC + "icc_3",
    ),
    Metric(
        name="icc_1k",
        title="Intraclass correlation ICC(1,k)",
        aliases=("ICC1k", "one-way random intraclass correlation, mean of k ratings"),
        words="As ICC(1,1), of the mean of a task's ratings.",
        formula="ICC(1,k) = (MS_B - MS_W) / MS_B",
        shown=False,
        statistic="counts",
        raters="any",
        missing=True,
        variants=_NUMBERS,
        variant_is="weights",
        function=_ICC + "icc_1k",
        per_label=None,
        convention=f"mean of k ratings; {_ONE_WAY}",
        per_label_convention=None,
        reference=f"{_SHROUT}; unequal numbers of ratings: Lessells & Boag (1987)",
        analytic=_ICC_ANALYTIC + "icc_1k",
    ),
    Metric(
        name="icc_2k",
        title="Intraclass correlation ICC(2,k)",
        aliases=("ICC2k", "ICC(A,k)"),
        words="As ICC(2,1), of the mean of the ratings of k annotators.",
        formula="ICC(2,k) = (MS_B - MS_E) / (MS_B + (MS_R - MS_E) / n)",
        shown=False,
        statistic="rater_patterns",
        raters="any",
        missing=False,
        variants=_NUMBERS,
        variant_is="weights",
        function=_ICC + "icc_2k",
        per_label=None,
        convention="mean of k ratings, annotators a sample of more, absolute agreement;"
        f" {_TWO_WAY}",
        per_label_convention=None,
        reference=_SHROUT,
        analytic=_ICC_ANALYTIC + "icc_2k",
    ),
    Metric(
        name="icc_3k",
        title="Intraclass correlation ICC(3,k)",
        aliases=("ICC3k", "ICC(C,k)", "Cronbach's alpha"),
        words="As ICC(3,1), of the mean of the ratings of these k annotators.",
        formula="ICC(3,k) = (MS_B - MS_E) / MS_B",
        shown=False,
        statistic="rater_patterns",
        raters="any",
        missing=False,
        variants=_NUMBERS,
        variant_is="weights",
        function=_ICC + "icc_3k",
        per_label=None,
        convention=f"mean of k ratings, these annotators only, consistency; {_TWO_WAY}",
        per_label_convention=None,
        reference=_SHROUT,
        analytic=_ICC_ANALYTIC + "icc_3k",
    ),
    Metric(
        name="kendall_tau_mean",
        title="Kendall's tau, mean of all pairs",
        aliases=("Kendall's tau-b", "mean tau", "average tau"),
        words="How often two annotators put two items in the same order rather than in the"
        " opposite one: 1 is the same ranking, 0 what chance brings, -1 the reverse.",
        formula="τ_b = (C - D) / √((C+D+T_a)(C+D+T_b)), mean over the pairs of annotators of a"
        " task, then over tasks",
        quiet=True,
        statistic="counts",
        raters="any",
        missing=True,
        variants=_RANKINGS,
        pairwise=True,
        variant_is="weights",
        function="labelq.measure.coefficients.rankings:kendall_tau_mean",
        per_label=None,
        convention="tau-b of two rankings on the items that both placed; mean over the pairs of"
        " annotators of a task, then over tasks, each task weighing the same; pairs with fewer"
        " than two common items, or with all of them tied in one ranking, left out; chance: 0",
        per_label_convention=None,
        reference="Kendall (1938, 1945); several rankings: Ehrenberg (1952)",
    ),
    Metric(
        name="kendall_w",
        title="Kendall's W",
        aliases=("coefficient of concordance", "Kendall's coefficient of concordance", "W"),
        words="How far all annotators of a task rank its items alike: 1 is the same ranking; with"
        " m annotators chance brings 1/m.",
        formula="W = 12 Σ_i (R_i - R̄)² / (m² (n³-n) - m Σ_r T_r),  T_r = Σ (t³-t) over ties",
        quiet=True,
        statistic="counts",
        raters="any",
        missing=True,
        variants=_RANKINGS,
        pairwise=True,
        variant_is="weights",
        function="labelq.measure.coefficients.rankings:kendall_w",
        per_label=None,
        convention="per task over the annotators who placed the same items, corrected for ties"
        " (several such groups of annotators: their mean, weighted by annotators); mean over"
        " tasks, each weighing the same; not corrected for chance, which brings 1/m with m"
        " annotators",
        per_label_convention=None,
        reference="Kendall & Babington Smith (1939); ties: Kendall (1948)",
    ),
)
