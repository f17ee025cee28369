"""A meeting around a small planted round: one gap, one habit."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from labelq.cli import labelq
from labelq.reading import read_audit
from labelq.review.app import meeting_app
from labelq.review.desk import Desk
from labelq.review.guard import Keys
from labelq.settings import Settings
from tests.pinpoint.planted import planted
from tests.review.client import TestClient

PORT = 8765
BASE = f"http://127.0.0.1:{PORT}"


class Browser:
    """One browser that was let in: it reads forms and sends them as the page would."""

    def __init__(self, app, keys):
        self.keys = keys
        self.client = TestClient(app, base_url=BASE, follow_redirects=False)
        answer = self.client.get("/", params={"token": keys.token})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")

    def get(self, path, status=200):
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, path, headers=None, **fields):
        """Send a form as the page does: with the token of forms, and where it comes from."""
        return self.client.post(
            path,
            data={"form": self.keys.form, **fields},
            headers={"origin": BASE, **(headers or {})},
        )

    def base(self, name="category-1"):
        """What stands in the file, as the open form knows it."""
        return re.search(r'name="base" value="(\w*)"', self._decide(name)).group(1)

    def _decide(self, name):
        page = self.get(f"/cluster/{name}")
        return page[page.index('id="decide"') :]

    def decide(self, name="category-1", *, base=None, **fields):
        at = f"/cluster/{name}"
        return self.post(f"{at}/decide", base=self.base(name) if base is None else base, **fields)


@pytest.fixture(scope="session")
def audited(tmp_path_factory):
    folder = tmp_path_factory.mktemp("meeting")
    planted().round.to_frame().to_csv(folder / "planted.csv", index=False)
    (folder / "guideline.md").write_text("# Guideline\n\n## Billing\n\nMoney.\n", encoding="utf-8")
    told = ["audit", "planted.csv", "--guideline", "guideline.md", "--out", "audits/r"]
    where = [str(folder / one) if "." in one or "/" in one else one for one in told]
    result = CliRunner().invoke(labelq, [*where, "--resamples", "0", "--no-cross-check"])
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def folder(audited, tmp_path, monkeypatch):
    shutil.copytree(audited, tmp_path / "desk")
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"


@pytest.fixture(scope="session")
def earlier(audited):
    return read_audit(audited / "audits/r")


@pytest.fixture
def open_meeting(folder, earlier):
    """Starts the meeting as the command does; again for the same meeting after a kill."""

    def opened(**how):
        keys = Keys(PORT)
        desk = Desk(earlier, Path("audits/r"), Settings(), **how)
        browser = Browser(meeting_app(desk, keys), keys)
        browser.desk = desk
        return browser

    return opened


@pytest.fixture
def meeting(open_meeting):
    return open_meeting()


class _Text(HTMLParser):
    def __init__(self):
        super().__init__()
        self.pieces, self.elements, self.attributes = [], set(), {}

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value)

    def handle_data(self, data):
        self.pieces.append(data)


@pytest.fixture
def read():
    """A page as (text on one line, elements, attributes)."""

    def parsed(page):
        found = _Text()
        found.feed(page)
        return " ".join("".join(found.pieces).split()), found.elements, found.attributes

    return parsed
