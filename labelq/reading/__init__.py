"""From files, whatever they are, to what is measured, compared and applied."""

from labelq.reading.beside import (
    decisions_beside,
    read_adjudicated,
    read_audit,
    read_decision_file,
    read_json,
)
from labelq.reading.deciding import (
    ADJUDICATED,
    adjudicated_file,
    decided_draft,
    decisions_file,
    guideline_file,
    guideline_now,
    with_adjudicated,
)
from labelq.reading.rounds import files_of, is_export, read, round_name

__all__ = [
    "ADJUDICATED",
    "adjudicated_file",
    "decided_draft",
    "decisions_beside",
    "decisions_file",
    "files_of",
    "guideline_file",
    "guideline_now",
    "is_export",
    "read",
    "read_adjudicated",
    "read_audit",
    "read_decision_file",
    "read_json",
    "round_name",
    "with_adjudicated",
]
