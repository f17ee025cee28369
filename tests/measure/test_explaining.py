"""The steps recompute every coefficient from the raw ratings: two programs, one number."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.errors import SettingsError
from labelq.labels.model import Ranking
from labelq.measure.explaining.explanation import Explanation
from labelq.measure.explaining.peers import (
    IrrCac,
    Nltk,
    Refusal,
    lse_consensus,
    lse_pairwise,
    raw_mean,
    raw_pooled,
)
from labelq.measure.explaining.sheet import Sheet, distance
from labelq.measure.explaining.variance import FORMULAS
from labelq.measure.explaining.working import MEANS, OF_COUNTS, PAIRS, RANKINGS, explain
from labelq.measure.registry import METRICS, metric
from labelq.report.gaps import GAPS, gap
from tests.rounds import make_round

WORKED = {*OF_COUNTS, *PAIRS, *MEANS, *FORMULAS, *RANKINGS}
HERE = Path(__file__).parent
PEERS = json.loads((HERE / "explaining_cases/irrcac_nltk.json").read_text(encoding="utf-8"))


def explained(rows: Any, name: str, **options: Any) -> Explanation:
    how = {k: options.pop(k) for k in ("variant", "label", "pair") if k in options}
    made = make_round(rows, **options)
    question = made.questions[0]
    ratings = made.ratings[question.name]
    return explain(metric(name), question, ratings, made.raters, resamples=0, **how)


def matrix(stem: str) -> list[tuple[str, int, str]]:
    """(unit, rater, value) of a published case: a matrix of ratings, or a table of two raters."""
    case = json.loads((HERE / f"cases/{stem}.json").read_text(encoding="utf-8"))
    if "table" in case:
        cells = [
            (i + 1, j + 1)
            for i, row in enumerate(case["table"])
            for j, n in enumerate(row)
            for _ in range(n)
        ]
        return [(f"{u:03}", r, str(cell[r])) for u, cell in enumerate(cells) for r in (0, 1)]
    return [
        (f"{u:03}", r, str(value))
        for r, row in enumerate(case["ratings"])
        for u, value in enumerate(row)
        if value is not None
    ]


VALUES: dict[str, Any] = {
    "nominal": st.sampled_from(["ant", "bee", "cat"]),
    "ordinal": st.sampled_from(["1", "2", "5", "9"]),
    "interval": st.sampled_from([-2.0, 0.0, 1.5, 3.0, 10.0]),
    "ratio": st.sampled_from([0.0, 1.0, 2.0, 10.0]),
    "set": st.frozensets(st.sampled_from("abc")),
}
LABELS = {"nominal": ["ant", "bee", "cat", "dog"], "ordinal": ["1", "2", "4", "5", "9"]}


@st.composite
def rounds(draw: st.DrawFn, level: str) -> list[tuple[Any, ...]]:
    n_units, n_raters = draw(st.integers(2, 9)), draw(st.integers(2, 4))
    rows = [
        (u, r, draw(VALUES[level]))
        for u in range(n_units)
        for r in range(n_raters)
        if draw(st.integers(0, 4))
    ]
    shared = [(0, 0, draw(VALUES[level])), (0, 1, draw(VALUES[level]))]
    return shared + [row for row in rows if row[:2] not in {(0, 0), (0, 1)}]


def agrees(found: Explanation) -> bool:
    if found.row.value is None or found.recomputed is None:
        return found.row.value is found.recomputed
    return math.isclose(found.row.value, found.recomputed, rel_tol=1e-9, abs_tol=1e-9)


TAKES = [(m.name, lv) for m in METRICS if m.name in WORKED for lv in VALUES if lv in m.variants]


@pytest.mark.parametrize(("name", "level"), TAKES)
@settings(max_examples=8)
@given(data=st.data())
def test_the_steps_come_to_the_number(name: str, level: Any, data: st.DataObject) -> None:
    rows = data.draw(rounds(level))
    made = make_round(rows, level=level, labels=LABELS.get(level))
    question, ratings = made.questions[0], made.ratings["value"]
    entry = metric(name)
    pair = (0, 1) if name in PAIRS else None
    for variant in entry.variants_on(question, every=True):
        found = explain(
            entry, question, ratings, made.raters, variant=variant, pair=pair, resamples=0
        )
        assert found.worked
        assert (found.row.weights or found.row.distance) == variant
        assert agrees(found)
        for step in found.steps:
            if step.terms:
                total = step.factor * math.fsum([*(t.value for t in step.terms), step.rest])
                assert total / step.divisor == pytest.approx(step.value, abs=1e-9)
            for term in step.terms:
                assert math.prod(term.factors) == pytest.approx(term.value, abs=1e-9)
        for convention in found.conventions:
            assert (convention.value is None) == (convention.problem is not None)
            assert convention.gap in GAPS
            assert "{" not in gap(convention)
            if convention.run and convention.gap == "same_formula" and convention.value is not None:
                assert convention.value == pytest.approx(found.row.value, abs=1e-9)


PER_LABEL = [
    (m.name, lv)
    for m in METRICS
    if m.per_label and m.name in WORKED
    for lv in ("nominal", "ordinal", "set")
]


@pytest.mark.parametrize(("name", "level"), PER_LABEL)
@settings(max_examples=5)
@given(data=st.data())
def test_of_one_label_too(name: str, level: Any, data: st.DataObject) -> None:
    rows = data.draw(rounds(level))
    made = make_round(rows, level=level, labels=LABELS.get(level))
    question = made.questions[0]
    for label in map(str, question.labels[:1]):
        found = explain(
            metric(name),
            question,
            made.ratings["value"],
            made.raters,
            label=label,
            pair=(0, 1) if name in PAIRS else None,
            resamples=0,
        )
        assert found.row.label == label
        assert agrees(found)


PATHS = st.frozensets(
    st.sampled_from([("x",), ("x", "y"), ("x", "y", "z"), ("x", "w"), ("v", "y")]), max_size=3
)
ORDERS = st.permutations("abcd").flatmap(
    lambda items: st.integers(1, 4).map(lambda n: Ranking.of([items[0], *items[1:n]]))
)


@pytest.mark.parametrize(("level", "values"), [("set", PATHS), ("ranking", ORDERS)])
@settings(max_examples=15)
@given(data=st.data())
def test_distances_of_paths_and_rankings(level: Any, values: Any, data: st.DataObject) -> None:
    rows = [(u, r, data.draw(values)) for u in range(5) for r in range(3)]
    made = make_round(rows, level=level)
    question = made.questions[0]
    for variant in metric("alpha").variants_on(question, every=True):
        found = explain(
            metric("alpha"),
            question,
            made.ratings["value"],
            made.raters,
            variant=variant,
            resamples=0,
        )
        assert agrees(found), variant


def test_every_metric_is_worked_through() -> None:
    assert {entry.name for entry in METRICS} == WORKED


@pytest.mark.parametrize("name", sorted(RANKINGS))
@settings(max_examples=20)
@given(data=st.data())
def test_rank_sums_and_orders_come_to_the_number(name: str, data: st.DataObject) -> None:
    tied = ORDERS.map(
        lambda ranking: Ranking.of([*ranking.places[:-2], sum(ranking.places[-2:], ())])
    )
    rows = [
        (u, r, data.draw(st.one_of(ORDERS, tied)))
        for u in range(5)
        for r in range(data.draw(st.integers(1, 4)))
    ]
    assert agrees(explained(rows, name, level="ranking"))


def test_sides_are_rankings_of_two() -> None:
    rows = [(u, r, ["left", "right"][u % 2 ^ (r == u % 3)]) for u in range(9) for r in range(3)]
    made = make_round(rows, labels=["left", "right"])
    from dataclasses import replace

    question = replace(made.questions[0], tag="Pairwise")
    assert question.compares_two
    for name in RANKINGS:
        found = explain(metric(name), question, made.ratings["value"], made.raters, resamples=0)
        assert found.recomputed is not None
        assert agrees(found)


def test_the_analysis_of_variance_of_shrout_and_fleiss() -> None:
    """Shrout & Fleiss (1979), table 3: mean squares 11.24, 32.49, 1.02; ICC(2,1) .29."""
    found = explained(matrix("shrout_fleiss1979"), "icc_2", level="interval")
    (step,) = [s for s in found.steps if s.kind == "variance"]
    assert step.table is not None
    means = [row[2] for row in step.table.cells]
    assert means == pytest.approx([11.24, 32.49, 1.02], abs=5e-3)
    assert found.recomputed == pytest.approx(0.29, abs=5e-3)


def test_costs_are_followed() -> None:
    from dataclasses import replace

    made = make_round([(u, r, "abc"[(u * (r + 1)) % 3]) for u in range(9) for r in range(3)])
    question = replace(made.questions[0], costs=(("a", "b", 1.0), ("a", "c", 4.0), ("b", "c", 2.0)))
    for name in ("krippendorff_alpha", "cohen_kappa_mean", "fleiss_kappa", "conger_kappa"):
        ratings = made.ratings["value"]
        found = explain(metric(name), question, ratings, made.raters, variant="cost", resamples=0)
        assert found.row.value is not None
        assert agrees(found)


@pytest.mark.parametrize("case", PEERS["cases"], ids=lambda case: f"seed{case['seed']}")
def test_what_irrcac_and_nltk_say(case: dict[str, Any]) -> None:
    rows = [(f"{u:03}", r, value) for u, r, value in case["rows"]]
    made = make_round(rows, labels=case["labels"])
    sheet = Sheet.of(made.questions[0], made.ratings["value"])
    rows = [(f"{u:03}", r, frozenset(value)) for u, r, value in case["sets"]]
    sets = make_round(rows, level="set")
    set_sheet = Sheet.of(sets.questions[0], sets.ratings["value"])
    for key, wanted in {**case["expect"], **case["set_expect"]}.items():
        program, method, name = key.split()
        method = {"S": "s", "avg_Ao": "avg_ao"}.get(method, method)

        def ours(program: str = program, method: str = method, name: str = name) -> float:
            if program == "irrcac":
                return float(getattr(IrrCac(sheet, name), method)())
            about = set_sheet if name in ("masi", "jaccard") else sheet
            apart = distance("nominal" if name == "binary" else name, about)
            return float(getattr(Nltk(about, apart), method)())

        if isinstance(wanted, str):
            with pytest.raises(Refusal, match=wanted):
                ours()
        else:
            assert ours() == pytest.approx(wanted, abs=1e-12), key


def said(found: Explanation, source: str, call: str) -> float | None:
    (convention,) = [c for c in found.conventions if c.source.startswith(source) and c.call == call]
    return convention.value


def test_ordinal_alpha_of_irrcac_is_another_number() -> None:
    rows = matrix("krippendorff2011_4x12")
    found = explained(rows, "alpha", level="ordinal", labels=list("12345"))
    assert found.row.value == pytest.approx(0.8153875038, abs=1e-9)
    assert said(found, "irrCAC", "krippen.alpha.raw, ordinal weights") == pytest.approx(
        0.8336380, abs=1e-7
    )
    interval = said(found, "krippendorff", "level left out")
    assert interval == pytest.approx(0.8491071429, abs=1e-9)
    nominal = explained(rows, "alpha", labels=list("12345"))
    assert said(nominal, "irrCAC", "fleiss.kappa.raw") == pytest.approx(0.7611693, abs=1e-7)


def test_two_kappas_of_a_label() -> None:
    """Landis & Koch's slides: .247 of Scott's type, .266 dichotomised Cohen, for category 2."""
    found = explained(matrix("agresti1992_lk"), "fleiss_kappa", label="2")
    assert found.row.value == pytest.approx(0.247, abs=5e-4)
    other = said(found, "Cohen (1960)", "the label against all others, mean of all pairs")
    assert other == pytest.approx(0.2663, abs=5e-5)


def test_intervals_of_cohens_kappa() -> None:
    """irrCAC's abstractors: t interval .680 to .913; statsmodels' normal one .6809 to .9119."""
    found = explained(matrix("irrcac_3x3"), "cohen_kappa", pair=(0, 1))
    ends = {c.gap: (c.lower, c.upper) for c in found.conventions if c.lower is not None}
    assert ends["t_interval"] == pytest.approx((0.680, 0.913), abs=6e-4)
    assert ends["normal_interval"] == pytest.approx((0.6809, 0.9119), abs=1e-4)


def test_raw_agreement_of_hayes_and_krippendorff() -> None:
    rows = matrix("hayes_krippendorff2007_5x40")
    made = make_round(rows)
    sheet = Sheet.of(made.questions[0], made.ratings["value"])
    assert raw_mean(sheet) == pytest.approx(0.625)
    assert raw_pooled(sheet) == pytest.approx(0.62761506, abs=1e-8)


@pytest.mark.parametrize(
    ("values", "pairwise", "consensus"),
    [("ABC", 0, 1 / 3), ("AAC", 1 / 3, 2 / 3), ("AAA", 1, 1), ("AABB", 1 / 3, 0.5)],
)
def test_label_studio_enterprise(values: str, pairwise: float, consensus: float) -> None:
    made = make_round([("u", r, value) for r, value in enumerate(values)])
    sheet = Sheet.of(made.questions[0], made.ratings["value"])
    assert lse_pairwise(sheet, lambda a, b: float(a == b)) == pytest.approx(pairwise)
    assert lse_consensus(sheet) == pytest.approx(consensus)
    assert lse_consensus(sheet, lambda a, b: a == b) == pytest.approx(consensus)


def test_label_studio_enterprise_where_matches_do_not_chain() -> None:
    """Its documentation prints 80.47 % for 1 ~ 2, 2 ~ 3, 1 ≁ 3."""
    rows = [("u", r, float(value)) for r, value in enumerate((1, 2, 3))]
    made = make_round(rows, level="interval")
    sheet = Sheet.of(made.questions[0], made.ratings["value"])
    x = sheet.numbers
    found = lse_consensus(sheet, lambda a, b: abs(x[a] - x[b]) <= 1)
    assert found == pytest.approx(0.8047378541, abs=1e-10)


def test_masi_has_variants() -> None:
    case = json.loads((HERE / "cases/sets_9items.json").read_text(encoding="utf-8"))
    rows = [(u, r, frozenset(s)) for u, pair in enumerate(case["sets"]) for r, s in enumerate(pair)]
    found = explained(rows, "alpha", level="set")
    assert found.row.value == pytest.approx(0.27308066, abs=1e-8)
    assert said(found, "DKPro", "MASI") == pytest.approx(0.25294748, abs=1e-8)
    assert said(found, "NLTK", "alpha(), masi_distance") is None  # two empty sets meet
    other = explained(rows, "alpha", level="set", variant="jaccard")
    assert other.row.value == pytest.approx(0.31561997, abs=1e-8)
    assert agrees(other)


def test_sklearn_sorts_labels_by_name() -> None:
    """low < high < top in the question, high < low < top in the alphabet."""
    order = ["low", "high", "top"]
    said_by = [("low", "low")] * 9 + [("high", "high")] * 5 + [("top", "top")] * 4
    said_by += [("low", "top")] * 3 + [("low", "high")] * 2
    rows = [(u, r, answers[r]) for u, answers in enumerate(said_by) for r in (0, 1)]
    found = explained(
        rows, "cohen_kappa", level="ordinal", labels=order, pair=(0, 1), variant="linear"
    )
    learn = "scikit-learn"
    in_order = said(found, learn, "cohen_kappa_score, weights linear, labels in order")
    by_name = said(found, learn, "cohen_kappa_score, weights linear")
    assert in_order == pytest.approx(found.row.value)
    assert by_name is not None
    assert abs(by_name - in_order) > 0.01  # type: ignore[operator]  # it is a number


def test_unused_labels_count() -> None:
    rows = [(u, r, "ab"[(u + (r and u % 5 == 0)) % 2]) for u in range(20) for r in (0, 1)]
    found = explained(rows, "ac1", labels=["a", "b", "c", "d"])
    irrcac = said(found, "irrCAC", "gwet.ac1.raw")
    same = explained(rows, "ac1", labels=["a", "b"])
    assert irrcac == pytest.approx(same.row.value)
    assert irrcac != pytest.approx(found.row.value)


@pytest.mark.parametrize("name", [m.name for m in METRICS])
def test_unanimous_data_are_explained_without_a_number_made_up(name: str) -> None:
    rows = [(u, r, "yes") for u in range(12) for r in range(3)]
    made = make_round(rows)
    question = made.questions[0]
    if metric(name).refusal(question):
        return
    pair = (0, 1) if metric(name).raters == "pairs" else None
    found = explain(
        metric(name), question, made.ratings["value"], made.raters, pair=pair, resamples=0
    )
    assert agrees(found) or not found.worked
    assert not any(c.value is not None and math.isnan(c.value) for c in found.conventions)


def test_many_labels_are_cut_and_still_add_up() -> None:
    rows = [(u, r, f"label {(u + r * (u % 3)) % 30:02}") for u in range(90) for r in range(3)]
    found = explained(rows, "alpha")
    assert agrees(found)
    (observed,) = [step for step in found.steps if step.kind == "observed"]
    assert observed.n_rest > 0
    (met,) = [step for step in found.steps if step.kind == "coincidences"]
    assert met.table is not None
    assert met.table.hidden > 0


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("ac1", {"label": "a"}, "no value per label"),
        ("alpha", {"label": "zebra"}, "no such label"),
        ("alpha", {"variant": "linear"}, "no weights and no distance|takes nominal"),
    ],
)
def test_what_is_not_there_is_said(name: str, options: Any, match: str) -> None:
    rows = [(u, r, "ab"[u % 2]) for u in range(6) for r in (0, 1)]
    with pytest.raises(SettingsError, match=match):
        explained(rows, name, **options)
