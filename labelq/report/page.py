"""Sentences on the terminal: folded at words, plain where the output is no terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TextIO

from labelq.report.text import NUMBER_SPACE, plain, visible

if TYPE_CHECKING:
    from rich.console import Console

_NO_BREAK = "\ue000"  # stands for a space where no line may end, while lines are made


class Page:
    """Sentences to a console: folded at words, never cut; paths on one line to be copied."""

    def __init__(self, file: TextIO | None) -> None:
        self.console = console(file)

    def say(self, sentence: str, style: str = "", *, indent: int = 0, start: str = "") -> None:
        """A sentence; ``start`` stands before its first line, the others are set in as far."""
        from rich.text import Text

        room = max(10, self.console.width - indent - len(start))
        body = Text(re.sub(NUMBER_SPACE, _NO_BREAK, plain(sentence)))
        for part in body.wrap(self.console, room, overflow="fold"):
            shown = part.plain.rstrip().replace(_NO_BREAK, " ")
            self.console.print(Text(" " * indent + start + shown, style=style), soft_wrap=True)
            start = " " * len(start)

    def path(self, path: str, *, indent: int) -> None:
        """A path or a command, on one line however long."""
        from rich.text import Text

        self.console.print(Text(" " * indent + visible(path), style="cyan"), soft_wrap=True)

    def skip(self) -> None:
        """An empty line."""
        self.console.print()


def console(file: TextIO | None = None) -> Console:
    """A console that takes nothing in its input for markup."""
    from rich.console import Console

    return Console(file=file, markup=False, emoji=False, highlight=False)
