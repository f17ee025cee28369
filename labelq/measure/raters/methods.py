"""What every number about a rater means and how its interval is made, in words."""

from __future__ import annotations

METHODS: dict[str, str] = {
    "agreement": (
        "share of agreeing pairs of this annotator's answer and another's on the same task;"
        " interval: ratio of sums over tasks, linearised, as Wilson's at the effective number of"
        " tasks"
    ),
    "most": (
        "share of tasks on which the answer is what most of the others say (k answers that tie"
        " count 1/k each); interval: Wilson's at the effective number of tasks"
    ),
    "kappa": (
        "agreement with the others beyond chance: Schouten's index of one annotator against a"
        " group, Cohen's kappa where there is one other; squared distances where answers are"
        " ordered; interval: linearised over tasks, from 10 tasks that vary"
    ),
    "shift": (
        "mean difference from the mean of the others on the same tasks that count, in steps of an"
        " ordered scale or in the number's own unit; without annotators who lean more, where it"
        " says so; interval: Student's t over tasks, from 10 tasks"
    ),
    "thresholds": (
        "share of tasks with an answer above the threshold, less the same among the others on"
        " the same tasks; interval: Student's t over tasks, from 10 tasks on which they differ"
    ),
    "label_use": (
        "share of tasks with this label, less the same among the others on the same tasks;"
        " interval: Student's t over tasks, from 10 tasks on which they differ"
    ),
    "repeats": "share of equal answers to a task answered again; interval: Wilson's with"
    " Student's quantile",
    "same_text": "share of equal answers to neighbouring tasks of the same text (one that more"
    " than a tenth of all tasks carry is a heading); interval: Wilson's with Student's quantile",
    "self_kappa": (
        "repeats and same texts together, beyond chance agreement at the annotator's own use of"
        " labels, which is taken as known; from 20 pairs"
    ),
    "seconds": "median seconds per answer without idle time; interval: order statistics",
    "pace": (
        "median over tasks of the time as a share of what the annotator in the middle takes on"
        " that task: a task's time times an annotator's, fitted by medians, so that nobody looks"
        " slow beside somebody fast (with two annotators: of the other's time); interval: order"
        " statistics, the others' pace taken as known"
    ),
    "drift": (
        "change point of agreement with the others less agreement among those others, in order"
        " of time: the largest cumulative sum; p-value: Kolmogorov's law with Siegmund's"
        " correction"
    ),
    "speed_drift": (
        "change point of the time per answer against that of the annotator in the middle on the"
        " same task, on ranks; p-value as for drift"
    ),
    "confusion": (
        "share of each answer on tasks where one label is true: counted against gold, or expected"
        " under the consensus' probabilities; interval: Wilson's at the effective count"
    ),
}
"""Name of a number → what it is, and its interval. The unit is the task unless it says so."""

REASONS: dict[str, str] = {
    "no_overlap": "nobody else answered these tasks, or none of them counts",
    "too_few_units": "too few tasks",
    "too_few_pairs": "too few pairs of answers",
    "too_little_variation": "too few tasks on which answers vary",
    "no_times": "no times are known",
    "no_dates": "no dates are known",
    "no_repeats": "no task was answered twice by the same annotator",
    "no_same_text": "no two tasks with the same text were answered by the same annotator",
    "no_texts": "tasks have no text by which two could be known to be the same",
    "no_skips": "nobody skipped anything",
    "needs_three_raters": "no task has three or more answers, so nobody can be the odd one",
    "needs_other_raters": "there is nobody to compare with",
    "not_for_numbers": "not defined for free numbers",
    "not_for_rankings": "not defined for rankings",
    "not_for_sets": "not defined where several labels are given at once",
    "needs_ordered_labels": "needs answers that have an order",
    "ordered_labels": "the thresholds of the scale say it",
    "needs_three_labels": "with two labels the shift says it",
    "too_many_values": "too many different values",
    "not_given": "",
}
"""Reason code → words."""
