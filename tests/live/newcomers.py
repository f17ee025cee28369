"""A user of one's own, for tests that take a key back: the others' keys stay as they are."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import httpx

from tests.live.server import INVITE


@dataclass(frozen=True)
class Newcomer:
    """Somebody who has just signed up at ``url``, with a legacy token."""

    url: str
    email: str
    token: str
    cookies: httpx.Cookies

    def revoke(self) -> None:
        """Take the token back: from now on it opens nothing."""
        with httpx.Client(base_url=self.url, trust_env=False, cookies=self.cookies) as session:
            headers = {"X-CSRFToken": self.cookies.get("csrftoken", "")}
            session.post("/api/current-user/reset-token", headers=headers).raise_for_status()


def newcomer(url: str) -> Newcomer:
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    with httpx.Client(base_url=url, trust_env=False) as session:
        page = f"/user/signup/?token={INVITE}"
        session.get(page).raise_for_status()
        form = {
            "csrfmiddlewaretoken": session.cookies["csrftoken"],
            "email": email,
            "password": "a-new-pass-1",
            "allow_newsletters": "false",
        }
        assert session.post(page, data=form).status_code == 302
        token = session.get("/api/current-user/token").json()["token"]
        return Newcomer(url, email, token, session.cookies)
