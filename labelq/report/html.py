"""The HTML pages: one file each, no request, everything from data escaped.

The only script is ``templates/_tables.js``; the Content-Security-Policy names its hash, so that
no other can run. Templates are in ``templates/``; see :mod:`labelq.report.templating`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labelq.report import (
    annotators,
    causes,
    comparison_page,
    label_scheme,
    ledger,
    marginals,
    task_sections,
    verdicts,
    words,
)
from labelq.report.beside import NOTHING, Beside
from labelq.report.caveats import caveats, notes, shortly
from labelq.report.findings import FEWEST, standing_out, top_findings
from labelq.report.names import LETTERS, Names
from labelq.report.numbers import counted, percent
from labelq.report.questions import questions
from labelq.report.reasons import INTERVALS
from labelq.report.steps import FIRST_STEPS, ONWARD, WHERE, Onward, elsewhere, next_steps
from labelq.report.templating import environment
from labelq.report.text import mark
from labelq.report.without_text import NO_TEXT, SAID, is_without_text

if TYPE_CHECKING:
    from labelq.auditing import Audit


def report_html(
    audit: Audit, *, names: bool = False, onward: Onward = ONWARD, beside: Beside = NOTHING
) -> str:
    """The report: one self-contained page. Its paths are as seen from the audit directory."""
    shown = Names(audit.round.raters, names=names)
    source, intake = audit.round, audit.round.intake
    people = sum(rater.kind == "person" for rater in source.raters)
    told = caveats(audit)
    around = replace(beside, directory=onward.directory or beside.directory)
    return _render(
        "report.html.j2",
        name=source.name,
        opening=verdicts.opening(audit.verdicts),
        answer=verdicts.reason(audit.verdicts),
        terms=_terms(audit),
        scope=" · ".join(
            (
                counted(len(source.units), "task"),
                counted(people, "annotator"),
                counted(len(source.questions), "question"),
                counted(intake.n_kept, "answer"),
            )
        ),
        selection=words.selection(source.selection),
        caveats=told,
        shortly=shortly(told),
        remarks=notes(intake),
        comparison=comparison_page.page(audit, shown),
        gates=[(rule.passed, words.gate(rule)) for rule in audit.gates],
        findings=top_findings(audit, shown),
        steps=next_steps(audit, shown, onward.directory, elsewhere(onward)),
        ledgers=ledger.parts(audit, shown),
        places=ledger.places(audit),
        schemes=label_scheme.parts(audit),
        scheme_caution=label_scheme.CAUTION,
        questions=questions(audit),
        worst=[v.question for v in words.worst_first(audit.verdicts)],
        first_findings=FEWEST,
        first_steps=FIRST_STEPS,
        steps_where="" if onward.directory else WHERE,
        many=len(audit.verdicts) > words.MANY,
        raters=annotators.raters(audit, shown),
        rater_methods=annotators.methods(),
        camps_method=annotators.CAMPS_METHOD,
        standing_out=standing_out(audit, shown),
        not_against=causes.NOT_AGAINST,
        letters=LETTERS if shown.hidden else "",
        method=[*_method(audit, shown), *_made(around)],
        left_out=SAID if is_without_text(audit) else "",
        **task_sections.context(audit, shown, around),
    )


def private_annotators_html(audit: Audit) -> str:
    """The one page that says who is behind a letter."""
    return _render("annotators.html.j2", name=audit.round.name, raters=audit.round.raters)


def rules_html(audit: Audit) -> str:
    """Each proposed rule, ready to paste, with the heading it belongs under."""
    rules = [
        (
            rule,
            " or ".join(map(causes.label, rule.labels)),
            f"{counted(rule.n_units, 'task')}, {percent(rule.share)} of the disagreement",
            mark(rule.question),
        )
        for rule in audit.draft.rules
    ]
    left_out = SAID if is_without_text(audit) else ""
    return _render("rules.html.j2", name=audit.round.name, rules=rules, left_out=left_out)


def _method(audit: Audit, shown: Names) -> list[tuple[str, str]]:
    """How the numbers were computed: what, and a sentence."""
    intervals = words.interval_target(
        audit.confidence, audit.group, resample_raters=audit.resample_raters
    )
    resamples = f"{INTERVALS[audit.interval]}, seed {audit.seed}"
    if audit.interval in ("percentile", "bca"):
        resamples = f"{counted(audit.resamples, 'resample')}, {resamples}"
    differ = marginals.use_of_labels(audit.marginal_tests, shown)
    rows = [
        ("Intervals", f"{intervals} {resamples}."),
        *([("Use of labels", differ)] if differ else []),
        ("Cross-check", words.cross_check(audit.cross_check)),
        ("Always answering one label", words.MATCH),
        ("Share of disagreement", words.SHARE),
        ("Label pairs", words.EXCESS),
    ]
    if audit.guideline is not None:
        rows.append(("Guideline", words.guideline(audit.guideline)))
    chosen = words.selection(audit.round.selection)
    rows.append(("Selection", chosen or "All of the source."))
    given = {key: value for key, value in audit.options.items() if key != NO_TEXT}
    rows += [(f"Option {key}", mark(value, 300)) for key, value in given.items()]
    return rows


def _made(beside: Beside) -> list[tuple[str, str]]:
    """What the audit was made from and with, as its manifest says."""
    sources = []
    for kind, name, digest in beside.inputs:
        known = f" (SHA-256 {mark(digest[:12])}…)" if digest else ""
        sources.append(f"{mark(kind.replace('_', ' '))} {mark(name)}{known}")
    tools = [f"{mark(name)} {mark(version)}" for name, version in beside.versions]
    rows = [("Made from", ", ".join(sources)), ("Made with", ", ".join(tools))]
    return [(what, f"{said}. All of it: manifest.json.") for what, said in rows if said]


def _terms(audit: Audit) -> list[tuple[str, str]]:
    """What the numbers of the first screen mean: a term, and sentences."""
    terms = [
        ("Alpha", f"{verdicts.ALPHA} {verdicts.zones(audit.verdicts)}"),
        ("A perfect model", verdicts.CEILING),
        ("Always one answer", verdicts.BASELINE),
    ]
    return terms if audit.ceilings else terms[:1]


def _render(template: str, **context: Any) -> str:
    return environment("labelq.report").get_template(template).render(**context)
