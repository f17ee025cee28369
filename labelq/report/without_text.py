"""An audit without any text of its tasks: for pages about protected data.

One function, before anything is put into words: no template and no sentence can forget it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labelq.auditing import Audit
    from labelq.labels.model import Round
    from labelq.pinpoint.findings import Cluster
    from labelq.pinpoint.rater_findings import RaterReport
    from labelq.remedy.acts import Draft
    from labelq.remedy.decisions import Decision
    from labelq.remedy.feedback import Feedback
    from labelq.remember.findings import Comparison

LEFT_OUT = "text left out"
"""Stands where a text would."""

NO_TEXT = "no_text"
"""The option that an audit without texts was asked for by."""

SAID = (
    "All text of tasks is left out of this page, and with it their fields, their pictures, the"
    " words of clusters and the guideline draft. The data files beside it (ratings.csv,"
    " audit.json, queue.json, guideline_draft.md and the others) hold it."
)
"""Stands on every page about an audit without texts."""

SAID_HERE = (
    "All text of tasks is left out here and on the pages. The data files beside them (ratings.csv,"
    " audit.json, queue.json, guideline_draft.md and the others) hold it."
)
"""Is printed with an audit without texts."""

SAID_TO_ONE = (
    "All text of tasks is left out of this page, and with it their pictures, the words of clusters"
    " and the wording of rules."
)
"""Stands on a feedback page without texts."""


def without_text(audit: Audit) -> Audit:
    """``audit`` with every text of a task, and all that is taken from one, left out.

    Left out are texts and fields of tasks, the words and fields that set clusters apart, the
    guideline draft with its rules (they quote tasks), rules and ids of decisions (they are made of
    a cluster's words), values of fields in a comparison and in the selection, and what the queue
    sends. Ids of tasks, labels, names of fields and all numbers stay.
    """
    called = {one.id: f"decision-{n}" for n, one in enumerate(audit.decisions, 1)}
    return replace(
        audit,
        round=_round(audit.round),
        clusters=tuple(map(_cluster, audit.clusters)),
        raters=tuple(map(_report, audit.raters)),
        draft=_draft(audit.draft),
        tasks=(),
        decisions=tuple(_decision(one, called[one.id]) for one in audit.decisions),
        decided={cluster: called[one] for cluster, one in audit.decided.items() if one in called},
        comparison=None if audit.comparison is None else _comparison(audit.comparison, called),
        options={**audit.options, NO_TEXT: "yes"},
    )


def is_without_text(audit: Audit) -> bool:
    """Whether ``audit`` is what :func:`without_text` gave."""
    return NO_TEXT in audit.options


def feedback_without_text(feedback: Feedback) -> Feedback:
    """``feedback`` with all that is taken from the text of a task left out.

    It is found in the audit with its texts: which rule is about a task can hang on its words.
    """
    called = {name: f"decision-{n}" for n, name in enumerate(feedback.decisions, 1)}
    return replace(
        feedback,
        habits=tuple(map(_cluster, feedback.habits)),
        cases=tuple(
            replace(
                case,
                words=_words(case.words),
                decision=None if case.decision is None else called[case.decision],
            )
            for case in feedback.cases
        ),
        decisions={called[x]: _decision(one, called[x]) for x, one in feedback.decisions.items()},
    )


def _round(source: Round) -> Round:
    texts = tuple(None if text is None else LEFT_OUT for text in source.units.text)
    chosen = tuple((field, LEFT_OUT) for field, _ in source.selection.where)
    return replace(
        source,
        units=replace(source.units, text=texts, fields={}),
        selection=replace(source.selection, where=chosen),
    )


def _words(words: tuple[str, ...]) -> tuple[str, ...]:
    # Not none at all: a cluster without words has no common content, and this one has.
    return (LEFT_OUT,) if words else ()


def _cluster(cluster: Cluster) -> Cluster:
    return replace(cluster, words=_words(cluster.words), apart=())


def _report(report: RaterReport) -> RaterReport:
    flags = tuple(replace(flag, words=_words(flag.words)) for flag in report.flags)
    return replace(report, flags=flags)


def _draft(draft: Draft) -> Draft:
    rules = tuple(
        replace(rule, words=_words(rule.words), text=LEFT_OUT, title="") for rule in draft.rules
    )
    original = None if draft.original is None else ""
    return replace(draft, original=original, text="", diff="", log="", changes=(), rules=rules)


def _decision(one: Decision, called: str) -> Decision:
    scope = replace(
        one.scope,
        words=_words(one.scope.words),
        where=dict.fromkeys(one.scope.where, LEFT_OUT),
    )
    return replace(one, id=called, scope=scope, rule="", evidence=None)


def _comparison(found: Comparison, called: dict[str, str]) -> Comparison:
    shifts = tuple(
        # How far a field's values moved is no text; which values is.
        shift
        if shift.what == "labels"
        else replace(shift, moved=tuple((value and LEFT_OUT, a, b) for value, a, b in shift.moved))
        for shift in found.surroundings.shifts
    )
    return replace(
        found,
        clusters=tuple(replace(fate, words=_words(fate.words)) for fate in found.clusters),
        effects=tuple(
            replace(one, decision=called.get(one.decision, "decision")) for one in found.effects
        ),
        surroundings=replace(found.surroundings, shifts=shifts),
    )
