"""Which task on the server an entry of the queue is: by id or join, and only if still the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from labelq.errors import SourceError
from labelq.label_studio.config import parse_label_config
from labelq.label_studio.queues.order import Entry, Order
from labelq.label_studio.queues.tasks import Served, all_tasks, tasks_by_id, without_ours
from labelq.label_studio.texts import TextSource, shown_text
from labelq.labels.queue_fields import KEY

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = ["LeftOut", "Matches", "located", "match", "unit_of"]

Why = Literal["gone", "changed", "unsure", "busy", "answered", "counted"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Entries that a push leaves out, as unit or task ids.

    ``why`` is ``gone`` (no task there is the unit), ``changed`` (it shows something else),
    ``unsure`` (nothing tells what it showed), or about the queue of another round that holds
    it: ``busy`` (still waiting there), ``answered`` (with answers that the audit does not
    know), ``counted`` (with answers that it does). ``round`` is that round.
    """

    why: Why
    ids: tuple[object, ...]
    round: str = ""


@dataclass(slots=True)
class Matches:
    """Unit id → its task, and the entries that have none."""

    tasks: dict[str, Served] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()


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
    served = located(connection, order, (entry.unit for entry in entries), projects)
    texts = _texts(label_config, order)
    left: dict[Why, list[str]] = {"gone": [], "changed": [], "unsure": []}
    pulled = order.origin is not None
    for entry in entries:
        task = served.get(entry.unit)
        if task is None:
            left["gone"].append(entry.unit)
        elif not pulled and order.join is None and not entry.data:
            left["unsure"].append(entry.unit)  # the number alone may be that of any task
        elif not same_content(entry, task.data, texts, order.text_field, every=pulled):
            left["changed"].append(entry.unit)
        else:
            found.tasks[entry.unit] = task
    found.left_out = tuple(LeftOut(why, tuple(units)) for why, units in left.items() if units)
    return found


def located(
    connection: Connection, order: Order, units: Iterable[str], projects: Sequence[int]
) -> dict[str, Served]:
    """Unit id → the first task in ``projects``, in their order, that the audit would call so.

    Raises:
        ServerError: the tasks cannot be read.
    """
    name, wanted = unit_of(order), set(units)
    if order.join is None:
        ids = [int(unit) for unit in sorted(wanted) if unit.isascii() and _is_id(unit)]
        tasks = (task for project in projects for task in tasks_by_id(connection, project, ids))
    else:
        tasks = (task for project in projects for task in all_tasks(connection, project))
    found: dict[str, Served] = {}
    for task in tasks:
        if KEY not in task.data and (unit := name(task)) in wanted:
            found.setdefault(unit, task)
    return found


def unit_of(order: Order) -> Callable[[Served], str]:
    """Gives a task of the labeled projects the unit id that the audit gave it."""
    from labelq.label_studio.units import Joining
    from labelq.labels.submissions import Submissions

    joining = Joining(Submissions(), order.join)
    return lambda task: joining.unit_id(task.id, without_ours(task.data), lenient=True)


def _is_id(unit: str) -> bool:
    return unit.isdigit() and len(unit) < 19 and str(int(unit)) == unit


def _texts(label_config: str, order: Order) -> tuple[TextSource, ...]:
    if order.text_field != "text":
        return (TextSource((order.text_field,)),)
    try:
        return parse_label_config(label_config, where="the project's labeling config").texts
    except SourceError:
        return ()


def same_content(
    entry: Entry,
    data: Mapping[str, Any],
    texts: Sequence[TextSource],
    text_field: str,
    *,
    every: bool = True,
) -> bool:
    """Whether a task still holds what the annotators of the round saw.

    A field that was added since does no harm; labelq's own fields are none. Without ``every``
    neither does one that the task never had: a file's columns need not be the task's.
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
        elif (every or name in now) and _cell(now.get(name)) != _cell(value):
            return False
    return every or text_field in entry.data or not now.keys().isdisjoint(entry.data)


def _cell(value: Any) -> str:
    """A field's value as an audit keeps it; a table keeps numbers as text."""
    if isinstance(value, (list, dict, bool)):
        return msgspec.json.encode(value).decode()
    return str(value)
