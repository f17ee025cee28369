"""What an annotator is called where people read: a letter, unless names are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from labelq.labels.model import Rater
from labelq.report.text import mark


class Names:
    """The annotators of a round as they may be shown: letters, or with ``names`` names."""

    def __init__(self, raters: Sequence[Rater], *, names: bool = False) -> None:
        self._shown = [rater.name if names else rater.letter for rater in raters]
        self._codes = {rater.id: code for code, rater in enumerate(raters)}
        self.hidden = not names

    def of(self, rater: int) -> str:
        """The annotator with code ``rater``, as data text."""
        return self._shown[rater]

    def of_id(self, rater_id: str) -> str:
        """The annotator with this id, as data text. An id nobody has is not shown."""
        code = self._codes.get(rater_id)
        return "?" if code is None else self._shown[code]

    def sentence(self, rater: int) -> str:
        """``annotator A`` (or the name alone), marked as data, for the middle of a sentence."""
        shown = mark(self._shown[rater])
        return f"annotator {shown}" if self.hidden else shown

    def series(self, raters: Iterable[int]) -> str:
        """Several annotators in a row, marked: ``A, B, C``."""
        return ", ".join(mark(self._shown[rater]) for rater in raters)
