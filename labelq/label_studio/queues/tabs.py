"""Tabs of the Data Manager: the one that shows a queue, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from labelq.label_studio.ballots.config import ASKS, OPTIONS
from labelq.label_studio.queues.header import REASON, VOTES
from labelq.label_studio.queues.marks import tab_title
from labelq.labels.queue_fields import BALLOT, KEY, OVERLAP, PRIORITY, QUEUE, QUEUED_AT, ROUND

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = ["first_tab", "put_tab", "queue_tab", "queue_tabs"]

_QUEUES = (KEY, ROUND, PRIORITY, QUEUE, QUEUED_AT, OVERLAP, REASON, VOTES)
_FIELDS = (*_QUEUES, BALLOT, ASKS, OPTIONS)
_HIDDEN = tuple(
    f"tasks:{name}"
    for name in (
        # who answered what is not shown, either
        "inner_id",
        "annotators",
        "annotations_results",
        "annotations_ids",
        "predictions_score",
        "predictions_results",
        "predictions_model_versions",
        "total_predictions",
        "file_upload",
        "storage_filename",
        "created_at",
        "updated_at",
        "updated_by",
        "avg_lead_time",
        "draft_exists",
        *(f"data.{name}" for name in _FIELDS),
    )
)


def queue_tab(
    connection: Connection, project: int, round_: str
) -> tuple[int | None, dict[str, Any] | None]:
    """The tab's id if there is one, and what its data must become (None: it is right).

    It filters on the tag: a filter by a list of ids would break the page for everybody.

    Raises:
        ServerError: the tabs cannot be listed.
    """
    item = {
        "filter": f"filter:tasks:data.{QUEUE}",
        "operator": "equal",
        "type": "String",
        "value": round_,
    }
    wanted = {
        "filters": {"conjunction": "and", "items": [item]},
        "ordering": [f"-tasks:data.{PRIORITY}"],
    }
    for tab_id, data in queue_tabs(connection, project, round_):
        same = data.get("ordering") == wanted["ordering"]
        return tab_id, None if same else {**data, **wanted}
    return None, _new(tab_title(round_)) | wanted


def queue_tabs(
    connection: Connection, project: int, round_: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Id and data of the tabs that show this round's queue and nothing else.

    Raises:
        ServerError: the tabs cannot be listed.
    """
    for tab_id, data in _tabs(connection, project):
        items = (data.get("filters") or {}).get("items") or ()
        shown = [(item.get("filter"), item.get("operator"), item.get("value")) for item in items]
        if shown == [(f"filter:tasks:data.{QUEUE}", "equal", round_)]:
            yield tab_id, data


def put_tab(
    connection: Connection, project: int, tab_id: int | None, data: Mapping[str, Any]
) -> None:
    """Make a tab, or put the one with this id in order.

    The web page makes its Default tab only where there is no tab at all: a queue's tab must
    not be the only one.

    Raises:
        ServerError: the server failed.
    """
    first_tab(connection, project, "Default")
    with connection.doing(f"making the tab in project {project}"):
        if tab_id is None:
            connection.sdk.views.create(project=project, data=data)
        else:
            connection.sdk.views.update(id=str(tab_id), project=project, data=data)


def first_tab(connection: Connection, project: int, title: str) -> None:
    """See to it that a project has a tab: one of all its tasks, without labelq's columns.

    Raises:
        ServerError: the server failed.
    """
    if not any(True for _ in _tabs(connection, project)):
        with connection.doing(f"making the first tab of project {project}"):
            connection.sdk.views.create(project=project, data=_new(title))


def _new(title: str) -> dict[str, Any]:
    hidden = {"explore": list(_HIDDEN), "labeling": list(_HIDDEN)}
    return {"title": title, "type": "list", "target": "tasks", "hiddenColumns": hidden}


def _tabs(connection: Connection, project: int) -> Iterator[tuple[int, dict[str, Any]]]:
    what = f"reading the tabs of project {project}"
    for tab in connection.read("api/dm/views/", list[_Tab], what, project=project):
        yield tab.id, tab.data or {}


class _Tab(msgspec.Struct):
    id: int
    data: dict[str, Any] | None = None
