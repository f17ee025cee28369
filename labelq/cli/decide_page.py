"""What ``labelq decide`` asks and says."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from labelq.labels.model import Round
    from labelq.pinpoint.findings import Cluster
    from labelq.remedy.deciding import Answer
    from labelq.remedy.decision_file import DecisionFile
    from labelq.remedy.decisions import Decision
    from labelq.remember.earlier import Earlier
    from labelq.report.page import Page

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Onward:
    """What the next commands are about; ``file`` holds the decisions (None: where they belong)."""

    audit_dir: Path
    file: Path | None

    def command(self, *words: str, option: str = "--decisions", end: Sequence[str] = ()) -> str:
        """A command about the audit, to be copied."""
        given = [] if self.file is None else [option, self.file.as_posix()]
        return shlex.join(["labelq", *words, self.audit_dir.as_posix(), *end, *given])


def interactive() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


# --- asking -----------------------------------------------------------------------------------


def problem_of(answer: Answer, fresh: Decision, round_: Round, found: DecisionFile) -> str:
    """What is wrong with a label that is given to tasks: nobody knows it. Else empty."""
    from labelq.remedy.decisions import unknown_labels

    if answer.outcome != "label" or answer.label is None:
        return ""
    others = [one for one in found.decisions if one.id != fresh.id]
    trial = replace(fresh, outcome="label", label=answer.label)
    problems = unknown_labels([*others, trial], round_)
    return next((problem for one, problem in problems if one is trial), "")


def means(fresh: Decision, label: str) -> bool:
    """Whether a label that the decision is not about is meant: asked."""
    from labelq.report import causes, decisions
    from labelq.report.text import plain

    return click.confirm(
        plain(
            f"The question was {decisions.labels(fresh.labels)}. Are these tasks"
            f" {causes.label(label)} all the same?"
        )
    )


def ask(
    earlier: Earlier, cluster: Cluster | None, fresh: Decision, answer: Answer, found: DecisionFile
) -> Answer:
    """Ask what was decided: shows the cluster, and completes ``answer``.

    Raises:
        SettingsError: nobody can be asked.
    """
    from labelq.errors import SettingsError
    from labelq.report import causes, decisions
    from labelq.report.numbers import counted
    from labelq.report.page import Page
    from labelq.report.text import line, mark, visible

    if not interactive():
        raise SettingsError("what was decided? Give --label, --outcome, --undecided or --reject")
    out = Page(sys.stdout)
    about = f"{decisions.labels(fresh.labels)} ({mark(fresh.question)})"
    if cluster is not None:
        words = causes.words_of(cluster)
        about += f": {counted(len(cluster.units), 'task')}{' about ' + words if words else ''}"
    out.say(f"{about}.", style="bold")
    for unit in cluster.units[:_EXAMPLES] if cluster is not None else ():
        shown = line(earlier.round.units.text[unit] or "", 300)
        out.say(f"{mark(earlier.round.units.ids[unit])}  {shown}", indent=2)
    out.skip()
    for number, label in enumerate(fresh.labels, 1):
        out.say(causes.label(label), start=f"  {number}  ")
    out.say("still open", start="  u  ")
    out.say("no rule is wanted", start="  r  ")
    numbers = {str(number): label for number, label in enumerate(fresh.labels, 1)}

    def read(said: str) -> Answer:
        said = said.strip()
        if said in ("u", "r") and said not in fresh.labels:
            return replace(answer, outcome="undecided" if said == "u" else "rejected")
        label = said if said in fresh.labels else numbers.get(said, said)
        told = replace(answer, outcome="label", label=label)
        if problem := problem_of(told, fresh, earlier.round, found):
            raise click.UsageError(visible(problem))
        return told

    while True:
        told: Answer = click.prompt("Decided (a number, another label, u or r)", value_proc=read)
        if told.label is None:
            return told
        if told.label in fresh.labels or means(fresh, told.label):
            break
    rule, who = told.rule, told.who
    if not rule:
        question = "The rule, in a sentence (empty: later)"
        rule = str(click.prompt(question, default="", show_default=False))
    if not who:
        names = str(click.prompt("Who decided (empty: nobody)", default="", show_default=False))
        who = tuple(part.strip() for part in names.split(",") if part.strip())
    return replace(told, rule=rule, who=who)


# --- saying -----------------------------------------------------------------------------------


def show_clusters(earlier: Earlier, found: DecisionFile, path: Path, onward: Onward) -> None:
    """The clusters of an audit, their causes, and what is decided about each."""
    from labelq.remedy.decisions import missing_tasks
    from labelq.remedy.scope import decided_clusters
    from labelq.report import decisions
    from labelq.report.findings import tells
    from labelq.report.names import Names
    from labelq.report.numbers import counted
    from labelq.report.page import Page
    from labelq.report.text import mark

    out = Page(sys.stdout)
    decided = decided_clusters(found.decisions, earlier.clusters, earlier.round)
    shown = [c for c in earlier.clusters if tells(c) or c.id in decided]
    rules = [c for c in shown if _wants_rule(c) or c.id in decided]
    n_open = sum(c.id not in decided or not decided[c.id].decided for c in rules)
    there = f"decisions in {path}" if path.exists() else f"no decisions yet ({path})"
    out.say(f"{mark(earlier.name)}: {n_open:,} of {len(rules):,} clusters open; {there}")
    _where(out, path, found)
    if habits := len(shown) - len(rules):
        end = "of one annotator needs" if habits == 1 else "of single annotators need"
        out.say(f"{counted(habits, 'habit')} {end} a talk, not a rule.")
    names = Names(earlier.round.raters)
    for name, state, about in decisions.overview(shown, decided, names):
        out.say(f"{mark(name)}  {state}", indent=2, style="bold")
        out.say(about, indent=4)
    for problem in found.problems(earlier.round):
        out.say(problem, start="Note: ")
    for said in decisions.missing(missing_tasks(found.decisions, earlier.round)):
        out.say(said, start="Note: ")
    rest = len(earlier.clusters) - len(shown)
    if rest:
        out.say(
            f"and {rest:,} with nothing in common or too little to say, in audit.json", indent=2
        )
    _next(out, earlier, found.decisions, decided, onward)


def _where(out: Page, path: Path, before: DecisionFile) -> None:
    """Where a file that begins here stands, in full: nobody has to look for it."""
    if not before.decisions:
        out.path(f"The file: {path.absolute()}", indent=2)


def show_decision(
    earlier: Earlier,
    decision: Decision,
    found: DecisionFile,
    path: Path,
    onward: Onward,
    *,
    new_rule: bool,
    would_be: Sequence[str] | None,
) -> None:
    """What was recorded, and what it does; in a dry run the lines that ``would_be`` written."""
    import numpy as np

    from labelq.remedy.decisions import missing_tasks
    from labelq.remedy.scope import contradicting, decided_clusters, in_scope
    from labelq.report import decisions
    from labelq.report.page import Page
    from labelq.report.text import mark

    round_ = earlier.round
    out = Page(sys.stdout)
    was = next((one for one in found.decisions if one.id == decision.id), None)
    done = "Recorded" if was is None else "Changed"
    verb = done if would_be is None else f"Would be {done.lower()}"
    out.say(f"{verb}: {mark(decision.id)} in {path}", style="bold")
    _where(out, path, found)
    for line in would_be or ():
        out.path(line, indent=0)
    units = in_scope(decision, round_)
    named = sum(round_.units.ids[unit] in set(decision.scope.tasks) for unit in units.tolist())
    n_all = int(np.isin(round_.ratings[decision.question].unit, units).sum())
    wrong = len(contradicting(decision, round_, units))
    for sentence in decisions.recorded(decision, len(units), named, wrong, n_all):
        out.say(sentence, indent=2)
    if was is not None and decision.rule and not new_rule and was.label != decision.label:
        out.say("Note: the rule is the earlier one; --rule says another.", indent=2)
    for said in decisions.missing(missing_tasks([decision], round_)):
        out.say(f"Note: {said}", indent=2)
    if would_be is not None:
        out.say("Dry run: nothing was written. Next: the same without --dry-run.")
        return
    now = [*(one for one in found.decisions if one.id != decision.id), decision]
    _next(out, earlier, now, decided_clusters(now, earlier.clusters, round_), onward)


def _wants_rule(cluster: Cluster) -> bool:
    """Whether a meeting can settle it: a habit or a slip is no question of rules."""
    from labelq.report.findings import tells

    return tells(cluster) and cluster.cause.kind != "rater"


def _next(
    out: Page,
    earlier: Earlier,
    made: Sequence[Decision],
    decided: Mapping[str, Decision],
    onward: Onward,
) -> None:
    """The next cluster to decide; after the last one what makes something of the decisions."""
    left = [one for one in earlier.clusters if _wants_rule(one) and one.id not in decided]
    if left:
        out.say(f"Next: {len(left):,} still open.")
        out.path(onward.command("decide", option="--file", end=[left[0].id]), indent=2)
    elif any(one.decided for one in made):
        out.say("Next: see the guideline with these rules, and what they release.")
        out.path(onward.command("guideline", "draft"), indent=2)
        out.path(onward.command("apply", end=["--dry-run"]), indent=2)
