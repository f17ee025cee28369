"""Why something is missing, and why something was set aside: code → sentence fragment."""

from __future__ import annotations

REASONS: dict[str, str] = {
    "no_variation": "everyone gave the same label, so there is no chance agreement to compare with",
    "no_overlap": "no task was labeled by two or more people",
    "no_disagreement": "nobody disagrees, so there is nothing that other labels could remove",
    "two_labels": "two labels are in use: merging them leaves nothing to tell apart",
    "too_few_units": "too few tasks were labeled by two or more people",
    "too_little_variation": (
        "too few tasks carry any other label than the commonest for an interval one could trust"
    ),
    "too_little_agreement": (
        "on fewer than 3 tasks did two people give another label than the commonest (for one label:"
        " give it, or not give one that most give)"
    ),
    "too_little_disagreement": "the two differ on too few tasks, or on too few labels",
    "too_few_groups": "there are fewer than 20 groups of tasks",
    "no_published_error": "no standard error is published for it",
    "too_many_values": "there are too many different values to compare them all",
    "no_complete_block": "no two tasks were labeled by all of the same two or more people",
    "nothing_ordered": "no two people put the same two items of a task in order",
    "needs_numbers": "needs numbers",
    "needs_rankings": "needs rankings",
    "not_for_rankings": "not defined for rankings",
    "not_for_sets": "not defined where several labels are given at once",
    "not_for_numbers": "not defined for free numbers",
    "needs_ordered_labels": "needs labels that have an order, or costs of confusing them",
    "other_level": "its level of measurement was another one",
    "other_labels": "it depends on how many labels there are, and these were others",
    "other_costs": "the costs of confusing labels were others",
    "not_in_both": "only one of the rounds has it",
    "chosen_for_disagreement": "these tasks were more disputed than the others before, and such"
    " tasks agree more the next time by themselves",
    "decided_later": "it was decided after this round was labeled",
    "label_gone": "one of the rounds does not have these labels",
    "no_interval": "one of the rounds has no interval",
    "no_gold": "there is no gold",
    "too_few_gold": "fewer than 30 tasks have gold",
    "two_raters": "with two annotators nobody can tell who of them is right more often",
    "no_model": "the consensus rests on no model of annotators",
    "too_few_answers": "fewer than 10 answers are expected on tasks of that label",
}
"""Why a coefficient, or its interval, is missing."""

INTERVALS: dict[str, str] = {
    "jackknife": "Student’s t on Fisher’s z scale with the jackknife’s standard error",
    "percentile": "percentiles of a bootstrap",
    "bca": "BCa bootstrap",
    "analytic": "published standard errors",
}
"""How intervals are made."""

ASIDES: dict[str, str] = {
    "skipped": "skipped by the annotator",
    "empty": "submitted without an answer",
    "draft": "drafts, never submitted",
    "prediction": "predictions of a model",
    "gold": "ground truth, kept as gold",
    "repeat": "earlier answers of the same annotator to the same task",
    "no_author": "annotations without an author",
    "unknown_label": "labels that are not in the label config",
    "not_a_number": "answers that are not a number",
    "not_asked": "questions that were hidden when the task was labeled",
    "not_selected": "outside the selection",
    "edited": "last edited by somebody else, left out on request",
    "prelabeled": "begun from a prediction, left out on request",
    "queue": "votes that came through a queue",
    "adjudicated": "answers of a reviewer",
    "bad_record": "records that could not be read",
    "tag_not_measured": "answers to a kind of control that is not measured yet",
    "region_not_measured": "answers about a part of a task, not measured yet",
}
"""Why something was read and not measured."""
