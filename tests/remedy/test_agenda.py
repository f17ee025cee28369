"""Which clusters a meeting talks about, in which order, for how long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelq.pinpoint.findings import Agenda, Cause, Cluster
from labelq.remedy.agenda import MOST_EXAMPLES, SHORTEST, kept_off, meeting_agenda


def cluster(name, kind="gap", share=0.1, units=(1, 2, 3), divided=()):
    return Cluster(
        name, "q", ("A", "B"), units, (), share, None, Cause(kind), None, divided=divided
    )


def ledger(clusters):
    return (Agenda("q", tuple(one.id for one in clusters), 0.5, 0.5, 0.5, None, None),)


def test_gaps_first_then_by_share_and_people_are_kept_off():
    made = [
        cluster("little", "too_little", 0.3),
        cluster("habit", "rater", 0.4),
        cluster("small", "gap", 0.1),
        cluster("unclear", "ambiguous", 0.5),
        cluster("slip", "slip", 0.2),
        cluster("large", "gap", 0.2),
    ]
    found = meeting_agenda([*made, cluster("unlisted")], ledger(made))
    assert [one.cluster for one in found] == ["large", "small", "unclear", "little"]
    assert [one.id for one in kept_off(made, ledger(made))] == ["habit", "slip"]


def test_minutes_follow_what_is_at_stake_and_add_up():
    made = [cluster("a", share=0.3), cluster("b", share=0.15), cluster("c", share=0.001)]
    found = meeting_agenda(made, ledger(made), minutes=60)
    assert [one.minutes for one in found] == pytest.approx([38, 19, SHORTEST])


@given(st.lists(st.floats(0, 1), max_size=30), st.floats(5, 600))
def test_minutes_add_up_or_everybody_has_the_shortest(shares, minutes):
    made = [cluster(f"c{i}", share=share) for i, share in enumerate(shares)]
    found = [one.minutes for one in meeting_agenda(made, ledger(made), minutes=minutes)]
    assert all(part >= SHORTEST - 1e-9 for part in found)
    if found and sum(found) != pytest.approx(minutes):
        assert found == [SHORTEST] * len(found) or sum(shares) == 0


def test_examples_are_the_most_divided_and_the_most_central():
    (one,) = meeting_agenda(
        [cluster("a", units=tuple(range(20)), divided=(9, 8, 7, 6))],
        ledger([cluster("a")]),
    )
    assert one.units == (9, 8, 7, 0, 1, 2)
    assert len(one.units) == MOST_EXAMPLES
