"""Rounds of known truth: raters with known chances, answers drawn independently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from labelq.labels.model import Question, Ratings, Value


class Simulated(NamedTuple):
    """A round, and what is true of it: labels by unit, and raters × true × given."""

    question: Question
    ratings: Ratings
    truth: np.ndarray
    confusion: np.ndarray


def ratings_of(
    unit: Sequence[int] | np.ndarray,
    rater: Sequence[int] | np.ndarray,
    value: Sequence[int] | np.ndarray,
    values: Sequence[Value],
) -> Ratings:
    """Ratings of codes; rows must be sorted by unit, then rater."""
    n = len(unit)
    return Ratings(
        np.asarray(unit, np.int32),
        np.asarray(rater, np.int32),
        np.asarray(value, np.int32),
        tuple(values),
        np.full(n, np.nan, np.float32),
        np.full(n, "NaT", "datetime64[s]"),
        np.zeros(n, bool),
        np.zeros(n, bool),
    )


def simulated(
    n: int,
    right: Sequence[float],
    prior: Sequence[float],
    *,
    seed: int,
    per_unit: int | None = None,
) -> Simulated:
    """``n`` units; rater *r* is right with chance ``right[r]``, else any other label.

    ``per_unit`` raters, drawn at random, answer each unit (default: all).
    """
    rng = np.random.default_rng(seed)
    n_raters, n_labels = len(right), len(prior)
    k = per_unit or n_raters
    truth = rng.choice(n_labels, n, p=prior)
    unit = np.repeat(np.arange(n), k)
    rater = np.sort(rng.random((n, n_raters)).argsort(axis=1)[:, :k], axis=1).ravel()
    confusion = np.empty((n_raters, n_labels, n_labels))
    for r, chance in enumerate(right):
        confusion[r] = (1 - chance) / (n_labels - 1)
        np.fill_diagonal(confusion[r], chance)
    reached = confusion[rater, truth[unit]].cumsum(axis=1)
    value = (rng.random(len(unit))[:, None] > reached).sum(axis=1).clip(0, n_labels - 1)
    labels = tuple("abcdefghij"[:n_labels])
    question = Question("q", "nominal", "test", labels)
    return Simulated(question, ratings_of(unit, rater, value, labels), truth, confusion)
