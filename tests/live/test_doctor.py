"""``labelq doctor`` as a person meets it: one screen, or one line that says what is in the way."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from labelq.cli import main
from labelq.label_studio import retrying
from labelq.label_studio.connection import address, connect
from tests.live.conftest import task
from tests.live.newcomers import newcomer
from tests.live.proxy import (
    Authority,
    Proxy,
    always,
    cut,
    first,
    older_server,
    page,
    sign_in,
    stall,
    status,
    times,
)
from tests.live.server import free_port

pytestmark = pytest.mark.live

WHOAMI = "/api/current-user/whoami"
WRITES = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def doctor(capsys, monkeypatch, tmp_path):
    """``doctor(url, key, *arguments, **environment)``: exit code, output, errors; no secret."""

    def run(url, key, *arguments, **environment):
        with monkeypatch.context() as patched:
            for name, value in {"LABEL_STUDIO_API_KEY": key, **environment}.items():
                patched.setenv(name, value)
            with pytest.raises(SystemExit) as stopped:
                main(["doctor", *(("--url", url) if url else ()), *arguments])
        out, err = capsys.readouterr()
        written = [file.read_text() for file in tmp_path.rglob("*") if file.suffix != ".pem"]
        for text in (out, err, *written):
            assert not (len(key.strip()) > 8 and key.strip() in text)
            assert "sessionid" not in text
            assert "open sesame" not in text
        return stopped.value.code, out, err

    return run


def refusal(told):
    """The one line of an exit with 2, and only that."""
    code, _, err = told
    assert code == 2
    (line,) = err.splitlines()
    assert line.startswith("labelq: ")
    assert len(line) < 300
    return line


@pytest.mark.parametrize("kind", ["token", "pat"])
def test_one_screen(server, people, new_project, doctor, kind):
    one, two, three = (people[who].id for who in ("ann1", "ann2", "ann3"))
    votes = {one: "Positive", two: "Negative", three: None}
    project = new_project([task(f"text {i}", votes) for i in range(3)], title="\x1b[31ma round")
    with Proxy(server.url) as proxy:
        code, out, err = doctor(
            proxy.url, getattr(people["admin"], kind), "--project", str(project)
        )
        sent = {asked.method for asked in proxy.requests if "token/refresh" not in asked.path}
    assert (code, err) == (0, "")
    assert sent == {"GET"}
    lines = dict(re.split(r"  +", line, maxsplit=1) for line in out.splitlines())
    assert re.fullmatch(rf"{proxy.url} answers in \d+ ms", lines["Server"])
    assert re.fullmatch(r"Label Studio 1\.23\.\d+ \(Community\)", lines["Version"])
    kinds = {"token": "legacy token", "pat": "personal access token"}
    assert lines["Key"] == f"a {kinds[kind]}, accepted"
    assert lines["You are"] == "admin@example.com, user 1"
    assert lines["You may"].startswith("read, edit and delete everything")
    all_or_some = r"readable \(\d+ users\)|\d+ of \d+ users have one that you may read"
    assert re.fullmatch(all_or_some, lines["E-mails"])
    assert lines[f"Project {project}"] == (
        "\\x1b[31ma round: 3 tasks, 6 annotations, 3 skips, 3 annotators, overlap 3"
    )
    assert lines["Pull"].startswith("fast")
    assert lines["Queue"].startswith("fast")
    assert all(len(line) < 100 for line in out.splitlines())


def test_without_a_project_the_newest_are_listed(server, people, new_project, doctor):
    project = new_project([task("a", {})], title="the newest")
    code, out, err = doctor(server.url, people["admin"].pat)
    assert (code, err) == (0, "")
    assert f"Project {project}".ljust(14) + "the newest: 1 task, 0 annotations, overlap 3" in out
    assert out.count("\nProject ") <= 8


def test_a_newcomer_to_an_older_server(server, people, new_project, doctor):
    project = new_project([task("a", {})])
    with Proxy(server.url, older_server) as proxy:
        code, out, err = doctor(proxy.url, people["admin"].token, "--project", str(project))
        assert proxy.count(path="/form/") == 1  # its 500 is no bad weather
    assert (code, err) == (0, "")
    assert "Pull          slow: this server sends whole tasks only" in out
    assert "Queue         slow: this server tags one task at a time" in out


def test_an_action_that_the_server_does_not_know(server, people, new_project):
    """The older server of the proxy says what the real one does."""
    with connect(address(server.url, people["admin"].token, environment={})) as connection:
        answer = connection.client.get(
            f"{server.url}/api/dm/actions/no_such_action/form/",
            params={"project": new_project([])},
            extensions=retrying.ONCE,
        )
    assert answer.status_code == 500
    assert answer.json()["detail"] == "Can't find 'no_such_action' in registered actions"


def test_options_win_over_the_environment_and_that_over_the_settings_file(
    server, people, tmp_path, doctor
):
    key, nowhere = people["admin"].token, "http://127.0.0.1:1"
    settings = tmp_path / "labelq.toml"
    settings.write_text(f'url = "{server.url}"\n')
    assert doctor("", key)[0] == 0
    # A folder from somebody else does not choose the server that the key is sent to.
    settings.write_text(f'url = "{nowhere}"\n')
    assert doctor("", key, LABEL_STUDIO_URL=server.url)[0] == 0
    assert doctor(server.url, key, LABEL_STUDIO_URL=nowhere)[0] == 0
    assert nowhere in refusal(doctor("", key))


@pytest.mark.parametrize(
    ("weather", "words"),
    [
        (always(status(401, detail="Invalid token."), path=WHOAMI), "the key is refused"),
        (always(status(403), path=WHOAMI), "may not do that"),
        (always(page()), "a sign-in proxy answered"),
        (always(page(code=403)), "a sign-in proxy answered"),
        (sign_in("X-Sign-In", "open sesame"), "give that in LABELQ_HEADERS"),
        (always(page("<!doctype html><html>It works!</html>")), "web page (HTTP 200)"),
        (always(page("<html>" + "x" * 170_000 + "</html>", 404)), "web page (HTTP 404)"),
        (always(page("<html>Bad Gateway</html>", 502)), "nothing behind"),
        (always(status(200)), "is no Label Studio"),
        (always(status(429, retry_after=0.01)), "fewer requests"),
        (always(status(500)), "HTTP 500"),
        (always(cut()), "broke off"),
        (always(stall(30), path=WHOAMI), "did not answer in time"),
    ],
)
def test_what_stands_in_the_way_on_the_way(server, people, doctor, weather, words):
    with Proxy(server.url, weather) as proxy:
        told = doctor(proxy.url, people["admin"].token, LABELQ_TIMEOUT="2")
    assert words in refusal(told)


def test_a_redirect_to_a_sign_in_page_elsewhere(server, people, doctor):
    with Proxy(server.url, always(page("<html>Welcome</html>"))) as elsewhere:
        for to in (f"{elsewhere.url}/welcome", f"http://127.0.0.1:{free_port()}/"):
            with Proxy(server.url, sign_in("X-Sign-In", "open sesame", to=to)) as proxy:
                told = doctor(proxy.url, people["admin"].pat)
                assert "sign-in proxy" in refusal(told)
                let_in = doctor(
                    proxy.url, people["admin"].pat, LABELQ_HEADERS="X-Sign-In: open sesame"
                )
                assert let_in[0] == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1", "nobody answers"),
        ("http://no-such-host.invalid", "no host of this name"),
        ("127.0.0.1:8080", "as in https://127.0.0.1:8080"),
        ("http://user:open%20sesame@127.0.0.1", "no user and password"),
        ("", "Give --url, or set LABEL_STUDIO_URL"),
    ],
)
def test_addresses_where_nobody_is(people, doctor, url, words):
    told = doctor(url, people["admin"].token)
    assert words in refusal(told)
    assert told[1] == ""


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        (lambda user: "a-wrong-key-of-somebody", "the key is refused"),
        (lambda user: user.pat[:-6] + "AAAAAA", "the key is refused"),
        (lambda user: user.pat.rpartition(".")[0] + ".", "the key is refused"),
        (lambda user: f"{user.token[:20]}\n{user.token[20:]}", "copy it again"),
        (lambda user: " \n", "no key"),
    ],
)
def test_keys_that_open_nothing(server, people, doctor, spoilt, words):
    key = spoilt(people["ann8"])
    assert words in refusal(doctor(server.url, key))
    if key.strip():
        assert words in refusal(doctor(server.url, "unused", "--api-key", key))


def test_a_certificate_that_nobody_knows(server, people, doctor, tmp_path):
    authority = Authority(tmp_path)
    with Proxy(server.url, tls=authority.context) as proxy:
        key = people["admin"].pat
        assert "--ca-bundle FILE" in refusal(doctor(proxy.url, key))
        assert doctor(proxy.url, key, "--ca-bundle", str(authority.file))[0] == 0


def test_a_key_taken_back_in_the_middle(server, doctor):
    person = newcomer(server.url)
    weather = times(1, first(person.revoke), path="/api/users/")
    with Proxy(server.url, weather) as proxy:
        told = doctor(proxy.url, person.token)
    assert "the key is no longer valid" in refusal(told)
    assert person.email in told[1]


def test_a_project_that_is_not_there(server, people, doctor):
    told = doctor(server.url, people["admin"].pat, "--project", "999999")
    assert "has no such project" in refusal(told)


def test_a_server_that_repeats_everything(server, people, doctor):
    """Hostile text, with the key and a cookie in it, in every field that is shown."""
    key = people["admin"].token
    echo = f"\x1b]0;title\x07 Token {key} sessionid=abc"

    def weather(asked):
        if asked.path == "/api/version":
            return None
        if asked.path == WHOAMI:
            return status(400, detail=echo)
        return None

    with Proxy(server.url, weather) as proxy:
        line = refusal(doctor(proxy.url, key))
    assert "\x1b" not in line
    assert "\x07" not in line
    assert json.dumps(echo) not in line


def test_what_it_costs_to_start(server, people):
    """A check of the server needs neither the SDK nor a table; a wrong address not even HTTP."""
    heavy = "('label_studio_sdk', 'pandas', 'numpy')"
    script = (
        "import sys\nfrom labelq.cli import main\n"
        "try:\n    main(['doctor'])\n"
        "except SystemExit as stopped:\n    code = stopped.code\n"
        f"heavy = {heavy} + (('httpx',) if code else ())\n"
        "print(code, [name for name in heavy if name in sys.modules])\n"
    )
    for url, code in ((server.url, 0), ("no address", 2)):
        environment = {"LABEL_STUDIO_URL": url, "LABEL_STUDIO_API_KEY": people["admin"].pat}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.splitlines()[-1] == f"{code} []", done.stdout + done.stderr
        assert done.returncode == 0
