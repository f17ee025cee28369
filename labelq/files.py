"""The disk: tables in, whole directories out.

An output directory appears whole or not at all. What is read is never trusted to be what its
name says; every refusal is one line that names the file and says what to do.
"""

from __future__ import annotations

import csv
import glob
import gzip
import hashlib
import io
import os
import re
import secrets
import shutil
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelq.errors import LabelqError, OutputError, SettingsError, SourceError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "TABLE_SUFFIXES",
    "csv_safe",
    "read_bytes",
    "read_table",
    "read_text",
    "table_suffix",
    "write_directory",
]

MOST_MATRIX_BYTES = 10_000_000

TABLE_SUFFIXES = (".csv", ".tsv", ".tab", ".parquet", ".jsonl", ".ndjson")


def read_bytes(path: Path, error: type[LabelqError] = SourceError) -> bytes:
    """The content of a file.

    Raises:
        LabelqError: of the class ``error``, if it cannot be read.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise error(f"{path}: is no ordinary file (a pipe or a device cannot be read)")
        return path.read_bytes()
    except OSError as cause:
        raise error(f"{path}: cannot be read ({cause.strerror})") from None


def read_text(path: Path, error: type[LabelqError] = SourceError) -> str:
    """The text of a UTF-8 file, byte for byte: line ends and byte order mark included.

    Raises:
        LabelqError: of the class ``error``, if it cannot be read or is not UTF-8.
    """
    try:
        return read_bytes(path, error).decode("utf-8")
    except UnicodeDecodeError as cause:
        raise error(
            f"{path}: is not UTF-8 text (byte {cause.start}); save it again as UTF-8"
        ) from None


# --- tables in ------------------------------------------------------------------------------


def table_suffix(path: Path) -> str:
    """The suffix that tells what kind of table a file is, without ``.gz``."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def read_table(path: Path) -> pd.DataFrame:
    """The table at ``path``: CSV, TSV, Parquet or JSON Lines, gzipped or not.

    CSV cells are text, an empty cell is the empty text, and words such as NA stay words. The
    separator is the comma, semicolon or tab that the header holds most of.

    Raises:
        SourceError: it cannot be read as the table that its suffix promises.
    """
    suffix = table_suffix(path)
    if suffix == ".parquet":
        frame = _read_parquet(path)
    else:
        content = read_bytes(path)
        if path.suffix.lower() == ".gz":
            try:
                content = gzip.decompress(content)
            except (OSError, EOFError):
                raise SourceError(f"{path}: is not a whole gzip file; compress it again") from None
        if not content.strip():
            raise SourceError(f"{path}: is empty; a table needs a header line and rows")
        if suffix in (".jsonl", ".ndjson"):
            frame = _read_json_lines(path, content)
        else:
            frame = _read_csv(path, content)
    if frame.empty:
        raise SourceError(f"{path}: has no rows")
    if frame.columns.has_duplicates:
        raise SourceError(f"{path}: two columns have the same name; rename one")
    return frame


def read_matrix(path: Path) -> dict[str, dict[str, float]]:
    """A square CSV with labels in its first row and column; empty cells are left out.

    Raises:
        SettingsError: it cannot be read, or a cell is no number.
    """
    if path.is_file() and path.stat().st_size > MOST_MATRIX_BYTES:
        raise SettingsError(f"{path}: is larger than any matrix of labels (500 × 500) should be")
    text = read_text(path, SettingsError).removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(text), delimiter=_separator(text.encode())))
    rows = [row for row in rows if any(row)]
    header = rows[0][1:] if rows else []
    found: dict[str, dict[str, float]] = {}
    for row in rows[1:]:
        label = row[0]
        if label in found or len(set(header)) < len(header):
            raise SettingsError(f"{path}: a label has two rows or two columns")
        if len(row) - 1 > len(header):
            raise SettingsError(f"{path}: the row of {label!r} has more cells than the first row")
        try:
            found[label] = {
                other: float(cell) for other, cell in zip(header, row[1:], strict=False) if cell
            }
        except ValueError:
            raise SettingsError(f"{path}: a cell in the row of {label!r} is no number") from None
    if not header or not found:
        raise SettingsError(
            f"{path}: is no matrix; it has the labels in its first row and in its first column"
        )
    return found


def _read_parquet(path: Path) -> pd.DataFrame:
    from pyarrow import ArrowException, parquet

    try:
        # integers with gaps stay integers, not floats
        frame: pd.DataFrame = parquet.read_table(path).to_pandas(
            integer_object_nulls=True, ignore_metadata=True
        )
    except OSError as cause:
        raise SourceError(f"{path}: cannot be read ({one_line(cause)})") from None
    except ArrowException as cause:
        raise SourceError(f"{path}: is not Parquet ({one_line(cause)})") from None
    return frame


