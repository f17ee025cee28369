"""Which task on the server an entry of the queue is: by id or join, and only if still the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from labelq.errors import SourceError
from labelq.label_studio.config import parse_label_config
from labelq.label_studio.queues.order import Entry, Order
from labelq.label_studio.queues.tasks import Served, all_tasks, tasks_by_id, without_ours
from labelq.label_studio.texts import TextSource, shown_text
from labelq.labels.queue_fields import KEY

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = ["Matches", "match"]


@dataclass(slots=True)
class Matches:
    """Unit id → its task; ``gone`` and ``changed`` are the units that have none any more."""

    tasks: dict[str, Served] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


def match(
    connection: Connection,
    order: Order,
    entries: Sequence[Entry],
    projects: Sequence[int],
    label_config: str,
) -> Matches:
    """The tasks of ``entries`` in ``projects``, where the content is what was audited.

    Raises:
        ServerError: the tasks cannot be read.
    """
    found = Matches()
    join = order.origin.join if order.origin else None
    if join or len(projects) > 1:
        served = _joined(connection, projects, join or "content")
    else:
        ids = [int(entry.unit) for entry in entries if entry.unit.isascii() and _is_id(entry.unit)]
        served = {str(t.id): t for t in tasks_by_id(connection, projects[0], ids)}
    texts = _texts(label_config, order)
    for entry in entries:
        task = served.get(entry.unit)
        if task is None:
            found.gone.append(entry.unit)
        elif not same_content(entry, task.data, texts, order.text_field):
            found.changed.append(entry.unit)
        else:
            found.tasks[entry.unit] = task
    return found


def _is_id(unit: str) -> bool:
    return unit.isdigit() and len(unit) < 19 and str(int(unit)) == unit


def _joined(connection: Connection, projects: Sequence[int], join: str) -> dict[str, Served]:
    """Unit id → the first task that has it, in the order of ``projects``."""
    from labelq.label_studio.units import Joining
    from labelq.labels.submissions import Submissions

    joining = Joining(Submissions(), join)
    found: dict[str, Served] = {}
    for project in projects:
        for task in all_tasks(connection, project):
            if KEY not in task.data:
                found.setdefault(joining.unit_id(None, without_ours(task.data)), task)
    return found


def _texts(label_config: str, order: Order) -> tuple[TextSource, ...]:
    if order.text_field != "text":
        return (TextSource((order.text_field,)),)
    try:
        return parse_label_config(label_config, where="the project's labeling config").texts
    except SourceError:
        return ()


def same_content(
    entry: Entry, data: Mapping[str, Any], texts: Sequence[TextSource], text_field: str
) -> bool:
    """Whether a task still holds what the annotators of the round saw.

    A field that was added since does no harm; labelq's own fields are none.
    """
    now = without_ours(data)
    for name, value in entry.data.items():
        if name == text_field:
            if not (
                _cell(now.get(name)) == _cell(value)
                or shown_text(texts, now) == value
                or value in now.values()
            ):
                return False
        elif _cell(now.get(name)) != _cell(value):
            return False
    return True


def _cell(value: Any) -> str:
    """A field's value as an audit keeps it; a table keeps numbers as text."""
    if isinstance(value, (list, dict)):
        return msgspec.json.encode(value).decode()
    return str(value)
