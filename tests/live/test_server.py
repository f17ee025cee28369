import pytest

from tests.live.conftest import task

pytestmark = pytest.mark.live


def test_a_project_of_ones_own_with_annotations_by_several_people(api, new_project, people):
    votes = {people["ann1"].id: "Positive", people["ann2"].id: None}
    project = new_project([task("good", votes)])

    found = api("GET", f"tasks/?project={project}&fields=all")["tasks"][0]["annotations"]

    assert {a["completed_by"]: a["was_cancelled"] for a in found} == {
        people["ann1"].id: False,
        people["ann2"].id: True,
    }
