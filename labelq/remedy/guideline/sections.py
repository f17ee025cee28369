"""Which heading of a guideline is whose label's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from labelq.pinpoint.words import folded, tokens
from labelq.remedy.guideline.headings import Heading


def sections_of(
    labels: Sequence[str], headings: Sequence[Heading], told: Mapping[str, str]
) -> dict[str, Heading]:
    """The heading of each label's section: as ``told`` (label → title), else by its words.

    Labels without one are left out; a title that no heading has tells nothing.
    """
    named = {label: titled(title, headings) for label, title in told.items()}
    found = {label: heading for label, heading in named.items() if heading is not None}
    taken = set(found.values())
    rest = [label for label in labels if label not in found and any(map(str.isalpha, label))]
    return found | {k: v for k, v in heading_of(rest, headings).items() if v not in taken}


def titled(title: str, headings: Sequence[Heading]) -> Heading | None:
    """The first heading with this title, as written or by its words; None if there is none."""
    wanted, words = title.strip().lstrip("#").strip(), title_words(title)
    for same in (lambda h: h.title == wanted, lambda h: words and title_words(h.title) == words):
        for heading in headings:
            if same(heading):
                return heading
    return None


def heading_of(labels: Sequence[str], headings: Sequence[Heading]) -> dict[str, Heading]:
    """Which heading is whose, by their words: labels without one are left out.

    A heading belongs to a label when the words of one stand in the other, in order. The same
    words go first, then the most words in common, then the heading with the fewest others;
    a heading belongs to one label only, and the document's title to none.
    """
    candidates = []
    words_of = [title_words(label) for label in labels]
    holders: dict[str, list[int]] = {}  # word → labels, so that thousands of labels are no grid
    for j, words in enumerate(words_of):
        for word in set(words):
            holders.setdefault(word, []).append(j)
    top = _document_title(headings)
    for i, heading in enumerate(headings):
        if heading is top:
            continue
        title = title_words(heading.title)
        for j in sorted({j for word in set(title) for j in holders.get(word, ())}):
            common = _contained(words_of[j], title)
            if common:
                others = len(title) + len(words_of[j]) - 2 * common
                candidates.append((others > 0, -common, others, i, j))
    found: dict[str, Heading] = {}
    taken: set[int] = set()
    for *_, i, j in sorted(candidates):
        if i not in taken and labels[j] not in found:
            found[labels[j]] = headings[i]
            taken.add(i)
    return found


def _document_title(headings: Sequence[Heading]) -> Heading | None:
    """The first heading, where it alone has the highest level."""
    levels = [heading.level for heading in headings]
    return headings[0] if len(levels) > 1 and levels[0] < min(levels[1:]) else None


def title_words(title: str) -> tuple[str, ...]:
    """The words of a heading or label, folded; ``camelCase`` and ``snake_case`` are split.

    >>> title_words("3. **Damaged item**"), title_words("damagedItem")
    (('3', 'damaged', 'item'), ('damaged', 'item'))
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", title).replace("_", " ")
    return tuple(folded(word) for word in tokens(spaced))


def _contained(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    """Number of words of the shorter, if it stands in the longer; else 0."""
    short, long = sorted((a, b), key=len)
    if not short:
        return 0
    places = range(len(long) - len(short) + 1)
    return len(short) if any(long[i : i + len(short)] == short for i in places) else 0
