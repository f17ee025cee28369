"""No key, token or cookie in anything that is said or written."""

from __future__ import annotations

import tempfile
from pathlib import Path

import httpx
import pytest

import labelq.cli as front_door
from labelq.label_studio.connection import address
from labelq.label_studio.redaction import known_secrets, redacted, without_parts
from labelq.label_studio.refusals import RefusedError, refusal

TOKEN = "0123456789abcdef0123456789abcdef01234567"
WEB_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjgwfQ.c2lnbmF0dXJl-_x"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Token {TOKEN}",
        f"headers: {{'authorization': 'Token {TOKEN}', 'accept': '*/*'}}",
        f"{{'set-cookie': 'sessionid={WEB_TOKEN}; Path=/', 'date': 'now'}}",
        f"Cookie: csrftoken={TOKEN}; sessionid={TOKEN}",
        f"(b'Authorization', b'Bearer {WEB_TOKEN}')",
        f"cookies sessionid={TOKEN}:1rT; and more",
        f"the key is {TOKEN}",
        f"the key is {WEB_TOKEN}",
        f"cut: {WEB_TOKEN[:30]}",
        f"http://user:{TOKEN}@proxy:8080/",
        f"Illegal header value b'Token {TOKEN}\\n'",
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str):
    hidden = redacted(text)
    assert "[hidden]" in hidden
    for part in (TOKEN, WEB_TOKEN, WEB_TOKEN.split(".")[1], "sessionid", "c2lnbmF0"):
        assert part not in hidden


def test_what_is_no_secret_stays():
    text = (
        "task 12 of ab12cd34: token authentication has failed; a cookie jar; see https://x.org/a@b"
    )
    assert redacted(text) == text


def test_the_secrets_of_this_process():
    environment = {
        "LABEL_STUDIO_API_KEY": " short-key\n",
        "LABELQ_HEADERS": "X-Sign-In: a secret\nX-Other: another",
    }
    arguments = ["labelq", "doctor", "--api-key", "by-hand", "--api-key=by-sign"]
    found = known_secrets(environment, arguments)
    assert set(found) == {"short-key", "a secret", "another", "by-hand", "by-sign"}
    assert known_secrets({"LABELQ_HEADERS": '{"X-A": "json secret"}'}, [])[-1] == "json secret"
    said = redacted("a secret and another, short-key and by-hand", found)
    assert said == "[hidden] and [hidden], [hidden] and [hidden]"


def test_an_address_does_not_show_its_key_or_headers():
    environment = {"LABELQ_HEADERS": "X-Sign-In: a secret"}
    shown = repr(address("http://x", TOKEN, environment=environment))
    assert "http://x" in shown
    assert TOKEN not in shown
    assert "a secret" not in shown


def test_the_details_of_an_internal_error_hold_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "an-odd-key")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def fail(*_: object, **__: object) -> None:
        headers = {"set-cookie": f"sessionid={TOKEN}", "x": WEB_TOKEN}
        raise RuntimeError(f"with an-odd-key and {headers}") from ValueError(f"Token {TOKEN}")

    monkeypatch.setattr(front_door.labelq, "main", fail)
    with pytest.raises(SystemExit) as stopped:
        front_door.main(["demo"])
    assert stopped.value.code == 3
    (details,) = tmp_path.iterdir()
    written = details.read_text()
    assert "RuntimeError: with [hidden] and" in written
    for text in (written, *capsys.readouterr()):
        for secret in (TOKEN, WEB_TOKEN, "an-odd-key", "sessionid"):
            assert secret not in text


def test_a_key_in_the_wrong_place_is_not_repeated(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stopped:
        front_door.main(["doctor", TOKEN])
    assert stopped.value.code == 2
    assert TOKEN not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "key", [TOKEN, "Kx7-secret_legacy.Value-of-32-chars!", WEB_TOKEN + "abcdef" * 20]
)
@pytest.mark.parametrize("form", ["{}", "{:.30}", "…{} and more", "x {}<b>y</b>"])
def test_a_detail_is_cut_after_its_secrets_are_taken_out(key: str, form: str):
    for before in range(0, 170, 3):
        detail = "x" * before + " key " + form.format(key) + "; try again" * 30
        answer = httpx.Response(
            400, json={"detail": detail}, request=httpx.Request("GET", "http://x")
        )
        error = httpx.HTTPStatusError("refused", request=answer.request, response=answer)
        said = refusal(error, "asking", "http://x", secrets=[key])
        assert isinstance(said, RefusedError)
        for text in (str(said), said.detail):
            assert not [key[i : i + 4] for i in range(len(key) - 3) if key[i : i + 4] in text]
        assert len(said.detail) <= 160


def test_a_part_of_a_secret_that_the_server_cut():
    said = without_parts(f"no {TOKEN[3:30]}, nor {TOKEN[-9:]}. Nor 0123.", [TOKEN, "short-key"])
    assert said == "no [hidden], nor [hidden]. Nor 0123."


def test_a_key_with_its_kind_is_hidden_alone_too():
    secrets = known_secrets({"LABEL_STUDIO_API_KEY": "Token an-odd-key"}, [])
    assert redacted("user an-odd-key is unknown", secrets) == "user [hidden] is unknown"
