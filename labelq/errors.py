"""What can go wrong, in words that a person can act on.

Every error that a user can cause is a :class:`LabelqError`: one line that says what, where
and what to do. The command line prints it and exits with 2; a traceback is a bug.
"""

from __future__ import annotations

__all__ = [
    "DecisionsError",
    "GuidelineError",
    "LabelqError",
    "OutputError",
    "ServerError",
    "SettingsError",
    "SourceError",
]


class LabelqError(Exception):
    """Something the user can mend: one line, no traceback, exit code 2."""


class SourceError(LabelqError):
    """A source (export, table, label config) that cannot be read or holds no round."""


class GuidelineError(LabelqError):
    """A guideline document that cannot be read."""


class DecisionsError(LabelqError):
    """A file of decisions that cannot be read or written, or a decision that cannot be."""


class SettingsError(LabelqError):
    """A wrong option, or a wrong line in ``labelq.toml``."""


class OutputError(LabelqError):
    """An output directory that cannot be written."""


class ServerError(LabelqError):
    """A Label Studio server that cannot be reached, refuses, or answers something else."""
