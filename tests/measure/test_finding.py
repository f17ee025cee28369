"""Which number is .83? Raw agreement, the pairs, and the search through everything known."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.errors import SettingsError
from labelq.labels.model import Ranking
from labelq.measure.explaining.beside import CORRECTED
from labelq.measure.explaining.explanation import Explanation
from labelq.measure.explaining.finding import Found, Target, find
from labelq.measure.explaining.working import explain
from labelq.measure.naming import metric_called, metrics_called
from labelq.measure.registry import metric
from tests.rounds import make_round

ROWS = [(u, r, "abc"[(u * (1 + (r == 2 and u % 4 == 0))) % 3]) for u in range(24) for r in range(3)]


def explained(rows: list[tuple[object, ...]], name: str, **options: object) -> Explanation:
    made = make_round(rows, **options)
    question = made.questions[0]
    ratings = made.ratings[question.name]
    return explain(metric(name), question, ratings, made.raters, resamples=0)


def looked_for(rows: list[tuple[object, ...]], text: str, **options: object) -> Found:
    made = make_round(rows, **options)
    question = made.questions[0]
    ratings = made.ratings[question.name]
    asked = explain(metric("alpha"), question, ratings, made.raters, resamples=0).row
    return find(asked, Target.of(text), question, ratings, made.raters)


def test_beside_a_coefficient_stand_raw_agreement_and_the_pairs() -> None:
    from sklearn.metrics import cohen_kappa_score

    votes = [[row[2] for row in ROWS if row[1] == r] for r in range(3)]
    kappas = [cohen_kappa_score(votes[a], votes[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    found = {c.gap: c.value for c in explained(ROWS, "alpha").conventions}
    assert found["pair_lowest"] == pytest.approx(min(kappas))
    assert found["pair_highest"] == pytest.approx(max(kappas)) == 1.0
    assert found["light"] == pytest.approx(sum(kappas) / 3)
    assert found["no_chance"] == pytest.approx(
        sum(1 if len({row[2] for row in ROWS[u : u + 3]}) == 1 else 1 / 3 for u in range(0, 72, 3))
        / 24
    )


@pytest.mark.parametrize("name", sorted(CORRECTED - {"gwet_ac2"}))
def test_every_metric_corrected_for_chance_has_them(name: str) -> None:
    made = make_round(ROWS)
    pair = (0, 2) if metric(name).raters == "pairs" else None
    question, ratings = made.questions[0], made.ratings["value"]
    found = explain(metric(name), question, ratings, made.raters, pair=pair, resamples=0)
    gaps = {c.gap for c in found.conventions}
    assert {"no_chance", "pair_lowest", "pair_highest"} <= gaps


@pytest.mark.parametrize(
    ("text", "value", "decimals"),
    [
        (".83", 0.83, 2),
        ("0,830", 0.83, 3),
        ("83 %", 0.83, 2),
        ("83.5%", 0.835, 3),
        ("−.1", -0.1, 1),
    ],
)
def test_numbers_as_people_write_them(text: str, value: float, decimals: int) -> None:
    target = Target.of(text)
    assert target.value == pytest.approx(value)
    assert target.decimals == decimals
    assert target.rounds(value + 0.4 * 10**-decimals)
    assert not target.rounds(value + 0.6 * 10**-decimals)
    assert target.cut(value + math.copysign(0.9 * 10**-decimals, value))


@pytest.mark.parametrize("text", ["", "x", "83", ".", "%", "nan", "1e3", "." + "9" * 40])
def test_what_is_no_such_number_is_said(text: str) -> None:
    with pytest.raises(SettingsError, match="give the number as it was said"):
        Target.of(text)


@settings(max_examples=10)
@given(value=st.integers(0, 100))
def test_all_that_comes_to_it_and_nothing_else(value: int) -> None:
    found = looked_for(ROWS, f".{value:02}" if value < 100 else "1.00")
    assert all(abs(c.value - value / 100) <= 0.005 + 1e-9 for c in found.rounded)
    assert all(0 < c.value - value / 100 < 0.01 for c in found.cut)
    assert bool(found.nearest) == (not found.rounded and not found.cut)
    for each in (found.rounded, found.cut, found.nearest):
        apart = [abs(c.value - value / 100) for c in each]
        assert (
            apart == sorted(apart)
            or max(b - a for a, b in zip(apart[1:], apart, strict=False)) < 1e-9
        )


def test_the_pair_is_found_with_the_program_that_gave_it() -> None:
    from sklearn.metrics import cohen_kappa_score

    votes = [[row[2] for row in ROWS if row[1] == r] for r in range(3)]
    kappa = cohen_kappa_score(votes[0], votes[2])
    found = looked_for(ROWS, f"{kappa:.4f}")
    (hit,) = [c for c in found.rounded if c.row.metric == "cohen_kappa" and c.row.label is None][:1]
    assert hit.value == pytest.approx(kappa)
    assert any(
        c.convention and c.convention.source.startswith("scikit-learn") for c in (hit, *hit.also)
    )


def test_cut_off_is_not_rounded() -> None:
    found = looked_for(ROWS, "0.0001")
    assert found.nearest
    whole = found.n_known
    value = next(c.value for c in looked_for(ROWS, ".8").rounded)
    again = looked_for(ROWS, f"{math.floor(value * 100) / 100:.2f}")
    assert again.n_known == whole
    assert value in [c.value for c in (*again.rounded, *again.cut)]


@pytest.mark.parametrize("level", ["ordinal", "interval", "set", "ranking"])
def test_every_kind_of_question_can_be_searched(level: str) -> None:
    given = {
        "ordinal": ["1", "2", "3"],
        "interval": [1.0, 2.0, 5.5],
        "set": [frozenset("a"), frozenset("ab"), frozenset()],
        "ranking": [Ranking.of("abc"), Ranking.of("acb"), Ranking.of("bca")],
    }[level]
    rows = [(u, r, given[(u + (r and u % 3)) % 3]) for u in range(15) for r in range(3)]
    found = looked_for(rows, ".5", level=level)
    assert found.n_known > 1
    assert found.rounded or found.cut or found.nearest


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("kappa", ["cohen_kappa", "fleiss_kappa", "light_kappa"]),
        ("alpha", ["krippendorff_alpha"]),
        ("fleiss", ["fleiss_kappa"]),
        ("W", ["kendall_w"]),
    ],
)
def test_one_way_from_a_name_to_a_metric(said: str, names: list[str]) -> None:
    found = [entry.name for entry in metrics_called(said)]
    assert set(names) <= set(found)
    if len(names) > 1:
        with pytest.raises(SettingsError, match="name one"):
            metric_called(said)
    else:
        assert metric_called(said).name == names[0]


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("kapa", "did you mean fleiss_kappa, cohen_kappa_mean, light_kappa"),
        ("fleis_kappa", r"did you mean fleiss_kappa\?"),
        ("sklearn", "it is a program; it computes cohen_kappa"),
        ("zzzz", r"'zzzz'\. Known: "),
    ],
)
def test_what_is_no_name_gets_a_hint(said: str, hint: str) -> None:
    with pytest.raises(SettingsError, match=hint):
        metric_called(said)
