"""Where the server is and by which key: what is understood, and what is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelq.errors import SettingsError
from labelq.label_studio.connection import address, connect


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "Give --url, or set LABEL_STUDIO_URL"),
        ("localhost:8080", "as in https://localhost:8080"),
        ("label-studio.example.com/ls", "as in https://label-studio.example.com/ls"),
        ("ftp://example.com", "as in https://example.com"),
        ("https://", "write the whole address"),
        ("https://user:pass@example.com", "no user and password in it"),
        ("http://example.com:port", "no URL"),
        ("http://[::1", "no URL"),
        ("http://exa mple.com", "a space or a character"),
        ("http://example.com/\x1b[31m", "a space or a character"),
    ],
)
def test_urls_that_are_none(url, words):
    with pytest.raises(SettingsError) as told:
        address(url, "key", environment={})
    assert words in str(told.value)
    assert "--url" in str(told.value)
    assert "LABEL_STUDIO_URL" in str(told.value)
    assert "pass@" not in str(told.value)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "no key"),
        ({"LABEL_STUDIO_API_KEY": "  \n"}, "no key"),
        ({"LABEL_STUDIO_API_KEY": "ab\ncd"}, "copy it again"),
        ({"LABEL_STUDIO_API_KEY": "schlüssel"}, "copy it again"),
        ({"LABELQ_HEADERS": "no colon"}, "Name: value"),
        ({"LABELQ_HEADERS": "X-A: a\x01b"}, "Name: value"),
        ({"LABELQ_HEADERS": '{"X-A": '}, "begins as JSON"),
        ({"LABELQ_HEADERS": "Authorization: Basic abc"}, "needed for Label Studio"),
        ({"LABELQ_TIMEOUT": "soon"}, "number of seconds"),
        ({"LABELQ_TIMEOUT": "nan"}, "number of seconds"),
        ({"SSL_CERT_FILE": "/no/such.pem"}, "no such file"),
    ],
)
def test_environments_that_are_wrong(environment, words):
    key = None if "no key" in words or "copy" in words else "key"
    with pytest.raises(SettingsError) as told:
        address("http://x", key, environment=environment)
    assert words in str(told.value)
    assert "Basic" not in str(told.value)


def test_a_bundle_without_certificates(tmp_path: Path):
    (tmp_path / "empty.pem").write_text("nothing")
    where = address("https://x", "key", ca_bundle=tmp_path / "empty.pem", environment={})
    with pytest.raises(SettingsError, match="holds no certificate"), connect(where):
        pass
