"""``audit.json``: everything an audit found, at full precision, for programs.

Documented in ``docs/audit-json.md``. The same audit gives the same bytes: there is no clock,
and everything keeps the audit's order. Units and raters are written as their ids.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from labelq.measure.raters.methods import METHODS

if TYPE_CHECKING:
    from labelq.auditing import Audit
    from labelq.measure.results import Agreement
    from labelq.pinpoint.findings import Cause, Influence
    from labelq.remedy.decisions import Decision


SCHEMA = "labelq/audit/1"
MOST_INFLUENCES = 5_000
MOST_CONFUSION_ROWS = 2_000


def audit_document(audit: Audit) -> dict[str, Any]:
    """The audit as a document of plain values: dicts, lists, texts, numbers, None."""
    source = audit.round
    units = source.units.ids
    raters = [r.id for r in source.raters]

    def row(found: Any, **replaced: Any) -> dict[str, Any]:
        fields = {f.name: getattr(found, f.name) for f in dataclasses.fields(found)}
        if isinstance(fields.get("unit"), int | np.integer):
            fields["unit"] = units[fields["unit"]]
        if isinstance(fields.get("rater"), int | np.integer):
            fields["rater"] = raters[fields["rater"]]
        return fields | replaced

    def ids(codes: Any) -> list[str]:
        return [units[code] for code in codes]

    def whole(found: Any) -> dict[str, Any]:
        """As ``row``, with the fields of what stands in the fields."""
        return row(found, **{k: v for k, v in dataclasses.asdict(found).items() if k != "rater"})

    def key(found: Influence) -> Any:
        ids_of = {"unit": units, "rater": raters}.get(found.kind)
        return found.key if ids_of is None else ids_of[found.key]  # type: ignore[index]  # a code

    shown = _without_most_pairs(audit.agreements)
    confused = sorted((r for r in audit.rater_confusion if r.reason is None), key=lambda r: -r.n)[
        :MOST_CONFUSION_ROWS
    ]
    document = {
        "schema": SCHEMA,
        "name": source.name,
        "selection": row(source.selection),
        "questions": [row(q) for q in source.questions],
        "intake": row(source.intake, aside=[row(a) for a in source.intake.aside]),
        "agreements": [row(a) for a in shown],
        "pairs_left_out": len(audit.agreements) - len(shown),
        "pair_indices": [row(p) for p in audit.pair_indices],
        "verdicts": [
            row(
                v,
                headline=row(v.headline),
                rare_labels=[row(a) for a in v.rare_labels],
                paradox=None if v.paradox is None else row(v.paradox),
            )
            for v in audit.verdicts
        ],
        "label_pairs": [row(p) for p in audit.label_pairs],
        "clusters": [
            row(
                c,
                units=ids(c.units),
                lookalikes=ids(c.lookalikes),
                divided=ids(c.divided),
                cause=_cause(c.cause, row, raters),
                apart=[row(field) for field in c.apart],
            )
            for c in audit.clusters
        ],
        "decided": {c.id: _decided(d) for c in audit.clusters if (d := audit.decision(c.id))},
        "clustering": None if audit.clustering is None else row(audit.clustering),
        "edge_cases": [row(e, others=ids(e.others)) for e in audit.edge_cases],
        "raters": [row(r) for r in source.raters],
        "models": [row(m) for m in source.models],
        "voters": [row(v) for v in source.newcomers],
        "rater_reports": [
            row(
                r,
                confusion=[row(c) for c in r.confusion],
                left_out={name: [raters[x] for x in out] for name, out in r.left_out.items()},
            )
            for r in audit.raters
        ],
        "rater_methods": METHODS,
        "influences": [row(i, key=key(i)) for i in audit.influences[:MOST_INFLUENCES]],
        "agendas": [row(a, left=a.left) for a in audit.agendas],
        "label_schemes": [
            row(f.scheme, raising=[row(c) for c in f.raising])
            | {"catch_alls": [row(c) for c in f.catch_alls]}
            for f in audit.label_schemes
        ],
        "ceilings": [whole(c) for c in audit.ceilings],
        "held_out": [whole(h) for h in audit.held_out],
        "calibration": [whole(c) for c in audit.calibrations],
        "rater_confusion": [whole(r) for r in confused],
        "queue": [
            row(
                e,
                reasons=[row(r) for r in e.reasons],
                people=[source.voters[code].id for code in e.people],
            )
            for e in audit.queue
        ],
        "queue_forecast": None if audit.forecast is None else row(audit.forecast),
        "rules": [
            row(
                r,
                examples=ids(r.examples),
                counterexample=None if r.counterexample is None else units[r.counterexample],
                borderline=None if r.borderline is None else units[r.borderline],
            )
            for r in audit.draft.rules
        ],
        "guideline": None if audit.guideline is None else row(audit.guideline),
        "guideline_draft": {"version": audit.draft.version, "undecided": audit.draft.undecided},
        "cross_check": row(audit.cross_check),
        "marginal_tests": [row(t) for t in audit.marginal_tests],
        "gates": [row(g) for g in audit.gates],
        "comparison": None
        if audit.comparison is None
        else row(
            audit.comparison,
            clusters=[row(c, units=ids(c.units)) for c in audit.comparison.clusters],
        ),
        "options": {
            "seed": audit.seed,
            "resamples": audit.resamples,
            "confidence": audit.confidence,
            "interval": audit.interval,
            "group": audit.group,
            "resample_raters": audit.resample_raters,
            "thresholds": {
                v.question: {"tentative": v.tentative_from, "reliable": v.reliable_from}
                for v in audit.verdicts
            },
            "given": dict(audit.options),
        },
    }
    plain: dict[str, Any] = _plain(document)
    return plain


def _decided(decision: Decision) -> dict[str, Any]:
    """A decision as far as an audit keeps it: the file beside the guideline says the rest."""
    when = None if decision.when is None else decision.when.isoformat()
    label = {"outcome": decision.outcome, "label": decision.label}
    return {"decision": decision.id, **label, "when": when}


def _cause(cause: Cause, row: Callable[..., dict[str, Any]], raters: list[str]) -> dict[str, Any]:
    evidence = None
    if cause.evidence is not None:
        who = cause.evidence.deviates
        evidence = row(cause.evidence, deviates=None if who is None else raters[who])
    return row(cause, camps=[row(camp) for camp in cause.camps], evidence=evidence)


MOST_PAIRS = 2_000
"""Per question and coefficient so many pairs of annotators are written; a crowd has hundreds
of thousands. ``labelq agreement --format json`` writes them all."""


def _without_most_pairs(rows: Sequence[Agreement]) -> list[Agreement]:
    """All rows but those of pairs beyond :data:`MOST_PAIRS`, least shared units first to go."""
    pairs: dict[tuple[str, str, str | None, str | None], list[Agreement]] = {}
    for row in rows:
        if row.raters is not None:
            pairs.setdefault((row.question, row.metric, row.weights, row.label), []).append(row)
    gone = {
        id(row)
        for same in pairs.values()
        for row in sorted(same, key=lambda row: -row.n_units)[MOST_PAIRS:]
    }
    return [row for row in rows if id(row) not in gone]


_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def to_bytes(document: Any) -> bytes:
    """A document as JSON in UTF-8, with full precision, readable, always the same bytes."""
    text = json.dumps(_plain(document), ensure_ascii=False, indent=2, allow_nan=False)
    # What steers a terminal, or turns its text round, stands as an escape: the same document.
    text = _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    # A lone surrogate (half a character, from a broken export) has no UTF-8 form; the escape
    # that Python writes for it is the one that JSON knows.
    return (text + "\n").encode("utf-8", "backslashreplace")


def _plain(value: Any) -> Any:
    """``value`` in JSON's types: sets sorted, tuples as lists, numbers as Python's own."""
    if value is None or isinstance(value, str | bool):
        return value
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return [_plain(item) for item in sorted(value)]
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
