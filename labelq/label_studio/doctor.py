"""Is everything in place: the server, the key, the projects. Reads only, and says what it finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from labelq.errors import ServerError
from labelq.label_studio.connection import Connection
from labelq.label_studio.refusals import RefusedError
from labelq.label_studio.retrying import ONCE

__all__ = ["examine"]

_LISTED = 8
"""Projects that are shown where none was named."""


def examine(connection: Connection, projects: Sequence[int] = ()) -> Iterator[tuple[str, str]]:
    """What is found, as (what, how it is), each as soon as it is known. Nothing is written.

    Without ``projects``, the newest of all projects are listed.

    Raises:
        ServerError: the key is refused, a project is not there, or the server breaks off.
    """
    yield "Server", f"{connection.url} answers in {1000 * connection.answered_in:.0f} ms"
    edition = f" ({connection.edition})" if connection.edition else ""
    yield "Version", f"Label Studio {connection.version or 'unknown'}{edition}"
    me = connection.me
    yield "Key", f"a {connection.key_kind}, accepted"
    yield "You are", f"{me.get('email') or me.get('username') or 'nameless'}, user {me['id']}"
    yield "You may", _rights(connection)
    yield "E-mails", _emails(connection)
    if projects:
        found = [
            _read(connection, f"api/projects/{id_}/", f"reading project {id_}") for id_ in projects
        ]
    else:
        listed = _read(connection, "api/projects/", "listing the projects", page_size=_LISTED)
        found, n_all = listed.get("results") or [], listed.get("count") or 0
        shown = f"; the newest {len(found)}:" if n_all > len(found) else ""
        yield "Projects", f"{n_all:,}{shown}"
    for project in found:
        yield f"Project {project['id']}", _project(connection, project, counted=bool(projects))
    filled = next((p for p in found if p.get("task_number")), None)
    yield "Pull", _pages(connection, filled)
    yield "Queue", _tags(connection, found[0] if found else None)


def _read(connection: Connection, path: str, what: str, **parameters: Any) -> Any:
    with connection.doing(what):
        return msgspec.json.decode(connection.get(path, **parameters))


def _rights(connection: Connection) -> str:
    if connection.edition.lower() == "community":
        return "read, edit and delete everything (in this edition every user may)"
    return "do what your role allows"


class _User(msgspec.Struct):
    email: str | None = None


def _emails(connection: Connection) -> str:
    try:
        users = connection.read("api/users/", list[_User], "listing the people")
    except RefusedError as error:
        return f"not readable (HTTP {error.status}): annotators go by their numbers"
    n = sum("@" in (user.email or "") for user in users)
    if n == len(users):
        return f"readable ({_counted(n, 'user')})"
    return f"{n:,} of {_counted(len(users), 'user')} have one that you may read"


def _project(connection: Connection, project: dict[str, Any], *, counted: bool) -> str:
    title = connection.hidden(str(project.get("title") or "").strip()) or "without a title"
    facts = [
        _counted(project.get("task_number") or 0, "task"),
        # the server counts skips apart
        _counted(project.get("total_annotations_number") or 0, "annotation"),
    ]
    if skips := project.get("skipped_annotations_number"):
        facts.append(_counted(skips, "skip"))
    if counted:
        what = f"reading the annotators of project {project['id']}"
        people = _read(connection, f"api/projects/{project['id']}/annotators/", what)
        facts.append(_counted(len(people), "annotator"))
    facts.append(f"overlap {project.get('maximum_annotations') or 1}")
    return f"{title}: {', '.join(facts)}"


def _pages(connection: Connection, project: dict[str, Any] | None) -> str:
    """Whether a page of tasks comes with the chosen fields only."""
    if project is None:
        return "not tried: no project above has tasks"
    asked = {"project": project["id"], "fields": "all", "include": "id", "page": 1, "page_size": 1}
    try:
        page = _read(connection, "api/tasks/", "reading a task", **asked)
        fast = set(page["tasks"][0]) == {"id"}
    except RefusedError as error:
        if error.status >= 500:
            raise
        fast = False
    except (KeyError, IndexError, TypeError):
        raise ServerError(f"reading a task: {connection.url} gives no page of tasks") from None
    return "fast (chosen fields only)" if fast else "slow: this server sends whole tasks only"


def _tags(connection: Connection, project: dict[str, Any] | None) -> str:
    """Whether the bulk action exists; its form is asked for, nothing is done."""
    if project is None:
        return "not tried: you see no project"
    with connection.doing("asking for the bulk action"):
        # A server without it fails with a 500, which need not be asked for again and again.
        answer = connection.client.get(
            f"{connection.url}/api/dm/actions/add_data_field/form/",
            params={"project": project["id"]},
            extensions=ONCE,
        )
    if answer.is_success and "json" in answer.headers.get("Content-Type", ""):
        return "fast (tags in bulk)"
    return "slow: this server tags one task at a time"


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
