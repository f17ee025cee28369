"""The HTML pages: one file each, no request, everything from data escaped.

Templates are in ``templates/``; autoescape is always on, and every data text passes through
:func:`labelq.report.text.visible` on its way out, so no template can forget it. The only script
is ``templates/_tables.js``; the Content-Security-Policy names its hash, so that no other can run.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from labelq.report import (
    annotators,
    buying,
    causes,
    comparison,
    label_scheme,
    ledger,
    marginals,
    tables,
    verdicts,
    words,
)
from labelq.report.caveats import caveats, notes, shortly
from labelq.report.findings import FEWEST, standing_out, top_findings
from labelq.report.names import LETTERS, Names
from labelq.report.numbers import count, counted, percent
from labelq.report.reasons import INTERVALS
from labelq.report.steps import FIRST_STEPS, ONWARD, Onward, next_steps
from labelq.report.text import html, html_highlighted, html_of_markdown, mark, visible

if TYPE_CHECKING:
    from jinja2 import Environment

    from labelq.auditing import Audit


def report_html(audit: Audit, *, names: bool = False, onward: Onward = ONWARD) -> str:
    """The report: one self-contained page. Its paths are as seen from the audit directory."""
    shown = Names(audit.round.raters, names=names)
    source, intake = audit.round, audit.round.intake
    people = sum(rater.kind == "person" for rater in source.raters)
    told = caveats(audit)
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
        most_label_rows=tables.MOST_LABEL_ROWS,
        caveats=told,
        shortly=shortly(told),
        remarks=notes(intake),
        comparison=comparison.page(audit, shown),
        gates=[(rule.passed, words.gate(rule)) for rule in audit.gates],
        findings=top_findings(audit, shown),
        steps=next_steps(audit, shown, "", onward),
        ledgers=ledger.parts(audit, shown),
        places=ledger.places(audit),
        schemes=label_scheme.parts(audit),
        scheme_caution=label_scheme.CAUTION,
        scheme_header=label_scheme.HEADER,
        questions=tables.questions(audit, shown),
        worst=[v.question for v in words.worst_first(audit.verdicts)],
        first_findings=FEWEST,
        first_steps=FIRST_STEPS,
        many=len(audit.verdicts) > words.MANY,
        clusters=tables.cluster_cards(audit, shown),
        found_by=causes.found_by(audit.clustering),
        more_clusters=len(audit.clusters) - tables.MOST_CLUSTERS,
        edge_cases=tables.edge_cases(audit, shown),
        more_edge_cases=len(audit.edge_cases) - tables.MOST_EDGE_CASES,
        raters=annotators.raters(audit, shown),
        rater_methods=annotators.methods(),
        standing_out=standing_out(audit, shown),
        not_against=causes.NOT_AGAINST,
        letters=LETTERS if shown.hidden else "",
        queue=tables.queue(audit, shown),
        buys=buying.forecast(audit.forecast),
        n_queue=len(audit.queue),
        draft=audit.draft,
        diff=tables.diff_lines(audit),
        more_diff=audit.draft.diff.count("\n") - tables.MOST_DIFF_LINES,
        intake=intake,
        asides=[(words.aside(row), count(row.count)) for row in intake.aside],
        notes=[mark(note, 600) for note in intake.notes],
        method=_method(audit, shown),
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
    return _render("rules.html.j2", name=audit.round.name, rules=rules)


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
    rows += [(f"Option {key}", mark(value, 300)) for key, value in audit.options.items()]
    return rows


def _terms(audit: Audit) -> list[tuple[str, str]]:
    """What the numbers of the first screen mean: a term, and sentences."""
    terms = [
        ("Alpha", f"{verdicts.ALPHA} {verdicts.zones(audit.verdicts)}"),
        ("A perfect model", verdicts.CEILING),
        ("Always one answer", verdicts.BASELINE),
    ]
    return terms if audit.ceilings else terms[:1]


def _render(template: str, **context: Any) -> str:
    return _environment().get_template(template).render(**context)


def _read(name: str) -> str:
    return (resources.files("labelq.report") / "templates" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("labelq.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: (
            visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
        ),
    )
    # The hash is of the very bytes that stand between the tags.
    script = _read("_tables.js")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    environment.globals["script"] = Markup(script)  # noqa: S704 - a file of ours
    environment.globals["script_hash"] = f"sha256-{digest}"
    environment.filters["prose"] = html
    environment.filters["rendered"] = html_of_markdown
    environment.filters["highlighted"] = html_highlighted
    # Charts are built by labelq.report.svg, where every text in them is escaped.
    environment.filters["picture"] = lambda chart: Markup(chart.svg)  # noqa: S704
    return environment
