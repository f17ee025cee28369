"""The registry is a contract: everything in it resolves, is documented, refuses what it must."""

from __future__ import annotations

from typing import Any

import pytest

from labelq.labels.model import LEVELS, Question
from labelq.measure.agreement import resolve
from labelq.measure.registry import HEADLINE, METRICS, metric

CODES = {"not_for_sets", "not_for_numbers", "needs_ordered_labels"}


@pytest.mark.parametrize("entry", METRICS, ids=lambda entry: entry.name)
def test_an_entry_is_whole(entry: Any) -> None:
    assert callable(resolve(entry.function))
    assert entry.per_label is None or callable(resolve(entry.per_label))
    assert (entry.per_label is None) == (entry.per_label_convention is None)
    assert entry.title
    assert entry.convention
    assert entry.reference
    assert set(entry.variants) <= set(LEVELS)
    assert metric(entry.name) is entry


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("entry", METRICS, ids=lambda entry: entry.name)
def test_it_refuses_exactly_the_levels_it_does_not_take(entry: Any, level: Any) -> None:
    refusal = entry.refusal(Question("q", level, "test"))
    assert (refusal is None) == (level in entry.variants)
    assert refusal is None or refusal in CODES


def test_the_headline_takes_every_level() -> None:
    assert set(metric(HEADLINE).variants) == set(LEVELS)
    with pytest.raises(KeyError):
        metric("kappa")


def test_names_are_unique() -> None:
    assert len({entry.name for entry in METRICS}) == len(METRICS)
