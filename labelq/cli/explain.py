"""``labelq explain``: a coefficient in words, and worked through on a round."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelq.cli.options import measure_options, round_of, settings_of, source_options
from labelq.errors import SettingsError

if TYPE_CHECKING:
    from labelq.labels.model import Question, Rater, Ratings, Round
    from labelq.measure.metric import Metric


@click.command("explain", short_help="What a coefficient is, worked through on your data.")
@click.argument("metric", required=False)
@source_options
@click.option("--question", metavar="NAME", help="Which question [the first that takes METRIC].")
@click.option("--label", metavar="LABEL", help="This label against all others.")
@click.option(
    "--raters", metavar="A,B", help="Only this pair of annotators (letters, ids or names)."
)
@click.option(
    "--variant",
    metavar="NAME",
    help="Weights or distance: linear, quadratic, ordinal, cost, masi, jaccard.",
)
@click.option(
    "--find",
    "wanted",
    metavar="NUMBER",
    help="Which of all the numbers on this data is NUMBER (.83, 83%): every metric, weights,"
    " label, pair, and what other programs say.",
)
@click.option("--names", is_flag=True, help="Show annotators' names instead of letters.")
@click.option(
    "--format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print.",
)
@measure_options
def explain_command(
    metric: str | None,
    sources: tuple[Path, ...],
    api_key: str | None,
    question: str | None,
    label: str | None,
    raters: str | None,
    variant: str | None,
    wanted: str | None,
    names: bool,  # noqa: FBT001  # a flag, by its name
    format: str,  # noqa: A002  # the option's name
    **options: Any,
) -> None:
    """Explain METRIC: the formula in words and symbols, its convention, its reference.

    With SOURCE (as for `labelq agreement`) the number is worked through step by step from the
    data's own counts; then the same data go through the other formulas that are sold under that
    name (krippendorff, statsmodels, scikit-learn, irrCAC, NLTK, Label Studio Enterprise), with
    the reason for each gap. Without METRIC: the list of all of them.

    \b
    Examples:
      labelq explain
      labelq explain alpha
      labelq explain alpha export.json --question category
      labelq explain alpha export.json --question category --find .83
      labelq explain cohen_kappa export.json --raters A,B
      labelq explain fleiss export.json --question category --label Refund
      labelq explain raw ratings.csv --columns unit=task_id,rater=worker,value=label
    """
    from labelq.measure.naming import metric_called, metrics_called
    from labelq.measure.registry import METRICS
    from labelq.report import explain as report

    found = METRICS if metric is None else metrics_called(metric)
    if not (sources or options.get("project")):
        if question or label or raters or variant or wanted:
            raise SettingsError("--question, --label, --raters, --variant, --find need a SOURCE")
        if format == "json":
            click.echo(report.metrics_json(found), nl=False)
        elif len(found) == 1:
            report.print_metric(found[0])
        else:
            report.print_list(found)
        return
    if metric is None:
        raise SettingsError("name a METRIC before the SOURCE: labelq explain alpha SOURCE")
    entry = metric_called(metric)
    from labelq.measure.explaining.finding import Target

    target = None if wanted is None else Target.of(wanted)
    settings = settings_of(options, sources)
    round_ = round_of(sources, settings, api_key)
    from labelq.labels.grouping import groups_of
    from labelq.measure.explaining.working import explain

    chosen, notes = _question(entry, round_, question)
    ratings = round_.ratings[chosen.name]
    pair = _pair(raters, round_.raters)
    if pair is None and entry.raters == "pairs":
        pair, note = _most_shared(chosen, ratings, round_.raters)
        notes.append(note)

    def called(code: int) -> str:
        rater = round_.raters[code]
        return rater.name if names else rater.letter

    explained = explain(
        entry,
        chosen,
        ratings,
        round_.raters,
        variant=variant,
        label=label,
        pair=pair,
        rater_name=called,
        resamples=settings.resamples if target is None else 0,
        seed=settings.seed,
        confidence=settings.confidence,
        interval=settings.interval,
        groups=groups_of(round_.units, settings.group) if settings.group else None,
        resample_raters=settings.resample_raters,
    )
    if target is not None:
        from labelq.measure.explaining.finding import find
        from labelq.report import finding

        shown = find(explained.row, target, chosen, ratings, round_.raters, rater_name=called)
        if format == "json":
            click.echo(finding.found_json(shown, round_.raters, names=names), nl=False)
        else:
            finding.print_found(shown, round_.raters, notes, names=names)
    elif format == "json":
        click.echo(report.explanation_json(entry, explained, notes), nl=False)
    else:
        report.print_explanation(entry, explained, notes, names=names)


def _question(metric: Metric, round_: Round, name: str | None) -> tuple[Question, list[str]]:
    """The question that is explained, and a note on what else there is."""
    from labelq.report.text import mark

    if name is not None:
        for question in round_.questions:
            if question.name == name:
                break
        else:
            known = ", ".join(q.name for q in round_.questions)
            raise SettingsError(f"--question {name}: there is no such question; there are {known}")
        refusal = metric.refusal(question)
        if refusal is not None:
            from labelq.report.words import reason

            raise SettingsError(f"{metric.title} on {question.name}: {reason(refusal)}")
        return question, []
    takes = [q for q in round_.questions if metric.refusal(q) is None]
    if not takes:
        levels = ", ".join(sorted({q.level for q in round_.questions}))
        raise SettingsError(f"{metric.title} takes no question of this round (levels: {levels})")
    notes = []
    if len(takes) > 1:
        others = ", ".join(mark(q.name, 40) for q in takes[1:6])
        more = f" and {len(takes) - 6} more" if len(takes) > 6 else ""
        notes.append(f"the first question; for {others}{more}: --question NAME")
    return takes[0], notes


def _pair(given: str | None, raters: Sequence[Rater]) -> tuple[int, int] | None:
    """The two annotators named in ``A,B`` as codes, the smaller first."""
    if given is None:
        return None
    codes = []
    for part in given.split(","):
        name = part.strip()
        found = [
            code
            for code, rater in enumerate(raters)
            if name in (rater.letter, rater.id, rater.name)
        ]
        if len(found) != 1:
            letters = ", ".join(rater.letter for rater in raters[:20])
            why = "several annotators are" if found else "no annotator is"
            raise SettingsError(f"--raters {given}: {why} called {name}; letters: {letters}")
        codes += found
    if len(set(codes)) != 2:
        raise SettingsError(f"--raters {given}: name two annotators, as A,B")
    return min(codes), max(codes)


def _most_shared(
    question: Question, ratings: Ratings, raters: Sequence[Rater]
) -> tuple[tuple[int, int], str]:
    """The pair that shares the most tasks, and a note that says so."""
    from labelq.measure.tables import Tables
    from labelq.report.text import mark

    table = Tables(question, ratings, len(raters)).pairs
    if not table.n_pairs:
        raise SettingsError("no task was labeled by two or more annotators: there is no pair")
    pairs, order = table.cells.pairs, (-table.overlap()).argsort(kind="stable").tolist()
    a, b = pairs[order[0]].tolist()
    first, second = mark(raters[a].letter), mark(raters[b].letter)
    note = f"annotators {first} and {second}, the pair that shares the most tasks"
    if len(order) > 1:
        c, d = (mark(raters[code].letter) for code in pairs[order[1]].tolist())
        note += f"; the next one: --raters {c},{d}"
    return (a, b), note