def _read_csv(path: Path, content: bytes) -> pd.DataFrame:
    import io

    import pandas as pd

    try:
        _refuse_twins(path, content)
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                io.BytesIO(content),
                sep=_separator(content),
                dtype=str,
                keep_default_na=False,
                index_col=False,
                encoding="utf-8-sig",
            ).fillna("")
    except UnicodeDecodeError as cause:
        raise SourceError(
            f"{path}: is not UTF-8 text (byte {cause.start}); save it again as CSV UTF-8"
        ) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pd.errors.ParserWarning) as cause:
        problem = one_line(cause).removeprefix("Error tokenizing data. C error: ")
        raise SourceError(f"{path}: is not a table: {problem}") from None


def _refuse_twins(path: Path, content: bytes) -> None:
    """Two columns of one name: the reader would rename the second in silence."""
    first = content.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0].decode("utf-8")
    header = next(csv.reader([first], delimiter=_separator(content)), [])
    twins = sorted({name for name in header if header.count(name) > 1})
    if twins:
        raise SourceError(f"{path}: two columns are called {twins[0]!r}; rename one")


_SEPARATORS = (b",", b";", b"\t")


def _separator(content: bytes) -> str:
    """The separator that the header holds most of, outside quotes; a comma if none."""
    header = re.sub(rb'"[^"]*"', b"", content[:100_000]).lstrip().splitlines()[:1]
    counts = {separator: sum(line.count(separator) for line in header) for separator in _SEPARATORS}
    return max(_SEPARATORS, key=counts.__getitem__).decode()


def _read_json_lines(path: Path, content: bytes) -> pd.DataFrame:
    import msgspec
    import pandas as pd

    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    decoder = msgspec.json.Decoder(dict[str, Any])
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                rows.append(decoder.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as cause:
                raise SourceError(
                    f"{path}: line {number} is not a JSON object ({one_line(cause)})"
                ) from None
    columns = dict.fromkeys(name for row in rows for name in row)
    return pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in columns}
    )


def one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def sha256(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- directories out ------------------------------------------------------------------------


@contextmanager
def write_directory(target: Path, *, replace: bool = False) -> Iterator[Path]:
    """A fresh directory beside ``target`` that becomes ``target`` when the block ends well.

    On any exception, an interrupt included, nothing is left behind and what stood there
    stays. With ``replace`` an earlier audit makes room by renaming, and goes last.

    Raises:
        OutputError: ``target`` is there already, is not an audit, or cannot be written.
    """
    try:
        target = target.resolve()
    except (OSError, RuntimeError):  # links that lead in a circle
        raise OutputError(f"{target}: cannot be resolved; give another --out") from None
    check_target(target, replace=replace)
    missing = [parent for parent in target.parents if not parent.exists()]
    tag = secrets.token_hex(4)
    fresh = target.with_name(f".{target.name}.{tag}.new")
    old = target.with_name(f".{target.name}.{tag}.old")
    try:
        fresh.mkdir(parents=True)
        yield fresh
        check_target(target, replace=replace)
        _swap(fresh, target, old)
        missing = []
    except OSError as cause:
        raise OutputError(f"{target}: cannot be written ({cause.strerror or cause})") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        _put_back(old, target)
        shutil.rmtree(old, ignore_errors=True)
        for parent in missing:
            with suppress(OSError):
                parent.rmdir()


def check_target(target: Path, *, replace: bool) -> None:
    """Refuse a ``target`` that must not be written, before any work is done.

    Raises:
        OutputError: it is there already and ``replace`` is not given, or it is no audit.
    """
    for old in sorted(target.parent.glob(f".{glob.escape(target.name)}.*.old")):
        _put_back(old, target)  # a process was killed between two renames
    if not os.path.lexists(target):
        return
    if not target.is_dir():
        what = "a link to nothing" if target.is_symlink() else "a file, not a directory"
        raise OutputError(f"{target}: is {what}; give another --out")
    if not replace:
        raise OutputError(f"{target}: is there already; --replace replaces it")
    if not (target / "manifest.json").is_file() and any(target.iterdir()):
        raise OutputError(
            f"{target}: is not an audit (it has no manifest.json), so it is not replaced;"
            " give another --out"
        )


def _swap(fresh: Path, target: Path, old: Path) -> None:
    """Put ``fresh`` in the place of ``target``; what stood there is at ``old`` afterwards."""
    with _uninterrupted():
        if target.exists():
            target.rename(old)
        try:
            fresh.rename(target)
        finally:
            _put_back(old, target)


def _put_back(old: Path, target: Path) -> None:
    """Whatever happened, what stood at ``target`` stands there again if nothing else does."""
    if old.exists() and not os.path.lexists(target):
        old.rename(target)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold back SIGINT and SIGTERM until the block is done (in the main thread)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = {
        number: signal.signal(number, lambda got, _frame: held.append(got))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if held:
            signal.raise_signal(held[0])


_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?%?")


def csv_safe(text: str) -> str:
    """The cell as a spreadsheet must get it: what would run as a formula becomes text.

    >>> csv_safe("=1+1"), csv_safe("-3.5"), csv_safe("refund")
    ("'=1+1", '-3.5', 'refund')
    """
    if text[:1] in tuple("=+-@\t\r\n＝＋－＠") and not _NUMBER.fullmatch(text):
        return "'" + text
    return text
