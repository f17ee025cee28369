"""Units that belong together: all messages of a conversation, all pages of a document."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np

from labelq.errors import SettingsError
from labelq.labels.model import Codes, Units, field_text


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The group of every unit, by the task field ``field``.

    ``of_unit`` (units,) holds group codes 0, 1, …; ``n_alone`` units have no value in the
    field, each is a group of its own.
    """

    field: str
    of_unit: Codes
    n_alone: int = 0

    @property
    def n_groups(self) -> int:
        """How many groups there are."""
        return int(self.of_unit.max(initial=-1)) + 1


def groups_of(units: Units, field: str) -> Groups:
    """Units grouped by the task field ``field``, values compared as they read.

    Raises:
        SettingsError: no unit has such a field.
    """
    if field not in units.fields:
        near = difflib.get_close_matches(field, units.fields, 1)
        known = ", ".join(sorted(units.fields)) or "none"
        hint = f"did you mean {near[0]}?" if near else f"fields: {known}"
        raise SettingsError(f"--group {field}: tasks have no such field; {hint}")
    texts = [field_text(value) for value in units.fields[field]]
    codes: dict[str, int] = {}
    of_unit = np.array([codes.setdefault(t, len(codes)) if t else -1 for t in texts], np.int32)
    alone = np.flatnonzero(of_unit < 0)
    of_unit[alone] = len(codes) + np.arange(len(alone), dtype=np.int32)
    return Groups(field, of_unit, len(alone))
