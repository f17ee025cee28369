"""``audit.json``: everything an audit found, at full precision, for programs.

Documented in ``docs/audit-json.md``, and as a JSON Schema in ``docs/audit.schema.json``. The same
audit gives the same bytes: there is no clock, and everything keeps the audit's order. Units and
raters are written as their ids.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from labelq.labels.cells import whole
from labelq.labels.plain import plain, to_plain
from labelq.remember.earlier import SCHEMA

if TYPE_CHECKING:
    from labelq.auditing import Audit

__all__ = ["SCHEMA", "audit_document", "to_bytes"]


def audit_document(audit: Audit) -> dict[str, Any]:
    """The audit as a document of plain values: dicts, lists, texts, numbers, None."""
    from labelq.report.sections import Document, document_of, ids_of

    ids = ids_of(audit.round)
    return cast("dict[str, Any]", to_plain(document_of(audit, ids), Document, ids))


_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def to_bytes(document: Any) -> bytes:
    """A document as JSON in UTF-8, with full precision, readable, always the same bytes."""
    text = json.dumps(plain(document), ensure_ascii=False, indent=2, allow_nan=False)
    # What steers a terminal, or turns its text round, stands as an escape: the same document.
    text = _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    # As in the tables beside it: what is the same there has to be the same here.
    return (whole(text) + "\n").encode("utf-8")
