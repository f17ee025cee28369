"""The labeling config of a queue project: the project's own, with a line that says why.

The words name neither a label nor a person, and the same reason is given for a unit that
contradicts its gold label as for any other: whoever opens the task must not be led.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from labelq.errors import SourceError
from labelq.label_studio.config import parse_label_config

__all__ = ["REASON", "VOTES", "added_lines", "queue_config", "reason_shown"]

REASON = "labelq_reason"
"""The task field that the header shows."""

VOTES = "labelq_votes"
"""The task field with earlier answers, for those who ask for it."""

_WORDS = {
    "disputed": "Earlier answers differ.",
    "even_split": "Earlier answers differ.",
    "one_vote": "It has only one answer so far.",
    "gap": "The guideline did not settle tasks like this one.",
    "resembles_gap": "The guideline did not settle tasks like this one.",
    "decided": "A rule was decided for tasks like this one: see the instructions.",
}
_OTHERWISE = "One more answer makes it certain."

_SAY = {
    "another_person": "Label it as you would any other task, by the guideline.",
    "second_look": "Read the instructions again, then answer as if you saw it for the first time.",
}


def reason_shown(reasons: Iterable[str]) -> str:
    """Why a unit is queued, for whoever labels it: of all its reasons the most telling one.

    >>> reason_shown(["uncertain", "one_vote"])
    'It has only one answer so far.'
    """
    said = [_WORDS[reason] for reason in reasons if reason in _WORDS]
    order = list(dict.fromkeys(_WORDS.values()))
    return max(said, key=order.index) if said else _OTHERWISE


def added_lines(wants: str, *, votes: bool = False) -> list[str]:
    """What a queue's config has beside the labeled project's own: two headers, and a panel."""
    added = [
        f'<Header value="Why is this task here? ${REASON}" size="5"/>',
        f'<Header value="{_SAY[wants]}" size="6"/>',
    ]
    if votes:
        added.append(
            '<Collapse><Panel value="Earlier answers (decide before you open this)">'
            f'<Table name="{VOTES}" value="${VOTES}"/></Panel></Collapse>'
        )
    return added


def queue_config(label_config: str, wants: str, *, votes: bool = False, where: str) -> str:
    """``label_config`` with the header as its first element; otherwise character for character.

    With ``votes`` a closed panel at the end shows the earlier answers. ``where`` names the
    config in errors.

    Raises:
        SourceError: it is no labeling config.
    """
    from defusedxml.ElementTree import fromstring

    parse_label_config(label_config, where=where)  # refuses what is broken
    root = re.search(
        r"\A(?:\s|\ufeff|<\?.*?\?>|<!--.*?-->)*<[A-Za-z][^\s/>]*(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>",
        label_config,
        re.DOTALL,
    )
    end = label_config.rfind("</")
    if root is None or end < root.end():
        raise SourceError(f"{where}: has nothing inside; give the project's config")
    first, second, *panel = added_lines(wants, votes=votes)
    made = (
        f"{label_config[: root.end()]}\n  {first}\n  {second}{label_config[root.end() : end]}"
        + "".join(f"  {line}\n" for line in panel)
        + label_config[end:]
    )
    tags = [element.tag for element in fromstring(made)]
    if tags[:2] != ["Header", "Header"] or (votes and tags[-1] != "Collapse"):
        raise SourceError(f"{where}: has comments that hide its end; remove them")
    return made
