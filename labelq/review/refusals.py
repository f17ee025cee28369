"""Why a step of a meeting was not taken, or not wholly."""

from __future__ import annotations

from labelq.errors import DecisionsError, LabelqError
from labelq.remedy.decisions import Decision


class ConflictError(DecisionsError):
    """The decision about a cluster was changed since the form was opened: ``theirs`` stands."""

    def __init__(self, theirs: Decision | None) -> None:
        self.theirs = theirs
        super().__init__("this was decided otherwise meanwhile, in another tab or in the file")


class NotOnAgendaError(LabelqError):
    """No item of the agenda has this address."""


class NotKeptError(LabelqError):
    """A decision is written, and something that goes with it could not be."""
