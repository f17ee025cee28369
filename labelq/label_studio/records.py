"""From the bytes of a JSON export to its tasks, whatever its age and shape.

The file is mapped into memory and split into raw tasks; each is then decoded into typed
records on its own, so that what is not needed (geometry, histories) is never built. A file
or a task that the strict decoder refuses goes through the standard library's parser once
(which also reads NaN and half surrogate pairs); what still does not fit is a bad record.
"""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Callable, Generator, Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from labelq.errors import SourceError
from labelq.label_studio.people import Author, Person

__all__ = ["NO_REGION", "Annotation", "Answer", "Prediction", "Result", "Task", "region", "tasks"]

Scalar = str | int | float | None
Choices = Scalar | tuple[str | int | float | tuple[str | int | float, ...], ...] | UnsetType


class Answer(Struct, gc=False):
    """``result["value"]``: the answers of measured tags, and whether it holds a region."""

    choices: Choices = UNSET
    taxonomy: Choices = UNSET
    rating: Scalar | UnsetType = UNSET
    number: Scalar | UnsetType = UNSET
    datetime: Scalar | UnsetType = UNSET
    selected: Choices = UNSET
    ranker: Any = UNSET  # lists of item ids by name
    # where a region lies: presence is all that matters, so these are never decoded
    start: Raw | UnsetType = UNSET
    x: Raw | UnsetType = UNSET
    points: Raw | UnsetType = UNSET
    vertices: Raw | UnsetType = UNSET
    rle: Raw | UnsetType = UNSET
    ranges: Raw | UnsetType = UNSET
    sequence: Raw | UnsetType = UNSET
    text: Raw | UnsetType = UNSET  # the words of a region; a TextArea's are not measured


_WHERE = ("start", "x", "points", "vertices", "rle", "ranges", "sequence", "text")

region = attrgetter(*_WHERE)
"""What an answer says about a region; :data:`NO_REGION` where it is about the whole task."""

NO_REGION = (UNSET,) * len(_WHERE)


class Result(Struct, gc=False):
    """One entry of an annotation's ``result``."""

    from_name: str | None = None
    type: str | None = None
    value: Answer | None = None
    origin: str | None = None
    item_index: int | None = None


class Annotation(Struct, gc=False):
    """One annotation (in old exports: completion)."""

    completed_by: Author = None
    result: list[Result | list[Result]] | None = None
    was_cancelled: bool | None = None
    ground_truth: bool | None = None
    created_at: Scalar = None
    updated_at: Scalar = None
    lead_time: float | None = None
    updated_by: int | str | Person | list[int | str | Person] | None = None
    parent_prediction: Any = None
    draft: bool | None = None
    skipped: bool | None = None  # `was_cancelled` and `ground_truth` of the oldest exports
    honeypot: bool | None = None


class Prediction(Struct, gc=False):
    """What a model version answered."""

    model_version: Scalar = None
    result: list[Result | list[Result]] | None = None
    created_at: Scalar = None
    score: Scalar = None


class Draft(Struct, gc=False):
    """Unsubmitted work; on an annotation that was submitted before, if it says so."""

    annotation: Any = None


class Task(Struct, gc=False):
    """One record of the file: a task, a wrapper around tasks, or a row of JSON_MIN."""

    id: int | str | None = None
    project: Any = None  # its number; in some old exports an object
    data: dict[str, Any] | None = None
    annotations: list[Annotation] | None = None
    completions: list[Annotation] | None = None
    predictions: list[Prediction | int | str] | None = None
    drafts: list[Draft | int | str] | None = None
    draft_exists: bool | None = None  # of a pull, which is told no more
    tasks: Raw | UnsetType = UNSET
    annotated_tasks: Raw | UnsetType = UNSET
    projects: Raw | UnsetType = UNSET
    annotation_id: Raw | UnsetType = UNSET
    annotator: Raw | UnsetType = UNSET


MinRow = Callable[[dict[str, Any], str], Task]
"""Turns one row of a JSON_MIN export, and its name for errors, into a task.

Raises msgspec.ValidationError where the row is no such row.
"""


