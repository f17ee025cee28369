"""Single files out: whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from labelq.errors import OutputError


def write_files(contents: Mapping[Path, bytes], *, replace: bool = False) -> None:
    """Write files so that each is there whole, or what stood there stays.

    Raises:
        OutputError: one is there already and ``replace`` is not given, or cannot be written.
    """
    check_files(contents, replace=replace)
    tag = secrets.token_hex(4)
    # Through a link its target is written: the link stays one.
    files = {_resolved(path): content for path, content in contents.items()}
    fresh = {path: path.with_name(f".{path.name}.{tag}.new") for path in files}
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh[path].write_bytes(content)
            if path.exists():  # who may read it is its owner's choice
                fresh[path].chmod(path.stat().st_mode & 0o7777)
        for path, new in fresh.items():
            new.replace(path)
    except OSError as cause:
        raise OutputError(f"{path}: cannot be written ({cause.strerror or cause})") from None
    finally:
        for new in fresh.values():
            with suppress(OSError):
                new.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Alone among labelq's processes with the files beside ``path``: to read and then replace one.

    The folder itself is locked, so that nothing is left over. Where that cannot be done
    (Windows, some network disks) it goes on without.
    """
    folder = None
    with suppress(ImportError, OSError):
        import fcntl

        folder = os.open(path.parent, os.O_RDONLY)
        fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if folder is not None:
            os.close(folder)


def check_files(paths: Iterable[Path], *, replace: bool, sources: Iterable[Path] = ()) -> None:
    """Refuse files that must not be written, before any work is done.

    Raises:
        OutputError: one is no ordinary file, is read as a source, or is there already and
            ``replace`` is not given.
    """
    read = [_resolved(source) for source in sources]
    for path in paths:
        if path.is_dir() or str(path) == "-":
            what = "a directory" if path.is_dir() else "no file"
            raise OutputError(f"{path}: is {what}; give the name of a file")
        if path.exists() and not path.is_file():
            raise OutputError(f"{path}: is no ordinary file, and is left as it is")
        if any(_resolved(path).is_relative_to(source) for source in read):
            raise OutputError(f"{path}: is (in) the source; give another name")
        if os.path.lexists(path) and not replace:
            raise OutputError(f"{path}: is there already; --replace replaces it")


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a link that leads to itself
        raise OutputError(
            f"{path}: is a link that leads nowhere; give the name of a file"
        ) from None
