"""Why other programs say another number: one sentence for each way in which formulas differ."""

from __future__ import annotations

from labelq.measure.explaining.explanation import Convention
from labelq.report.numbers import count, counted

GAPS: dict[str, str] = {
    # alpha
    "same_formula": "the same formula",
    "level_left_out": (
        "takes the labels for numbers whose differences count (level interval), and says nothing"
    ),
    "irrcac_ordinal": (
        "its “ordinal” weights, 1 − d(d+1)/(q(q−1)) for places d apart, look at places only;"
        " Krippendorff’s ordinal distance counts the ratings that lie between two labels"
    ),
    "irrcac_identity": "without weights every disagreement weighs the same: nominal alpha",
    "nltk_binary": "its default distance is binary: nominal alpha",
    "level": "takes other distances between the same labels",
    "nominal": "every disagreement costs the same",
    "fleiss_for_alpha": (
        "Fleiss’ kappa is not alpha: every task weighs the same however many ratings it has,"
        " {single} and chance pairs a rating with itself too (one in {n} here)"
    ),
    "alpha_for_fleiss": (
        "alpha is not Fleiss’ kappa: every rating weighs the same, {single_out} and chance never"
        " pairs a rating with itself (one in {n} here)"
    ),
    "jaccard": "Jaccard distance: no extra discount where one set does not contain the other",
    "masi": "MASI distance: Jaccard, and a discount where one set does not contain the other",
    "masi_dkpro": (
        "multiplies Jaccard’s distance by 0, 1/3, 2/3 or 1, where Passonneau (2006) multiplies"
        " Jaccard’s likeness by 1, 2/3, 1/3 or 0"
    ),
    "whole_sets": "two sets agree only if they are equal",
    # raw agreement
    "pooled_pairs": (
        "every pair of ratings weighs the same, so tasks with many ratings (here {least} to {most})"
        " count more"
    ),
    "pooled_alike": "the same here, because all tasks have {most} ratings",
    "unanimous": "a task counts only if all its annotators agree",
    "nltk_complete": "the mean over pairs of annotators; needs every annotator on every task",
    "lse_pairwise": "mean over tasks of the score of two annotations; as its documentation says",
    "lse_consensus": (
        "per task the share of annotators with the commonest answer (λ_max of the match matrix / n,"
        " inferred from the example in its documentation): never below 1/n, so above pairwise"
    ),
    "lse_jaccard": "two sets score |A ∩ B| / |A ∪ B| instead of 0 or 1",
    "lse_difference": "two numbers score 1/(1 + |a − b|): near answers count in part",
    "lse_threshold": (
        "numbers match if they differ by 1 at most; where matches do not chain, λ_max of the match"
        " matrix / n"
    ),
    "no_chance": "nothing is taken off for what chance brings",
    # Fleiss, Conger, Randolph
    "dichotomised": (
        "the other kappa of a label: each pair of annotators with frequencies of its own, then the"
        " mean; Fleiss’ (Scott’s type) pools all annotators"
    ),
    "fleiss": "chance from the mean shares of all annotators together, over all rated tasks",
    "conger": "chance from each annotator’s own label frequencies, mean over pairs of annotators",
    "unequal": "needs equally many ratings on every task, and says so by an AssertionError",
    "part": "leaves out {left_out} without exactly {m} ratings",
    "randolph": "Randolph’s: all labels equally likely by chance, 1/q",
    "randolph_part": (
        "all labels equally likely by chance, 1/q; leaves out {left_out} without"
        " exactly {m} ratings"
    ),
    "singles_dropped": (
        "the label frequencies that chance rests on no longer take in the {single_tasks} with one"
        " rating"
    ),
    "nltk_pi": "multi-π of Siegel & Castellan; needs every annotator on every task",
    "nltk_multi_kappa": (
        "not Fleiss’ kappa but that of Davies & Fleiss (1982): each annotator’s own frequencies;"
        " needs every annotator on every task"
    ),
    # Cohen
    "weighted_mean": "pairs weigh by the tasks they share ({least} to {most})",
    "light": "every pair weighs the same, whether it shares {least} tasks or {most}",
    "pooled_kappa": "means of observed and of expected agreement first, then one kappa",
    "nltk_kappa": "the plain mean of all pairs; needs every annotator on every task",
    "by_position": (
        "weighs labels by their position in order, where labelq takes the labels’ own numbers,"
        " which are not evenly spaced"
    ),
    "sklearn_sorted": (
        "without labels= it sorts the labels that occur by name, and weighs by that order"
    ),
    "weighted": "near labels agree in part",
    "unweighted": "only equal labels agree",
    "normal_interval": (
        "interval: normal, large-sample standard error, at times beyond 1"
    ),
    "t_interval": "interval: the same standard error with Student’s t, {df} degrees of freedom",
    "cohen": "Cohen’s: chance from each annotator’s own frequencies",
    "scott": "chance from the two annotators’ pooled frequencies",
    "pabak": "all labels equally likely by chance; for two labels 2·p_o − 1",
    "alpha_pair": "pooled frequencies, and chance never pairs a rating with itself",
    "pair_lowest": (
        "takes two annotators at a time: the lowest of {n_pairs} pairs, on their {shared} tasks"
    ),
    "pair_highest": (
        "takes two annotators at a time: the highest of {n_pairs} pairs, on their {shared} tasks"
    ),
    # Gwet, Brennan-Prediger
    "universe": (
        "counts the {q_used} labels that occur; labelq counts all {q} that could have been given"
    ),
    "prodigy": "what Prodigy calls AC2 uses identity weights: it is AC1",
    "prodigy_identity": "what Prodigy calls AC2 has identity weights: it is AC1",
    "other_weights": "other weights: another number under the same name AC2",
    "brennan_for_gwet": "chance: every label equally likely",
    "gwet_for_brennan": "chance: Σ p(1−p)/(q−1), small where one label dominates",
    "fleiss_for_gwet": "chance: Σ p², large where one label dominates",
}  # fmt: skip
"""Gap code → what is different about the formula."""


def gap(convention: Convention) -> str:
    """The reason for the gap, with the counts of this data."""
    numbers = convention.numbers
    shown = {name: count(int(n)) for name, n in numbers.items()}
    single = int(numbers.get("n_single", 0))
    shown["single_tasks"] = counted(single, "task")
    shown["left_out"] = counted(int(numbers.get("n_left_out", 0)), "task")
    tasks = f"the {shown['single_tasks']} with one rating"
    shown["single"] = f"{tasks} shift its label frequencies," if single > 1 else ""
    shown["single"] = f"{tasks} shifts its label frequencies," if single == 1 else shown["single"]
    shown["single_out"] = f"{tasks} {'is' if single == 1 else 'are'} left out," if single else ""
    said = GAPS.get(convention.gap, convention.gap.replace("_", " "))
    return " ".join(said.format_map(shown).split())