def tasks(
    path: Path, *, min_row: MinRow, on_bad: Callable[[str], None] | None
) -> Iterator[tuple[Task, float]]:
    """Every task in the file, with the share of the file that is read.

    ``on_bad`` takes the line that says what is wrong with a record that is left out; without
    it such a record raises.

    Raises:
        SourceError: the file, or without ``on_bad`` one of its records, cannot be read.
    """
    reader = _Records(str(path), min_row, on_bad)
    content = _content(path)
    top = re.match(rb"\s*(\S)", content[:1000])
    opening = top.group(1) if top else b""
    if opening not in (b"[", b"{"):
        what = "is empty" if not opening else "is not JSON"
        raise SourceError(
            f"{path}: {what}; export the project from Label Studio as JSON and give that file"
        )
    done, complete = yield from _in_pieces(content)
    if complete:
        return
    raws: Iterator[tuple[Any, float]]
    try:
        if opening == b"[":
            listed = _RAWS.decode(content)
            raws = ((raw, i / len(listed)) for i, raw in enumerate(listed))
        else:
            raws = iter([(_RAW.decode(content), 0.0)])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raws = reader.leniently(bytes(content))
    n = 0
    decode = _TASK.decode
    for n, (raw, share) in enumerate(raws, 1):
        if n <= done:
            continue
        try:
            task = decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            task = None
        if task is not None and (task.data is not None or task.annotations is not None):
            yield task, share  # nearly every record: no need to look closer
        else:
            for found in reader.read(raw, f"#{n}"):
                yield found, share
    if not n and not reader.n_bad:
        raise SourceError(f"{path}: holds no task (the list is empty)")


def _in_pieces(content: Any) -> Generator[tuple[Task, float], None, tuple[int, bool]]:
    """The plain tasks at the beginning of a list, a few hundred at a time: the fast way.

    The list is cut where a record begins like the first one does. A cut in the wrong place
    leaves a piece that is no JSON, so pieces that decode are right; at the first that does
    not, or that holds more than plain tasks, the careful way takes over.

    Returns:
        how many tasks were yielded, and whether these were all.
    """
    first = _FIRST.match(content[:2000])
    if first is None:
        return 0, False
    cut = re.compile(
        rb"\}(\s*,\s*)(?=\{\s*\"%s\"\s*:\s*(?:-?\d+|\"[^\"\\]*\")\s*,\s*\"%s\"\s*:)"
        % first.groups()
    )
    at, n, size = content.find(b"[") + 1, 0, len(content)
    whole, room = memoryview(content), bytearray(4 * _PIECE)
    while True:
        found = cut.search(content, at + _PIECE)
        end = found.start(1) if found else size
        if end - at + 2 > len(room):
            room = bytearray(2 * (end - at))
        # One buffer for all pieces: memory that is given back and taken again costs more
        # than the decoding. (What a task keeps of it is only whether a key was there.)
        room[0] = 0x5B
        room[1 : end - at + 1] = whole[at:end]
        room[end - at + 1] = 0x5D
        try:
            listed = _TASKS.decode(memoryview(room)[: end - at + (2 if found else 1)])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return n, False
        if any(task.data is None and task.annotations is None for task in listed):
            return n, False
        for task in listed:
            yield task, at / size
        n += len(listed)
        if found is None:
            return n, n > 0
        at = found.end(1)


def _content(path: Path) -> Any:
    """The bytes of the file, mapped into memory, without a byte order mark."""
    try:
        with path.open("rb") as file:
            if not file.seek(0, 2):
                return b""
            # Raw tasks are views into the mapping, which lives as long as they do.
            content = _mapped(file.fileno())
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})") from None
    return content[3:] if content[:3] == b"\xef\xbb\xbf" else content


def _mapped(file: int) -> mmap.mmap:
    """The file mapped for reading, where possible with all its pages at once."""
    populate = getattr(mmap, "MAP_POPULATE", None)
    if populate is None:
        return mmap.mmap(file, 0, access=mmap.ACCESS_READ)
    return mmap.mmap(file, 0, flags=mmap.MAP_PRIVATE | populate, prot=mmap.PROT_READ)


