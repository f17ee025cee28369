"""Rankings as values, in tables, at levels."""

import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelq.errors import SettingsError, SourceError
from labelq.labels.building import build_round
from labelq.labels.cells import cell_of, values_of
from labelq.labels.model import Question, Ranking
from labelq.labels.tables import frame_to_submissions

ASKED = Question("q", "ranking", "test")

items = st.lists(st.text(max_size=6), min_size=2, max_size=8, unique=True)


def table(*cells, **options):
    rows = "".join(
        f'u,r{i},"{cell.replace(chr(34), chr(34) * 2)}"\n' for i, cell in enumerate(cells)
    )
    frame = pd.read_csv(io.StringIO("unit,rater,value\n" + rows), dtype=str)
    return frame_to_submissions(frame, **options)


@given(items, st.data())
def test_a_cell_reads_back_the_same(names, data):
    cuts = data.draw(st.lists(st.booleans(), min_size=len(names), max_size=len(names)))
    places = [[]]
    for name, cut in zip(names, cuts, strict=True):
        places[-1].append(name)
        if cut:
            places.append([])
    ranking = Ranking.of(places)
    cell = cell_of(ranking)
    assert values_of(ASKED, [cell]) == {cell: ranking}


def test_order_and_equality():
    assert Ranking.of(["b", "a"]) > Ranking.of(["a", "b"])
    assert Ranking.of([["b", "a"]]) == Ranking.of([["a", "b"], []])
    assert len({Ranking.of("ab"), Ranking.of("ab"), Ranking.of("ba")}) == 2
    with pytest.raises(ValueError, match="two places"):
        Ranking.of(["a", ["b", "a"]])


def test_cells_of_ones_own():
    s = table('["i2", "i1"]', '["i1", ["i2", 3]]', levels={"value": "ranking"})
    assert list(s.values[0]) == [Ranking.of(["i2", "i1"]), Ranking.of(["i1", ["i2", "3"]])]
    assert s.questions[0].level == "ranking"
    assert table('["i2", "i1"]').questions[0].level == "set"  # what lists are, unless said


@pytest.mark.parametrize(
    "cell", ["i2 > i1", '{"rank": ["i1"]}', '["i1", "i1"]', "[", '{"ranking": 7}']
)
def test_what_is_no_ranking_is_one_line(cell):
    with pytest.raises(SourceError, match=r"row 2, column value: .*is not a ranking such as"):
        table('["i2", "i1"]', cell, levels={"value": "ranking"})


def test_levels_do_not_turn_rankings_into_something_else():
    s = table('{"ranking": ["i2", "i1"]}', '{"ranking": ["i1", "i2"]}')
    assert build_round(s, name="r", levels={"": "ordinal"}).questions[0].level == "ranking"
    with pytest.raises(SettingsError, match="every answer to value is a ranking"):
        build_round(s, name="r", levels={"value": "ordinal"})
    labels = table("x", "y")
    with pytest.raises(SettingsError, match="every answer to value is a single value"):
        build_round(labels, name="r", levels={"value": "ranking"})
