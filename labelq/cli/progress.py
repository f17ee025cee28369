"""A progress bar on long work, on stderr, only when that is a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_PATIENCE = 2.0  # seconds


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """A function to call with a step's name and the share done (0 to 1)."""
    if not sys.stderr.isatty():
        yield lambda _step, _share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),  # names come from data
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True, markup=False),
        transient=True,
    )
    with bar:
        task = bar.add_task("reading", total=1.0)
        yield lambda step, share: bar.update(task, description=step, completed=share)


@contextmanager
def spinner(step: str) -> Iterator[None]:
    """A step whose length is not known: named on a terminal if it takes more than a while."""
    if not sys.stderr.isatty():
        yield
        return
    from threading import Timer

    from rich.console import Console
    from rich.text import Text

    shown = Console(stderr=True).status(Text(step))
    timer = Timer(_PATIENCE, shown.start)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        shown.stop()


class Counted:
    """A counted step: ``done`` of ``total`` things, as a step's name and a share.

    The rate is over what was done since the step began, so a slow start does not flatter.
    """

    def __init__(self, progress: Callable[[str, float], None], step: str, unit: str) -> None:
        self.progress = progress
        self.step = step
        self.unit = unit
        self.began = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Say how far it is."""
        taken = time.monotonic() - self.began
        rate = f", {done / taken:,.0f}/s" if done and taken > 0 else ""
        text = f"{self.step}: {done:,} of {total:,} {self.unit}{rate}"
        self.progress(text, done / total if total else 1.0)
