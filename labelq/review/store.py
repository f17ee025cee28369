"""The files of a meeting, beside the guideline: each written whole or not at all.

``decisions.yaml`` belongs to the people who edit it; ``meeting.json`` to the meetings, round by
round; in ``minutes.md`` labelq replaces only its own part about this round. All three are read
again before they are written, so that nothing that was written meanwhile is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import RLock

import msgspec

from labelq.errors import DecisionsError, OutputError, SourceError
from labelq.files import read_bytes, read_text
from labelq.remedy.decision_file import DecisionFile, read_decisions
from labelq.review.meeting import Meeting
from labelq.writing import check_files, locked, write_files

SCHEMA = "labelq/meeting/1"


@dataclass(frozen=True)
class _Kept:
    """What ``meeting.json`` holds."""

    schema: str = SCHEMA
    rounds: dict[str, Meeting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """``decisions.yaml`` as it was read: its bytes (None: there is none), text and decisions."""

    before: bytes | None
    text: str
    file: DecisionFile


class Store:
    """The files of the meeting about ``round_name``; ``decisions`` is the file of decisions."""

    def __init__(self, decisions: Path, round_name: str) -> None:
        self.decisions, self.round_name = decisions, round_name
        self.meeting = decisions.with_name("meeting.json")
        self.minutes = decisions.with_name("minutes.md")
        self.lock = RLock()

    def check(self) -> None:
        """Refuse before the meeting what would fail in it.

        Raises:
            LabelqError: a file cannot be read, is none of labelq's, or cannot be written.
        """
        if self.decisions.parent.joinpath("audit.json").is_file():
            raise OutputError(
                f"{self.decisions}: would be inside an audit, which the next audit replaces;"
                " --decisions names a file beside the guideline"
            )
        check_files((self.decisions, self.meeting, self.minutes), replace=True)
        self.read_decisions()
        self.read_meeting()

    # --- decisions ----------------------------------------------------------------------------

    def read_decisions(self) -> Written:
        """The file of decisions as it stands.

        Raises:
            DecisionsError: it cannot be read, or is no file of decisions.
        """
        name = self.decisions.as_posix()
        if not self.decisions.exists():
            return Written(None, "", DecisionFile(name))
        before = read_bytes(self.decisions, DecisionsError)
        text = read_text(self.decisions, DecisionsError)
        return Written(before, text, read_decisions(text, name))

    def write_decisions(self, was: Written, text: str) -> None:
        """The file's new text, if it is still as it ``was``.

        Raises:
            DecisionsError: somebody changed it meanwhile.
            OutputError: it cannot be written.
        """
        with locked(self.decisions):
            now = read_bytes(self.decisions, DecisionsError) if self.decisions.exists() else None
            if now != was.before:
                name = self.decisions.name
                raise DecisionsError(f"{name}: somebody changed it meanwhile; try again")
            write_files({self.decisions: text.encode("utf-8", "surrogatepass")}, replace=True)

    # --- the meeting --------------------------------------------------------------------------

    def read_meeting(self) -> Meeting:
        """The meeting about this round so far.

        Raises:
            SourceError: the file is not as a meeting writes it.
        """
        return self._kept().rounds.get(self.round_name, Meeting())

    def change(self, step: Callable[[Meeting], Meeting]) -> Meeting:
        """The meeting after ``step``, made on what the file holds now, and written.

        Raises:
            LabelqError: the file cannot be read or written.
        """
        with self.lock, locked(self.meeting):
            kept = self._kept()
            before = kept.rounds.get(self.round_name, Meeting())
            after = step(before)
            if after != before or not self.meeting.exists():
                kept = replace(kept, rounds={**kept.rounds, self.round_name: after})
                content = msgspec.json.format(msgspec.json.encode(kept), indent=1)
                new = not self.meeting.exists()
                write_files({self.meeting: content + b"\n"}, replace=True)
                if new:  # who said what is for the chair
                    self.meeting.chmod(0o600)
            return after

    def _kept(self) -> _Kept:
        if not self.meeting.exists():
            return _Kept()
        try:
            kept = msgspec.json.decode(read_bytes(self.meeting, SourceError), type=_Kept)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            kept = None
        if kept is None or kept.schema != SCHEMA:
            raise SourceError(
                f"{self.meeting}: is not as a meeting writes it; move it away to begin anew"
            )
        return kept

    # --- minutes ------------------------------------------------------------------------------

    def write_minutes(self, section: str) -> None:
        """Put ``section`` in place of what stands about this round, else at the end.

        Raises:
            OutputError: the file cannot be written.
            SourceError: it cannot be read.
        """
        text = read_text(self.minutes) if self.minutes.exists() else "# Minutes\n"
        begin, end = _marks(self.round_name)
        inside = section.strip().replace("<!--", "<\\!--")  # no word of anybody's ends it
        own = f"{begin}\n{inside}\n{end}"
        start = text.find(begin)
        stop = text.find(end, start) if start >= 0 else -1
        if stop >= 0:
            new = text[:start] + own + text[stop + len(end) :]
        else:
            new = f"{text.rstrip()}\n\n{own}\n" if text.strip() else f"{own}\n"
        if new != text or not self.minutes.exists():
            write_files({self.minutes: new.encode("utf-8", "backslashreplace")}, replace=True)


def _marks(round_name: str) -> tuple[str, str]:
    """The comments around labelq's part; a round's name cannot end them."""
    name = re.sub("[<>-]", lambda found: f"\\u{ord(found[0]):04x}", json.dumps(round_name))
    return f"<!-- labelq: minutes {name} -->", f"<!-- labelq: end of minutes {name} -->"