class _Records:
    def __init__(self, where: str, min_row: MinRow, on_bad: Callable[[str], None] | None) -> None:
        self.where = where
        self.min_row = min_row
        self.on_bad = on_bad
        self.n_bad = 0

    def bad(self, problem: str) -> None:
        """Refuse the file, or leave this record out."""
        self.n_bad += 1
        if self.on_bad is None:
            raise SourceError(f"{self.where}: {problem}; --skip-bad-records leaves it out")
        self.on_bad(problem)

    def read(self, raw: Any, name: str) -> Iterator[Task]:
        """The tasks in one record: itself, or those it wraps."""
        try:
            task = _TASK.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            mended = self.mended(raw, name)
            if mended is None:
                return
            task, raw = mended
        if task.annotations is not None or task.completions is not None or task.data is not None:
            yield task
        elif (below := _wrapped(task)) is not None:
            for n, inner in enumerate(below, 1):
                yield from self.read(inner, f"{name}.{n}")
        elif task.annotation_id is not UNSET or task.annotator is not UNSET:
            named = _named(task.id, name)
            try:
                yield self.min_row(msgspec.json.decode(raw), f"{self.where}: {named}")
            except msgspec.ValidationError as error:
                self.bad(f"{named}: {_in_words(error)}")
        else:
            self.bad(
                f"{_named(task.id, name)} has neither data nor annotations;"
                " expected a JSON export of Label Studio (a list of tasks)"
            )

    def mended(self, raw: Any, name: str) -> tuple[Task, bytes] | None:
        """A record that the strict decoder refused, read leniently; None: it is bad."""
        content = bytes(raw)
        try:
            content = _clean(json.loads(content, parse_constant=_nothing))
            return msgspec.json.decode(content, type=Task, strict=False), content
        except (ValueError, RecursionError) as error:  # DecodeError and Unicode errors are these
            named = _named(_id_of(content), name)
            if isinstance(error, msgspec.ValidationError):
                self.bad(f"{named}: {_in_words(error)}")
            else:
                self.bad(f"{named}: not JSON ({' '.join(str(error).split())})")
            return None

    def leniently(self, content: bytes) -> Iterator[tuple[bytes, float]]:
        """The records of a file that is not strictly JSON, up to where it breaks."""
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise SourceError(
                f"{self.where}: is not UTF-8 text (byte {error.start}); export it again as JSON"
            ) from None
        n = 0
        try:
            for n, (record, end) in enumerate(_elements(text), 1):  # noqa: B007  # used below
                yield _clean(record), end / len(text)
        except json.JSONDecodeError as error:
            cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
            what = "the file ends in the middle (truncated?)" if cut else error.msg.lower()
            self.bad(f"not JSON after task #{n}, line {error.lineno}: {what}")
        except (RecursionError, ValueError):
            self.bad(f"task #{n + 1} is nested too deeply, or holds an endless number")


def _elements(text: str) -> Iterator[tuple[Any, int]]:
    """The elements of a JSON list (or the one object), and where each ends."""
    decoder = json.JSONDecoder(parse_constant=_nothing)
    at = _skip(text, 0)
    listed = text[at] == "["
    at = _skip(text, at + listed)
    while not (listed and text[at : at + 1] == "]"):
        record, at = decoder.raw_decode(text, at)
        yield record, at
        at = _skip(text, at)
        if not listed:
            break
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "]":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
    if _skip(text, at + listed) < len(text):
        raise json.JSONDecodeError("Extra data", text, at + listed)


_PIECE = 1 << 18
_FIRST = re.compile(rb"\s*\[\s*\{\s*\"(\w+)\"\s*:\s*(?:-?\d+|\"[^\"\\]*\")\s*,\s*\"(\w+)\"\s*:")
_TASKS = msgspec.json.Decoder(list[Task])
_RAWS = msgspec.json.Decoder(list[Raw])
_RAW = msgspec.json.Decoder(Raw)
_TASK = msgspec.json.Decoder(Task)


def _nothing(_: str) -> None:
    """NaN and Infinity are no JSON, and no answers."""


def _clean(record: Any) -> bytes:
    """The record as JSON in UTF-8; half surrogate pairs become question marks."""
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "replace")


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _wrapped(task: Task) -> list[Any] | None:
    for raws in (task.tasks, task.annotated_tasks, task.projects):
        if raws is not UNSET and bytes(raws)[:1] == b"[":
            return _RAWS.decode(raws)
    return None


def _named(task_id: Any, name: str) -> str:
    return f"task {name}" if task_id is None else f"task {task_id}"


def _id_of(content: bytes) -> Any:
    class Identified(Struct):
        id: int | str | None = None

    try:
        return msgspec.json.decode(content, type=Identified).id
    except msgspec.DecodeError:
        return None


def _in_words(error: msgspec.ValidationError) -> str:
    """``Expected `int`, got `str` - at `$.a[0].b``` → ``field a[0].b: expected int, got str``."""
    message, _, path = str(error).replace("`", "").partition(" - at ")
    message = message[:1].lower() + message[1:].replace(" | ", " or ")
    return f"field {path.removeprefix('$.')}: {message}" if path.startswith("$.") else message
