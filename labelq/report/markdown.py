"""``report.md``: the short form, for a wiki page or a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labelq.report import causes, words
from labelq.report.findings import next_steps, top_findings
from labelq.report.names import Names
from labelq.report.numbers import coefficient, counted, interval
from labelq.report.text import code_span, mark, markdown

if TYPE_CHECKING:
    from labelq.auditing import Audit

MOST_CLUSTERS = 10


def report_markdown(audit: Audit, *, names: bool = False, directory: str = "") -> str:
    """The report as Markdown: verdicts, findings, top clusters, next steps.

    All data stands in code spans, where nothing is markup. ``directory`` is where the audit
    is written, for the commands.
    """
    shown = Names(audit.round.raters, names=names)
    sentences = [f"# Label quality of {mark(audit.round.name)}", words.answer(audit.verdicts)]
    chosen = words.selection(audit.round.selection)
    sentences += filter(None, (chosen, *words.caveats(audit.round.intake)))

    for v in audit.verdicts:
        row = v.headline
        spread = interval(row.lower, row.upper, (v.tentative_from, v.reliable_from))
        value = coefficient(row.value, (v.tentative_from, v.reliable_from))
        sign, word = words.STATES[v.state]
        sentences += [
            f"## {sign} {mark(v.question)}: {word}",
            f"{words.metric_of(row)} **{value}**"
            + (f" ({spread})" if spread else "")
            + f". {words.verdict(v)}",
        ]
    if audit.gates:
        sentences += ["## Gates", _list([words.gate(rule) for rule in audit.gates])]

    findings = [f"**{f.title}.** {f.text}" for f in top_findings(audit, shown)]
    sentences += ["## What matters most", _list(findings)]
    clusters = [c for c in audit.clusters if not c.remainder][:MOST_CLUSTERS]
    if clusters:
        rows = [
            f"**{causes.cause(c, shown)}**, {mark(c.question)}: {causes.either(c.labels)}"
            + (f", about {causes.words_of(c)}" if c.words else "")
            + f". {causes.cluster_size(c)}. {causes.consensus(c)}"
            for c in clusters
        ]
        sentences += ["## Where people disagree", _list(rows)]
    steps = [
        f"{step.text} {mark(step.command, 400)}" if step.command else step.text
        for step in next_steps(audit, directory)
    ]
    sentences += ["## What to do next", _list(steps)]
    sentences.append(
        f"Computed from {counted(len(audit.round.units), 'task')} with seed {audit.seed} and "
        f"{counted(audit.resamples, 'resample')}. {words.cross_check(audit.cross_check)} "
        f"Everything else is in {code_span('report.html')} beside this file."
    )
    return "\n\n".join(markdown(s) for s in sentences) + "\n"


def _list(rows: list[str]) -> str:
    return "\n".join(f"- {row}" for row in rows)
