from dataclasses import replace

from labelq.measure.pairs_listed import pairs_listed
from tests.rounds import make_round, rows_of


def rows(n, metric="cohen_kappa", question="value"):
    found = next(
        iter(rows_of(make_round([("1", "a", "x"), ("1", "b", "y")]), resamples=0).values())
    )
    found = replace(found, metric=metric, question=question)
    return [found, *(replace(found, raters=(f"r{i}", "x"), n_units=i) for i in range(n))]


def test_the_pairs_that_share_most_are_listed_and_the_others_counted():
    given = [*rows(9), *rows(5, "raw_agreement"), *rows(2, question="other")]
    found = pairs_listed(given, 3)
    assert found.left_out == 6 + 2
    assert found.more == {"value": 6}
    kept = {(a.metric, a.n_units) for a in found.rows if a.raters and a.question == "value"}
    assert kept == {("cohen_kappa", n) for n in (6, 7, 8)} | {
        ("raw_agreement", n) for n in (2, 3, 4)
    }
    assert [a for a in found.rows if a.raters is None] == [a for a in given if a.raters is None]
    assert list(found.rows) == [a for a in given if a in found.rows]  # in their order


def test_few_pairs_are_all_listed():
    given = rows(9)
    assert pairs_listed(given).rows == tuple(given)
    assert (pairs_listed(given).left_out, pairs_listed(given).more) == (0, {})
