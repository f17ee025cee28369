import json
import math

import pytest

from labelq.errors import SourceError
from labelq.labels.submissions import NO_TIME
from tests.label_studio.exporting import (
    annotation,
    answers,
    choice,
    task,
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"[]", "holds no task"),
        (b"unit,rater,value", "is not JSON"),
        (b'"text"', "is not JSON"),
        (b"[1]", "task #1: expected object, got int"),
        (b'[{"id": 5, "text": "hi"}]', "task 5 has neither data nor annotations"),
        (b'[{"id": 5, "annotations": 3}]', "task 5: field annotations: expected array or null"),
        (
            b'[{"id": 5, "annotations": [{"lead_time": "long"}]}]',
            r"task 5: field annotations\[0\].lead_time: expected float or null, got str",
        ),
        (
            b'[{"id": 5, "annotations": [{"result": [{"value": {"choices": {}}}]}]}]',
            r"task 5: field annotations\[0\].result\[0\].value.choices",
        ),
        (b'[{"id": 1, "annotations": []}, {"id": 2, "annot', "after task #1, line 1: .*truncated"),
        (b'[{"id": 1, "annotations": []}', "after task #1, line 1: .*truncated"),
        (b'{"id": 1, "annotations": []', "truncated"),
        (b'[{"id": 1, "annotations": []}]]', "after task #1, line 1: extra data"),
        (b'[{"id": 1, "annotations": [] "x"}]', "after task #0, line 1: expecting ','"),
        (b'[{"id": 1, "data": {"a": "\xff"}}]', "is not JSON|not UTF-8|not JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'[{"id": 1, "annotations": [], "data": {"n": ' + b"9" * 5000 + b"}}]", "task"),
    ],
)
def test_bad_files_end_in_one_line(export, content, message):
    with pytest.raises(SourceError, match=message) as caught:
        export(content)
    assert "round.json: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bad_records_are_left_out_and_reported(export):
    good = json.dumps(task(1, annotation(1, choice("c", "A")))).encode()
    bad = b'{"id": 2, "annotations": "none"}'
    s = export(b"[" + good + b"," + bad + b"," + good + b', {"id": 3, "da', skip_bad_records=True)
    assert len(s.a_unit) == 2
    assert [detail for reason, _, detail in s.aside if reason == "bad_record"] == [
        "task 2: field annotations: expected array or null, got str",
        "not JSON after task #3, line 1: the file ends in the middle (truncated?)",
    ]


def test_types_that_are_merely_odd_are_read(export):
    odd = {"completed_by": "3", "lead_time": "4.5", "was_cancelled": 0, "result": [choice("c", 7)]}
    s = export([task(1, odd)])
    assert answers(s) == {("1", "3", "c"): "7"}
    assert s.a_seconds[0] == 4.5


@pytest.mark.parametrize(
    ("created_at", "submitted"),
    [
        ("2026-03-04T05:06:07.123456Z", 1772600767),
        ("2026-03-04T05:06:07Z", 1772600767),
        ("2026-03-04T07:06:07+02:00", 1772600767),
        ("2026-03-04 05:06:07", 1772600767),
        (1772600767, 1772600767),
        (None, NO_TIME),
        ("3 hours ago", NO_TIME),
        ("2026-03-04T05:06:99.123456Z", NO_TIME),
        (10**30, NO_TIME),
    ],
)
def test_dates(export, created_at, submitted):
    s = export([task(1, annotation(1, choice("c", "A"), created_at=created_at))])
    assert s.a_submitted.tolist() == [submitted]
    assert any("no date" in note for note in s.notes) == (
        isinstance(created_at, str) and submitted == NO_TIME
    )


def test_lead_times_that_cannot_be_are_unknown(export):
    s = export([task(1, annotation(1, lead_time=-4), annotation(2, lead_time=1e300))])
    assert all(math.isnan(seconds) for seconds in s.a_seconds)


def test_many_annotations_keep_their_order(export):
    tasks = [
        task(n, *(annotation(r, choice("c", "AB"[(n + r) % 2])) for r in range(5)))
        for n in range(600)
    ]
    shares = []
    s = export(tasks, progress=lambda step, share: shares.append((step, share)))
    assert s.a_unit.tolist() == [n for n in range(600) for _ in range(5)]
    found = answers(s)
    assert all(
        found[str(n), str(r), "c"] == "AB"[(n + r) % 2] for n in range(600) for r in range(5)
    )
    assert shares[-1] == ("reading", 1.0)
