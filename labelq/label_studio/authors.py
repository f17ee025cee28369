"""Who labeled, as pages tell it: by number only. As exports tell it: with e-mail and name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from labelq.label_studio.refusals import RefusedError

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = ["Authors"]


class Authored(Protocol):
    """An annotation of a page."""

    completed_by: Any
    created_username: str | UnsetType | None


class _User(Struct, omit_defaults=True):
    id: int
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None


class Authors:
    """Every author as exports write one out: with number, e-mail and name."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.known: dict[int, _User] | None = None
        self.written: dict[int, Raw] = {}

    def name(self, annotation: Authored) -> None:
        """Put the author in the place of the author's number; drop what only names them."""
        number = annotation.completed_by
        if type(number) is int:
            if number not in self.written:
                user = self.user(number, annotation.created_username)
                self.written[number] = Raw(msgspec.json.encode(user))
            annotation.completed_by = self.written[number]
        annotation.created_username = UNSET

    def user(self, number: int, username: str | UnsetType | None) -> _User:
        """From the list of users; of those removed from it only the annotation tells."""
        if self.known is None:
            self.known = {user.id: user for user in self.listed()}
        user = self.known.get(number)
        if user is not None and "@" in (user.email or ""):
            return user
        # "First Last name@example.com, 7"
        named = re.fullmatch(r"(.*?) ?(\S+@\S+), \d+", username or "", re.DOTALL)
        if named is None:
            return _User(number)
        return _User(number, named[2], named[1].strip())

    def listed(self) -> list[_User]:
        """The users of the organization; nobody where the key may not list them."""
        try:
            return self.connection.read("api/users/", list[_User], "listing the users")
        except RefusedError as error:
            # Annotations name their authors, too; only a server that fails is no answer.
            if error.status in (403, 404):
                return []
            raise
