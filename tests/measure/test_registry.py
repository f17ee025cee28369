"""The registry is a contract: everything in it resolves, is documented, refuses what it must."""

from __future__ import annotations

from typing import Any

import pytest

from labelq.labels.model import LEVELS, Question
from labelq.measure.agreement import resolve
from labelq.measure.registry import HEADLINE, METRICS, metric

CODES = {
    "not_for_sets",
    "not_for_numbers",
    "not_for_rankings",
    "needs_ordered_labels",
    "needs_numbers",
    "needs_rankings",
}


@pytest.mark.parametrize("entry", METRICS, ids=lambda entry: entry.name)
def test_an_entry_is_whole(entry: Any) -> None:
    assert callable(resolve(entry.function))
    assert entry.per_label is None or callable(resolve(entry.per_label))
    assert (entry.per_label is None) == (entry.per_label_convention is None)
    assert entry.title
    assert entry.convention
    assert entry.words
    assert entry.formula
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


def test_names_and_aliases_lead_to_one_metric_in_any_spelling() -> None:
    owners: dict[str, set[str]] = {}
    for entry in METRICS:
        for name in entry.names:
            owners.setdefault(name, set()).add(entry.name)
    assert {name: who for name, who in owners.items() if len(who) > 1} == {}
    for name in ("AC1", "gwet ac1", "Gwet’s AC1", "GWET-AC1"):
        assert metric(name).name == "gwet_ac1"
    assert metric("Randolph's free-marginal multirater kappa").name == "brennan_prediger"
    assert metric("PABAK") is metric("Bennett's S")
    assert metric("Scott's pi").name == "scott_pi"
    assert metric("percent agreement").name == "raw_agreement"


def test_what_is_rarely_wanted_waits_until_it_is_asked_for() -> None:
    question = Question("q", "ordinal", "test")
    kappa = metric("cohen_kappa")
    assert kappa.variants_on(question) == (None, "linear", "quadratic")
    assert kappa.variants_on(question, every=True) == (None, "linear", "quadratic", "ordinal")
    costly = Question("q", "nominal", "test", ("a", "b"), costs=(("a", "b", 1.0),))
    assert kappa.variants_on(costly) == (None, "cost")
    assert metric("gwet_ac2").variants_on(costly) == ("cost",)
