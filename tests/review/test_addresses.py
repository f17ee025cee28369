"""Only the pages and their own few files have an address."""

import pytest


@pytest.mark.parametrize(
    "path",
    [
        "/static/../guard.py",
        "/static/%2e%2e/guard.py",
        "/static/..%2fapp.py",
        "/static/",
        "/static",
        "/static/_style.css",
        "/audit.json",
        "/etc/passwd",
        "//etc/passwd",
        "/cluster/nobody",
        "/cluster/category-2",
        "/cluster/",
    ],
)
def test_no_other_file_has_an_address(meeting, path):
    assert meeting.client.get(path).status_code in (404, 307)


def test_own_files_are_served_with_their_types(meeting):
    for name, kind in (("meeting.js", "text/javascript"), ("report.css", "text/css")):
        answer = meeting.client.get(f"/static/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
