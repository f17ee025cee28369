"""Which method a question's consensus is estimated with, and why."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from labelq.errors import SettingsError
from labelq.labels.model import Question, Ratings
from labelq.measure.coefficients.distances import numbers

Method = Literal["majority", "one_coin", "dawid_skene", "weighted_mean", "median", "borda"]

METHODS: tuple[Method, ...] = get_args(Method)

RATINGS_PER_CELL = 5
"""Matrices need so many ratings per cell of the pooled one, in all."""

FEWEST_UNITS = 20
"""A weighted mean needs so many units with two or more answers."""

MOST_CELLS = 12_000_000
"""A posterior is units × labels; a larger one would take minutes and gigabytes."""

MOST_MATRIX_CELLS = 5_000_000
"""Matrices are raters × labels²."""

LARGEST = 1e100
"""Numbers beyond would overflow when squared."""


def choice(
    question: Question,
    ratings: Ratings,
    row: NDArray[np.intp],
    n_units: int,
    n_raters: int,
    method: Method | None,
) -> tuple[Method, str]:
    """The method, and why, in words. ``row`` is each rating's unit, below ``n_units``.

    Raises:
        SettingsError: ``method`` does not fit the question's level or the size of the data.
    """
    numeric = question.level in ("interval", "ratio")
    n_labels = 2 if question.level == "set" else len(ratings.values)
    if method is not None:
        _refuse(question, ratings, n_units * n_labels, n_raters * n_labels**2, method)
        return method, "as asked"
    if question.level == "ranking":
        return "borda", "the question asks for an order"
    if numeric:
        several = int((np.bincount(row, minlength=n_units) > 1).sum())
        if several < FEWEST_UNITS:
            return "median", f"{several} tasks have two or more answers, fewer than {FEWEST_UNITS}"
        if largest(ratings) > LARGEST:
            return "median", f"there are numbers beyond {LARGEST:g}"
        return "weighted_mean", f"{several:,} tasks have two or more answers"
    if n_units * n_labels > MOST_CELLS:
        return "majority", f"tasks × labels is over {MOST_CELLS:,}"
    if n_raters * n_labels**2 > MOST_MATRIX_CELLS:
        return "one_coin", f"annotators × labels² is over {MOST_MATRIX_CELLS:,}"
    needed = RATINGS_PER_CELL * n_labels**2
    if len(ratings) < needed:
        return "one_coin", f"{len(ratings):,} answers, and matrices need {needed:,}"
    return "dawid_skene", f"{len(ratings):,} answers, and matrices need {needed:,}"


def _refuse(
    question: Question, ratings: Ratings, cells: int, matrix_cells: int, method: Method
) -> None:
    if method not in METHODS:
        raise SettingsError(f"--method {method}: there are {', '.join(METHODS)}")
    labels = ("majority", "one_coin", "dawid_skene")
    fitting: tuple[str, ...] = labels
    if question.level in ("interval", "ratio"):
        fitting = ("weighted_mean", "median")
    elif question.level == "ranking":
        fitting = ("borda",)
    elif question.level == "ordinal":
        fitting = tuple(name for name in METHODS if name != "borda")
    if method not in fitting:
        raise SettingsError(
            f"--method {method}: {question.name} is {question.level}, and takes"
            f" {', '.join(fitting)}"
        )
    if method in ("one_coin", "dawid_skene") and cells > MOST_CELLS:
        raise SettingsError(
            f"--method {method}: {question.name} has {cells:,} tasks × labels, over {MOST_CELLS:,};"
            " majority takes any number"
        )
    if method == "dawid_skene" and matrix_cells > MOST_MATRIX_CELLS:
        raise SettingsError(
            f"--method {method}: {question.name} has {matrix_cells:,} annotators × labels², over"
            f" {MOST_MATRIX_CELLS:,}; one_coin takes any number"
        )
    if method == "weighted_mean" and largest(ratings) > LARGEST:
        raise SettingsError(
            f"--method {method}: {question.name} has numbers beyond {LARGEST:g}; median takes them"
        )


def largest(ratings: Ratings) -> float:
    """The largest absolute value among numbers, or ordered labels that are numbers."""
    try:
        return float(max((abs(float(v)) for v in ratings.values), default=0.0))  # type: ignore[arg-type]  # no sets
    except ValueError:
        return float(np.abs(numbers(ratings.values)).max(initial=0.0))
