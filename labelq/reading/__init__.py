"""From files, whatever they are, to what is measured, compared and applied."""

from labelq.reading.beside import (
    decisions_beside,
    read_adjudicated,
    read_audit,
    read_decision_file,
    read_json,
)
from labelq.reading.rounds import files_of, is_export, read, round_name

__all__ = [
    "decisions_beside",
    "files_of",
    "is_export",
    "read",
    "read_adjudicated",
    "read_audit",
    "read_decision_file",
    "read_json",
    "round_name",
]
