"""Data that cannot answer: None and a reason, never nan, an exception or a silent number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labelq.errors import SettingsError
from labelq.labels.model import Rater
from labelq.measure.agreement import agreement
from labelq.measure.registry import METRICS
from labelq.measure.results import Agreement
from tests.rounds import make_round


def measure(rows: list[Any], **made: Any) -> dict[Any, Agreement]:
    built = make_round(rows, **made)
    found = agreement(built.questions[0], built.ratings["value"], built.raters, resamples=200)
    return {(r.metric, r.weights or r.distance, r.label): r for r in found if r.raters is None}


def test_one_label_everywhere() -> None:
    found = measure([(u, r, "x") for u in range(30) for r in "abc"], labels=["x", "y"])
    for metric, variant in (("krippendorff_alpha", "nominal"), ("fleiss_kappa", None)):
        row = found[metric, variant, None]
        assert (row.value, row.reason) == (None, "no_variation")
    assert found["cohen_kappa_mean", None, None].reason == "no_variation"
    assert found["raw_agreement", None, None].value == 1.0
    assert found["gwet_ac1", None, None].value == 1.0
    assert found["brennan_prediger", None, None].value == 1.0
    assert all(row.lower is None for row in found.values())


def test_no_unit_with_two_raters() -> None:
    found = measure([(u, "ab"[u % 2], "xy"[u % 2]) for u in range(30)])
    assert {row.reason for row in found.values() if row.metric != "gwet_ac2"} == {"no_overlap"}
    assert all(row.value is None and row.n_units == 0 for row in found.values())


def test_rare_disagreement_gets_no_interval() -> None:
    """The bootstrap lies where disagreement is rare: below the evidence floor it is silent."""
    rows = [(u, r, "x") for u in range(50) for r in "ab"]
    rows[0] = (0, "a", "y")
    row = measure(rows)["krippendorff_alpha", "nominal", None]
    assert row.value is not None
    assert (row.lower, row.upper, row.reason) == (None, None, "too_little_variation")


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_no_disagreement_is_not_certainty(level: Any) -> None:
    values = ["1", "2", "3"] if level != "interval" else [1.0, 2.0, 3.0]
    rows = [(u, r, values[u % 3]) for u in range(60) for r in "ab"]
    row = measure(rows, level=level)["krippendorff_alpha", level, None]
    assert (row.value, row.upper, row.interval_method) == (1.0, 1.0, "binomial_no_disagreement")
    assert row.lower is not None
    assert -1 <= row.lower < 1


def test_lower_end_without_disagreement_is_the_binomial_limit() -> None:
    rows = [(u, r, "xy"[u % 2]) for u in range(40) for r in "ab"]
    row = measure(rows)["krippendorff_alpha", "nominal", None]
    u = 1 - 0.025 ** (1 / 40)  # Clopper-Pearson for 0 of 40
    assert row.expected is not None
    assert row.lower == pytest.approx(1 - u / row.expected)


def test_a_pair_rests_on_its_own_tasks() -> None:
    """Two raters who never differ on 12 shared tasks are not surer because of 200 others."""
    rows = [(u, r, "xy"[u % 2]) for u in range(200) for r in ("a", "b" if u < 20 else "c")]
    built = make_round(rows)
    found = agreement(built.questions[0], built.ratings["value"], built.raters, resamples=200)
    pair = next(r for r in found if r.raters == ("a", "b") and r.label is None)
    assert pair.expected is not None
    assert pair.lower == pytest.approx(1 - (1 - 0.025 ** (1 / 20)) / (1 - pair.expected))


def test_a_rare_label_rests_on_the_tasks_that_carry_it() -> None:
    rows = [(u, r, "rare" if u < 12 else "common") for u in range(1000) for r in "ab"]
    row = measure(rows)["raw_agreement", None, "rare"]
    assert row.lower == pytest.approx(0.025 ** (1 / 12))


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_disagreement_is_seen_on_any_scale(scale: float) -> None:
    rows = [(u, r, (u % 7 + (r == "b") * 0.01) * scale) for u in range(60) for r in "abc"]
    row = measure(rows, level="interval")["krippendorff_alpha", "interval", None]
    assert row.interval_method == "jackknife_t"


def test_an_interval_without_width_or_beside_its_value_is_none() -> None:
    opposite = [(u, r, "xy"[(u + (r == "b")) % 2]) for u in range(30) for r in "ab"]
    found = measure(opposite)
    for key, reason in (
        (("krippendorff_alpha", "nominal", None), "too_little_agreement"),
        (("raw_agreement", None, None), "too_little_variation"),
    ):
        assert (found[key].lower, found[key].reason) == (None, reason)
    distinct = [(u, r, f"{u}{r}") for u in range(40) for r in "abc"]
    row = measure(distinct)["krippendorff_alpha", "nominal", None]
    assert (row.value, row.lower) == (pytest.approx(0.0, abs=1e-9), None)


def test_too_few_resamples_are_refused() -> None:
    built = make_round([(u, r, "xy"[u % 2]) for u in range(9) for r in "ab"])
    with pytest.raises(SettingsError, match="1 resamples make no interval"):
        agreement(built.questions[0], built.ratings["value"], built.raters, resamples=1)


def test_two_empty_sets_agree() -> None:
    rows = [(u, r, frozenset() if u % 2 else {"a"}) for u in range(40) for r in "ab"]
    found = measure(rows, level="set")
    assert found["krippendorff_alpha", "masi", None].value == 1.0
    assert found["krippendorff_alpha", "jaccard", None].value == 1.0


def test_metrics_that_do_not_apply_stay_with_their_reason() -> None:
    sets = measure([(u, r, {"a"}) for u in range(3) for r in "ab"], level="set")
    assert sets["fleiss_kappa", None, None].reason == "not_for_sets"
    numbers = measure([(u, r, float(u)) for u in range(3) for r in "ab"], level="interval")
    assert numbers["gwet_ac1", None, None].reason == "not_for_numbers"
    nominal = measure([(u, r, "x") for u in range(3) for r in "ab"])
    assert nominal["gwet_ac2", None, None].reason == "needs_ordered_labels"


def test_many_labels_need_little_memory() -> None:
    """A dense unit × label × label array would hold 2·10¹¹ cells here."""
    rows = [
        (u, r, f"label {(u * 7 + (r == 'b') * (u % 5 == 0)) % 3000:04}")
        for u in range(4000)
        for r in "ab"
    ]
    row = measure(rows)["krippendorff_alpha", "nominal", None]
    assert row.value == pytest.approx(0.8, abs=0.01)


# The table of degenerate cases, row by row: what packages answer with an error, nan or 1.

EVERYTHING = [metric.name for metric in METRICS if "nominal" in metric.variants]


def every(rows: list[Any], **made: Any) -> dict[Any, Agreement]:
    built = make_round(rows, **made)
    question, ratings = built.questions[0], built.ratings["value"]
    found = agreement(question, ratings, built.raters, metrics=EVERYTHING, resamples=200)
    return {(r.metric, r.label): r for r in found if r.label is None}


def test_everybody_gives_one_label_everywhere() -> None:
    found = every([(u, r, "x") for u in range(30) for r in "abc"], labels=["x", "y"])
    undefined = {name for (name, _), row in found.items() if row.value is None}
    assert undefined == {
        "krippendorff_alpha",
        "fleiss_kappa",
        "cohen_kappa_mean",
        "light_kappa",
        "conger_kappa",
        "cohen_kappa",
        "scott_pi",
    }
    assert {found[name, None].reason for name in undefined} == {"no_variation"}
    ones = set(EVERYTHING) - undefined
    assert {found[name, None].value for name in ones} == {1.0}
    assert {"raw_agreement", "unanimous_units", "gwet_ac1", "brennan_prediger"} <= ones


def test_one_label_in_the_universe_and_nowhere_a_second() -> None:
    found = every([(u, r, "x") for u in range(30) for r in "ab"])
    assert found["raw_agreement", None].value == 1.0
    for name in ("gwet_ac1", "brennan_prediger", "conger_kappa"):
        assert (found[name, None].value, found[name, None].reason) == (None, "no_variation")


def test_a_rater_without_company_and_a_unit_with_one_rating() -> None:
    """Dropped from pairs; what rests on fewer units says so. Marginals of Gwet's kind keep them."""
    rows = [(u, r, "xyz"[(u + (r == "b" and u % 4 == 0)) % 3]) for u in range(40) for r in "ab"]
    alone = [(100 + u, "lone", "z") for u in range(10)]
    without, found = every(rows), every([*rows, *alone])
    kept = {"fleiss_kappa", "gwet_ac1", "conger_kappa"}
    for name in EVERYTHING:
        row, before = found[name, None], without[name, None]
        assert (row.n_units, row.n_ratings, row.n_raters) == (40, 80, 2)
        assert row.value is not None
        if name not in kept:
            assert row.value == pytest.approx(before.value, abs=1e-12), name
        else:
            assert row.observed == pytest.approx(before.observed, abs=1e-12)
            assert row.expected != pytest.approx(before.expected, abs=1e-3)


