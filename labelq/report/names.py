"""What an annotator is called where people read: a letter, unless names are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from labelq.labels.model import Rater
from labelq.report.numbers import count
from labelq.report.text import mark

LETTERS = (
    "Letters stand for annotators of this round only: another round, or another selection, gives"
    " them anew. Who is behind a letter: private/annotators.html, or --names."
)
"""Stands where letters do; ids are private."""


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

    def people(self, raters: Sequence[int], most: int = 3, *, bare: bool = False) -> str:
        """Several annotators in a sentence, the first few of many: ``annotators A, B and C``;
        ``bare`` where the sentence has said what they are: ``A, B and C``.
        """
        if len(raters) == 1:
            return mark(self._shown[raters[0]]) if bare else self.sentence(raters[0])
        shown = [mark(self._shown[rater]) for rater in raters[:most]]
        if len(raters) > most:
            shown.append(f"{count(len(raters) - most)} more")
        plural = "annotators " if self.hidden and not bare else ""
        return f"{plural}{', '.join(shown[:-1])} and {shown[-1]}"

    def series(self, raters: Iterable[int]) -> str:
        """Several annotators in a row, marked: ``A, B, C``."""
        return ", ".join(mark(self._shown[rater]) for rater in raters)
