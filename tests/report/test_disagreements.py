"""``disagreements.csv``: what stands in it, exactly."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import labelq
from labelq.pinpoint.findings import CAUSES
from labelq.report.cards import chances
from labelq.report.causes import likely_cause
from labelq.report.directory import write_audit
from labelq.report.disagreements import COLUMNS, disagreements_frame
from labelq.report.names import Names
from labelq.report.text import plain
from tests.rounds import make_round

HOSTILE = '=1+"1",\n'


def rows(n=6):
    for i in range(n):
        yield from [(f"u{i}", "a", "x"), (f"u{i}", "b", "x"), (f"u{i}", "c", HOSTILE)]
    for i in range(40):
        yield from [(f"v{i}", r, "x" if i % 2 else HOSTILE) for r in "abc"]


@pytest.fixture(scope="module")
def audited():
    return labelq.audit(make_round(rows()), resamples=0)


def test_each_disputed_task_is_a_row(audited, tmp_path):
    write_audit(audited, tmp_path / "a", manifest={})
    table = pd.read_csv(tmp_path / "a" / "disagreements.csv", keep_default_na=False)
    assert tuple(table.columns) == COLUMNS
    assert table["unit"].tolist() == [f"u{i}" for i in range(6)]
    assert [json.loads(votes) for votes in table["votes"]] == [{"x": 2, HOSTILE: 1}] * 6
    assert set(table["cluster"]) <= {cluster.id for cluster in audited.clusters} | {""}
    assert table[list(CAUSES)].sum(axis=1).to_numpy() == pytest.approx(1)
    best = table[list(CAUSES)].to_numpy().argmax(axis=1)
    sure = table[list(CAUSES)].max(axis=1).to_numpy() > 0.5
    said = [CAUSES[b] if s else "too_little" for b, s in zip(best, sure, strict=True)]
    assert table["likeliest"].tolist() == said
    found = audited.disagreements[0].probabilities
    assert np.array_equal(table[list(CAUSES)].to_numpy(float), found)  # to the last digit


def test_two_annotators_have_empty_probabilities():
    two = [row for row in rows() if row[1] != "b"]
    table = disagreements_frame(labelq.audit(make_round(two), resamples=0))
    assert table[list(CAUSES)].isna().all().all()
    assert set(table["likeliest"]) == {"too_little"}


def test_labels_of_a_multiple_choice():
    made = [("u1", "a", "xy"), ("u1", "b", "x"), ("u1", "c", "xy"), ("u2", "a", "z")]
    made += [(f"v{i}", r, "x") for i in range(9) for r in "abc"]
    table = disagreements_frame(labelq.audit(make_round(made, level="set"), resamples=0))
    assert table[["unit", "label", "votes"]].to_numpy().tolist() == [
        ["u1", "y", '{"with": 2, "without": 1}']
    ]


def test_nothing_disputed_is_a_table_without_rows():
    made = [(f"v{i}", r, "xy"[i % 2]) for i in range(30) for r in "abc"]
    table = disagreements_frame(labelq.audit(make_round(made), resamples=0))
    assert tuple(table.columns) == COLUMNS
    assert len(table) == 0


def test_numbers_have_no_causes():
    made = [(f"v{i}", r, float(i + (r == "b"))) for i in range(30) for r in "abc"]
    found = labelq.audit(make_round(made, level="interval"), resamples=0)
    assert found.disagreements == ()
    assert len(disagreements_frame(found)) == 0


def test_causes_in_words(audited):
    names = Names(audited.round.raters)
    found = next(c for c in audited.clusters if c.cause.probabilities)
    assert chances(replace(found, cause=replace(found.cause, kind="too_little"))) == []
    cluster = replace(found, cause=replace(found.cause, kind="gap"))
    told = chances(cluster)
    assert {chance.kind for chance in told} == set(CAUSES)
    widths = [chance.width for chance in told]
    assert widths == sorted(widths, reverse=True)
    assert sum(widths) == pytest.approx(100, abs=0.3)
    assert [c.x for c in told] == pytest.approx([sum(widths[:i]) for i in range(4)], abs=0.01)
    assert plain(likely_cause(cluster, names)).endswith(" % (uncalibrated)")
