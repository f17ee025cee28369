"""``report.md``: the short form, for a wiki page or a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labelq.measure.results import Verdict
from labelq.report import causes, comparison, decisions, label_scheme, ledger, verdicts, words
from labelq.report.caveats import caveats, notes
from labelq.report.findings import top_findings
from labelq.report.names import Names
from labelq.report.numbers import coefficient, counted, interval
from labelq.report.steps import ONWARD, WHERE, Onward, Step, elsewhere, next_steps
from labelq.report.text import code_span, mark, markdown, markdown_prose
from labelq.report.without_text import SAID, is_without_text

if TYPE_CHECKING:
    from labelq.auditing import Audit

MOST_CLUSTERS = 10


def report_markdown(audit: Audit, *, names: bool = False, onward: Onward = ONWARD) -> str:
    """The report as Markdown: verdicts, findings, top clusters, next steps.

    All data stands in code spans, where nothing is markup. Paths are as seen from the audit
    directory: the text travels, and nobody else has the author's folders.
    """
    shown = Names(audit.round.raters, names=names)
    sentences = [f"# Label quality of {mark(audit.round.name)}", verdicts.answer(audit.verdicts)]
    chosen = words.selection(audit.round.selection)
    sentences += filter(None, (chosen,))
    remarks = [f"Note: {_with(c.text, c.option)}" for c in caveats(audit)]
    remarks += [f"Note: {markdown_prose(note)}" for note in notes(audit.round.intake)]

    many = len(audit.verdicts) > words.MANY
    worst = words.worst_first(audit.verdicts)
    in_words = [
        f"{_verdict(v, short=False)} {' '.join(verdicts.short(audit, v))}"
        for v in (audit.verdicts if many else worst)
    ]
    if many:
        sentences.append(_list([_verdict(v, short=True) for v in worst]))
    else:
        sentences += in_words
    sentences += remarks
    if audit.comparison is not None:
        told = [comparison.summary(audit.comparison), *comparison.lines(audit.comparison)]
        around = comparison.surroundings(audit.comparison.surroundings, shown)
        sentences += ["## Did it help", told[0], _list([*told[1:], *around])]
    if audit.gates:
        sentences += ["## Gates", _list([words.gate(rule) for rule in audit.gates])]

    findings = [f"**{f.title}.** {f.text}" for f in top_findings(audit, shown)]
    sentences += ["## What matters most", _list(findings)]
    clusters = [c for c in audit.clusters if not c.remainder][:MOST_CLUSTERS]
    if clusters:
        rows = [
            f"**{causes.likely_cause(c, shown)}**, {mark(c.question)}: {causes.either(c.labels)}"
            + (f", about {causes.words_of(c)}" if c.words else "")
            + f". {causes.cluster_size(c)}. {causes.consensus(c)}"
            + f" {decisions.told(audit.decision(c.id))}".rstrip()
            for c in clusters
        ]
        sentences += ["## Where people disagree", _list(rows)]
    agendas = [ledger.short(a, audit.clusters) for a in audit.agendas if a.clusters]
    if agendas:
        sentences += ["## What to talk about", _list(agendas)]
    if schemes := list(label_scheme.short(audit)):
        sentences += ["## Other labels", _list(schemes)]
    steps = next_steps(audit, shown, onward.directory, elsewhere(onward))
    where = [] if onward.directory else [WHERE]
    sentences += ["## What to do next", *where, _list([_step(s) for s in steps])]
    if many:
        sentences += ["## The verdicts in words", *in_words]
    checked = words.cross_check(audit.cross_check)
    if audit.cross_check.skipped is not None:
        checked = markdown_prose(checked)
    sentences.append(
        f"Computed from {counted(len(audit.round.units), 'task')} with seed {audit.seed} and "
        f"{counted(audit.resamples, 'resample')}. {checked} "
        f"Everything else is in {code_span('report.html')} beside this file."
    )
    if is_without_text(audit):
        sentences.append(SAID)
    return "\n\n".join(markdown(s) for s in sentences) + "\n"


def _verdict(v: Verdict, *, short: bool) -> str:
    """A question's verdict as a line, or as a heading and a paragraph."""
    row, thresholds = v.headline, (v.tentative_from, v.reliable_from)
    spread = interval(row.lower, row.upper, thresholds)
    value = f"**{coefficient(row.value, thresholds)}**" + (f" ({spread})" if spread else "")
    sign, word = words.STATES[v.state]
    if short:
        return f"{sign} {mark(v.question)}: {word}, {value}"
    metric = words.metric_of(row)
    return f"## {sign} {mark(v.question)}: {word}\n\n{metric} {value}."


def _with(text: str, command: str) -> str:
    """A sentence with what there is to copy, as data."""
    return f"{text} {mark(command, 400)}" if command else text


def _step(step: Step) -> str:
    return " ".join(filter(None, (_with(step.text, step.command), step.more)))


def _list(rows: list[str]) -> str:
    return "\n".join(f"- {row}" for row in rows)
