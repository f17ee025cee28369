"""Units that belong together by a task field."""

from __future__ import annotations

import pytest

from labelq.errors import SettingsError
from labelq.labels.grouping import groups_of
from labelq.labels.model import Units


def units(**fields: tuple[object, ...]) -> Units:
    n = len(next(iter(fields.values())))
    return Units(tuple(str(i) for i in range(n)), (None,) * n, fields)


def test_values_are_compared_as_they_read() -> None:
    found = groups_of(units(document=(12, "12", "b", 7, "b")), "document")
    assert found.of_unit.tolist() == [0, 0, 1, 2, 1]
    assert (found.n_groups, found.n_alone) == (3, 0)


def test_units_without_a_value_are_groups_of_their_own_and_counted() -> None:
    found = groups_of(units(document=("a", None, "", "a")), "document")
    assert found.of_unit.tolist() == [0, 1, 2, 0]
    assert (found.n_groups, found.n_alone) == (3, 2)


def test_an_unknown_field_is_one_line_with_a_near_match() -> None:
    with pytest.raises(SettingsError, match=r"--group documnt: .*; did you mean document\?"):
        groups_of(units(document=("a",)), "documnt")
    with pytest.raises(SettingsError, match="fields: document"):
        groups_of(units(document=("a",)), "zzz")