def test_a_rater_who_rated_nothing_changes_nothing() -> None:
    rows = [(u, r, "xyz"[(u + (r == "b" and u % 4 == 0)) % 3]) for u in range(40) for r in "ab"]
    built = make_round(rows)
    question, ratings = built.questions[0], built.ratings["value"]
    absent = (*built.raters, Rater("c", "C", "C"))
    names = {"metrics": EVERYTHING, "resamples": 0}
    assert agreement(question, ratings, absent, **names) == agreement(  # type: ignore[arg-type]
        question,
        ratings,
        built.raters,
        **names,  # type: ignore[arg-type]
    )


def test_labels_that_hash_alike_are_two_labels() -> None:
    rows = [
        (u, r, ("Aa", "BB")[(u + (r == "b" and u % 4 == 0)) % 2]) for u in range(40) for r in "ab"
    ]
    plain = [(u, r, {"Aa": "p", "BB": "q"}[v]) for u, r, v in rows]
    for name in EVERYTHING:
        assert every(rows)[name, None].value == every(plain)[name, None].value


def test_the_level_is_always_explicit() -> None:
    found = every([(u, r, "xy"[u % 2]) for u in range(20) for r in "ab"])
    assert {row.level for row in found.values()} == {"nominal"}
    assert found["krippendorff_alpha", None].distance == "nominal"


def test_a_zero_under_ratio_distance() -> None:
    """0 against 0 is no distance; 0 against anything else is 1, as krippendorff has it."""
    import krippendorff

    rng = np.random.default_rng(4)
    matrix = rng.integers(0, 4, (3, 40)).astype(float)
    rows = [(u, r, matrix[r, u]) for u in range(40) for r in range(3)]
    row = measure(rows, level="ratio")["krippendorff_alpha", "ratio", None]
    theirs = krippendorff.alpha(matrix, level_of_measurement="ratio")
    assert row.value == pytest.approx(theirs, abs=1e-12)
