"""Who labeled: one person under a number, an e-mail address or a whole object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from labelq.labels.submissions import Submissions

__all__ = ["Author", "People", "Person"]


class Person(Struct, gc=False):
    """A user as exports write one out; every part may be absent."""

    id: int | str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    user_id: int | str | None = None


Author = int | str | Person | None


class People:
    """Everyone met so far; the same person met in two ways is one.

    Positions are handed out as people are met; :meth:`settle` merges those that turned out
    to be the same and gives everyone the stable id and the name.
    """

    def __init__(self) -> None:
        self._by_key: dict[int | str, int] = {}
        self._models: dict[str | float | None, int] = {}
        self._number: list[int | str | None] = []
        self._email: list[str | None] = []
        self._name: list[str] = []
        self._kind: list[Literal["person", "model"]] = []
        self._same: dict[int, int] = {}

    def position(self, author: Author) -> int:
        """The position of ``author``, -1 where there is none."""
        if type(author) is int:  # the common case, and the fast one
            known = self._by_key.get(author)
            if known is not None:
                return known
        number, email = _keys(author)
        keys = [key for key in (number, email.casefold() if email else None) if key is not None]
        if not keys:
            return -1
        found = sorted({self._find(self._by_key[key]) for key in keys if key in self._by_key})
        here = found[0] if found else self._new("person")
        for other in found[1:]:
            self._same[other] = here
            self._number[here] = self._number[here] or self._number[other]
            self._email[here] = self._email[here] or self._email[other]
            self._name[here] = self._name[here] or self._name[other]
        for key in keys:
            self._by_key[key] = here
        self._number[here] = number if number is not None else self._number[here]
        self._email[here] = self._email[here] or email
        if isinstance(author, Person) and not self._name[here]:
            self._name[here] = f"{author.first_name or ''} {author.last_name or ''}".strip()
        return here

    def model(self, version: str | float | None) -> int:
        """The position of a model version."""
        here = self._models.get(version)
        if here is None:
            here = self._models[version] = self._new("model")
            self._name[here] = "model without a version" if version is None else str(version)
            self._email[here] = f"model:{self._name[here]}"
        return here

    @staticmethod
    def differ(author: Author, editor: Author | Iterable[Author]) -> bool:
        """Whether somebody other than ``author`` is known to have edited."""
        if editor is None or editor == author or author is None:
            return False
        if isinstance(editor, list | tuple):
            return any(People.differ(author, one) for one in editor)
        (a_number, a_email), (b_number, b_email) = _keys(author), _keys(editor)  # type: ignore[arg-type]  # a str is no list
        if a_number is not None and b_number is not None:
            return a_number != b_number
        return bool(a_email and b_email and a_email.casefold() != b_email.casefold())

    def settle(self, submissions: Submissions) -> None:
        """Enter everyone as a rater of ``submissions``, whose ``a_rater`` holds positions."""
        place: dict[int, int] = {-1: -1}
        for here in range(len(self._kind)):
            if here in self._same:
                continue
            number, email = self._number[here], self._email[here]
            rater_id = str(number) if email is None else email
            name = self._name[here] or email or f"annotator {number}"
            while rater_id in submissions.raters:  # an e-mail that spells another's number
                rater_id += "'"
            place[here] = submissions.add_rater(rater_id, name, self._kind[here])
            if email is not None and number is not None:
                submissions.aliases[rater_id] = (str(number),)
        for here in self._same:
            place[here] = place[self._find(here)]
        if any(old != new for old, new in place.items()):
            raters = submissions.a_rater
            for i, old in enumerate(raters):
                raters[i] = place[old]

    def _find(self, here: int) -> int:
        while here in self._same:
            here = self._same[here]
        return here

    def _new(self, kind: Literal["person", "model"]) -> int:
        self._number.append(None)
        self._email.append(None)
        self._name.append("")
        self._kind.append(kind)
        return len(self._kind) - 1


def _keys(author: Author) -> tuple[int | None, str | None]:
    """The number and the e-mail address (or user name) of ``author``."""
    email: str | None = None
    number: int | str | None
    if isinstance(author, Person):
        email = author.email
        number = author.id if author.id is not None else author.user_id
    else:
        number = author
    if isinstance(number, str):
        if number.isascii() and number.isdecimal():
            number = int(number)
        else:
            email, number = email or number, None
    return number, email or None
