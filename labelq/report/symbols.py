"""What the symbols in a formula stand for."""

from __future__ import annotations

import re

from labelq.measure.metric import Metric

SYMBOLS: dict[str, str] = {
    "D_o": "observed disagreement",
    "D_e": "disagreement expected by chance",
    "p_a": "observed agreement",
    "p_o": "observed agreement of the pair",
    "p_e": "agreement expected by chance",
    "m_u": "number of ratings of task u",
    "n_uk": "how many annotators gave task u the label k",
    "n_c": "how often the label c was given, on tasks with two or more ratings",
    "δ": "squared distance of two labels at the question’s level (0: the same)",
    "p_k": "share of the label k, mean over all rated tasks",
    "p_k·": "share of the label k among the first annotator’s ratings; p_·k the second’s",
    "p_gk": "share of the label k among the ratings of annotator g",
    "w_kl": "agreement of the labels k and l, 1 if they are the same (without weights else 0)",
    "n_gh": "tasks that the annotators g and h both labeled",
    "κ_gh": "Cohen’s kappa of the annotators g and h",
    "T_w": "sum of all q² weights",
    "q": "number of labels that could be given",
    "n": "number of ratings on tasks with two or more",
}
"""Symbol in a formula → what it stands for."""

SYMBOLS_OF: dict[str, dict[str, str]] = {
    "icc": {
        "MS_B": "mean square between tasks",
        "MS_W": "mean square within tasks",
        "MS_R": "mean square between annotators",
        "MS_E": "mean square of the rest",
        "k": "number of ratings per task",
        "k0": "mean number of ratings per task, as unequal numbers ask for",
        "n": "number of tasks",
    },
    "kendall": {
        "R_i": "sum of the ranks of item i; R̄ their mean",
        "C": "pairs of items in the same order in both rankings",
        "D": "pairs in opposite order",
        "T_a": "pairs tied in the first ranking only; T_b in the second",
        "T_r": "correction for ties in the ranking of annotator r, t tied items each",
        "m": "number of annotators of the task",
        "n": "number of items",
    },
}
"""Begin of a metric's name → symbols that mean something else there."""


def symbols_of(metric: Metric) -> list[tuple[str, str]]:
    """The symbols that occur in the metric's formula, with their meaning."""
    own = SYMBOLS_OF.get(metric.name.partition("_")[0], {})
    return [
        (symbol, meaning)
        for symbol, meaning in (SYMBOLS | own).items()
        if re.search(rf"(?<![\w·]){re.escape(symbol)}(?![\w·])", metric.formula)
    ]
