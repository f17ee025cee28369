"""``labelq decide``: write down what the guideline review meeting decided."""

from __future__ import annotations

import datetime as dt
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelq.errors import DecisionsError, SettingsError

if TYPE_CHECKING:
    from labelq.pinpoint.findings import Cluster
    from labelq.remedy.deciding import Answer
    from labelq.remedy.decision_file import DecisionFile
    from labelq.remedy.decisions import Decision, Scope
    from labelq.remember.earlier import Earlier
    from labelq.settings import Settings

_FILE = click.Path(path_type=Path)
_OUTCOMES = ("label", "split", "merge", "rename", "new_label", "drop")
_EXAMPLES = 3


@click.command("decide", short_help="Write down what the guideline meeting decided.")
@click.argument("audit_dir", type=_FILE)
@click.argument("cluster_id", required=False)
@click.option("--label", metavar="LABEL", help="What the tasks are (or see --outcome).")
@click.option("--rule", metavar="TEXT", help="The rule, as it shall stand in the guideline.")
@click.option("--who", multiple=True, metavar="NAME", help="Who decided. Repeatable.")
@click.option("--when", metavar="DATE", help="When, as 2026-03-20 [today].")
@click.option("--undecided", is_flag=True, help="Talked about, and still open.")
@click.option("--reject", is_flag=True, help="No rule is wanted: do not propose it again.")
@click.option(
    "--outcome",
    type=click.Choice(_OUTCOMES),
    help="split: LABEL becomes --into …; merge: the labels become LABEL; rename: --labels OLD"
    " is called LABEL; new_label: the tasks are LABEL, which is new; drop: LABEL is no longer"
    " used [label].",
)
@click.option("--into", multiple=True, metavar="LABEL", help="What a label is split into.")
@click.option(
    "--labels",
    multiple=True,
    metavar="A,B",
    help="Without a cluster: the labels that the decision is about. Repeatable.",
)
@click.option("--question", metavar="NAME", help="Without a cluster: the question.")
@click.option(
    "--scope-words",
    multiple=True,
    metavar="WORD",
    help="Instead of the cluster's tasks: tasks whose text holds this. Repeatable.",
)
@click.option(
    "--where",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Only tasks whose field has this value. Repeatable.",
)
@click.option("--task", multiple=True, metavar="ID", help="A task in scope. Repeatable.")
@click.option("--no-lookalikes", is_flag=True, help="Only these tasks, not what resembles them.")
@click.option("--example", multiple=True, metavar="ID", help="A task to quote. Repeatable.")
@click.option("--file", type=_FILE, help="The file [decisions.yaml beside the guideline].")
@click.option("--dry-run", is_flag=True, help="Print what would be written; write nothing.")
def decide_command(audit_dir: Path, cluster_id: str | None, **options: Any) -> None:
    """Record a decision of the guideline review meeting in decisions.yaml.

    AUDIT_DIR is what `labelq audit` wrote, CLUSTER_ID a cluster in it. Without CLUSTER_ID it
    lists the clusters and what is decided. A second decision about the same cluster takes the
    place of the first. The file is for people too: edit it by hand, your comments stay.

    \b
    Examples:
      labelq decide audits/round_1
      labelq decide audits/round_1 category-1 --label Shipping --rule "The courier broke it."
      labelq decide audits/round_1 category-2 --undecided --who Ruth
      labelq decide audits/round_1 --labels Refund,Billing --question category --reject

    Exit codes: 0 recorded or listed; 2 bad usage or input.
    """
    from labelq.reading import read_audit

    earlier = read_audit(audit_dir)
    path = options.pop("file") or default_file(earlier, audit_dir)
    before, text, found = _read(path)
    if cluster_id is None and not options["labels"]:
        stray = next((n for n, v in options.items() if v and n != "dry_run"), None)
        if stray is not None:
            raise SettingsError(
                f"--{stray.replace('_', '-')}: about which cluster? Give CLUSTER_ID, or --question"
                f" and --labels; `labelq decide {shlex.quote(str(audit_dir))}` lists the clusters"
            )
        _list(earlier, found, path, audit_dir)
        return
    decision = _decision(earlier, cluster_id, found, options)
    from labelq.remedy.decision_writing import with_decision
    from labelq.remedy.decisions import unknown_labels

    new = with_decision(text, decision, path.as_posix())
    others = [one for one in found.decisions if one.id != decision.id]
    for one, problem in unknown_labels([*others, decision], earlier.round):
        if one is decision:
            raise DecisionsError(problem)
    if not options["dry_run"]:
        _write(path, before, new)
    _print(earlier, decision, found, path, audit_dir, options)


# --- the file ---------------------------------------------------------------------------------


def default_file(earlier: Earlier, audit_dir: Path, settings: Settings | None = None) -> Path:
    """Where decisions about an audit are kept: the file may not be there yet.

    As told (``settings``: the command's own, else labelq.toml's); else beside the guideline that
    is told, where they stand there; else beside the audit's guideline, where it can be found;
    else here.
    """
    from labelq.reading import decisions_beside
    from labelq.settings import load

    settings = settings or load(None, {})
    told = settings.decisions or decisions_beside(settings.guideline)
    if told is not None:
        return told
    if earlier.guideline is not None:
        name = Path(earlier.guideline[0]).name
        near = [Path(), Path("guidelines"), Path("docs"), audit_dir.parent, audit_dir.parent.parent]
        likely = [folder / name for folder in near]
        if settings.guideline is not None and settings.guideline.name == name:
            likely.insert(0, settings.guideline)
        for guideline in likely:
            if guideline.is_file():
                return guideline.with_name("decisions.yaml")
    return Path("decisions.yaml")


def _read(path: Path) -> tuple[bytes | None, str, DecisionFile]:
    """The file's bytes (None: there is none yet), its text, and the decisions in it."""
    from labelq.files import read_bytes, read_text
    from labelq.reading import read_decision_file
    from labelq.remedy.decision_file import DecisionFile

    if not path.exists():
        return None, "", DecisionFile(path.as_posix())
    before = read_bytes(path, DecisionsError)
    return before, read_text(path, DecisionsError), read_decision_file(path)


def _write(path: Path, before: bytes | None, text: str) -> None:
    """Whole or not at all, and only if nobody wrote meanwhile."""
    from labelq.cli.writing import write_files
    from labelq.files import read_bytes

    if (read_bytes(path, DecisionsError) if path.exists() else None) != before:
        raise DecisionsError(f"{path}: somebody changed it meanwhile; repeat the command")
    write_files({path: text.encode()}, replace=True)


# --- the decision -----------------------------------------------------------------------------


def _decision(
    earlier: Earlier, cluster_id: str | None, found: DecisionFile, options: Mapping[str, Any]
) -> Decision:
    """The decision that the options make, in place of an earlier one about the same."""
    from labelq.remedy.deciding import about_cluster, about_labels, answered, same_question

    answer = _answer(earlier, options)
    taken = {one.id for one in found.decisions}
    cluster = None
    if cluster_id is None:
        question = _question(earlier, options["question"])
        labels = _labels(earlier, question, options["labels"])
        fresh = about_labels(question, labels, answer.scope, taken)
    else:
        cluster = _cluster(earlier, cluster_id)
        fresh = about_cluster(cluster, earlier.round, taken)
        if options["question"] not in (None, cluster.question):
            raise SettingsError(f"--question: {cluster_id} is about {cluster.question}")
        if options["labels"]:
            labels = _labels(earlier, cluster.question, options["labels"])
            fresh = replace(fresh, labels=labels)
    known = same_question(found.decisions, fresh)
    if answer.outcome is None and known is None:
        answer = _ask(earlier, cluster, fresh, answer)
    return answered(fresh, known, answer)


def _answer(earlier: Earlier, options: Mapping[str, Any]) -> Answer:
    """What the options say."""
    from labelq.remedy.deciding import Answer
    from labelq.remedy.decisions import Outcome

    said: list[Outcome] = [options["outcome"]] if options["outcome"] else []
    said += ["undecided"] if options["undecided"] else []
    said += ["rejected"] if options["reject"] else []
    if len(said) > 1:
        raise SettingsError("give one of --outcome, --undecided, --reject")
    if not said and options["label"] is not None:
        said = ["label"]
    if not said and options["into"]:
        raise SettingsError("--into is for --outcome split")
    return Answer(
        outcome=said[0] if said else None,
        label=options["label"],
        into=options["into"],
        rule=options["rule"] or "",
        who=options["who"],
        examples=options["example"],
        scope=_scope(earlier, options),
        exact=options["no_lookalikes"],
        when=_day(options["when"]),
    )


def _cluster(earlier: Earlier, name: str) -> Cluster:
    from labelq.remedy.decisions import near

    try:
        return earlier.cluster(name)
    except KeyError:
        known = [cluster.id for cluster in earlier.clusters]
        raise SettingsError(
            f"{name}: {earlier.name} has no such cluster{near(name, known)}"
        ) from None


def _question(earlier: Earlier, name: str | None) -> str:
    names = [question.name for question in earlier.round.questions]
    if name is None and len(names) == 1:
        return names[0]
    if name not in names:
        said = "" if name is None else f" {name}: there is none;"
        raise SettingsError(f"--question{said} give one of {', '.join(names)}")
    return name


def _labels(earlier: Earlier, question: str, given: Sequence[str]) -> tuple[str, ...]:
    """Labels from the command line: a label with a comma in it is given alone."""
    from labelq.labels.model import label_text

    known = {label_text(label) for label in earlier.round.question(question).labels}
    parts = [[text] if text in known else text.split(",") for text in given]
    return tuple(dict.fromkeys(part.strip() for some in parts for part in some if part.strip()))


def _scope(earlier: Earlier, options: Mapping[str, Any]) -> Scope:
    """The conditions that the options give."""
    from labelq.remedy.decisions import Scope, near

    units, where = earlier.round.units, {}
    for pair in options["where"]:
        name, equals, value = pair.partition("=")
        if not equals or not value:
            raise SettingsError(f"--where {pair}: write it as channel=email")
        if name not in units.fields:
            raise SettingsError(
                f"--where {pair}: tasks have no field {name}{near(name, units.fields)}"
            )
        where[name] = value
    ids = set(units.ids)
    for option in ("task", "example"):
        for task in options[option]:
            if task not in ids:
                raise SettingsError(f"--{option} {task}: {earlier.name} has no such task")
    return Scope(tasks=options["task"], words=options["scope_words"], where=where)


def _day(given: str | None) -> dt.date:
    if given is None:
        return dt.datetime.now().astimezone().date()
    try:
        return dt.datetime.strptime(given, "%Y-%m-%d").date()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        raise SettingsError(f"--when {given}: write it as 2026-03-20") from None


# --- what people see --------------------------------------------------------------------------


def _ask(earlier: Earlier, cluster: Cluster | None, fresh: Decision, answer: Answer) -> Answer:
    """Ask what was decided: shows the cluster, and completes ``answer``."""
    if not _interactive():
        raise SettingsError("what was decided? Give --label, --outcome, --undecided or --reject")
    from labelq.report import causes, decisions
    from labelq.report.numbers import counted
    from labelq.report.page import Page
    from labelq.report.text import line, mark

    out = Page(sys.stdout)
    about = f"{decisions.labels(fresh.labels)} ({mark(fresh.question)})"
    if cluster is not None:
        words = causes.words_of(cluster)
        about += f": {counted(len(cluster.units), 'task')}{' about ' + words if words else ''}"
    out.say(f"{about}.", style="bold")
    for unit in cluster.units[:_EXAMPLES] if cluster is not None else ():
        text = earlier.round.units.text[unit]
        shown = line(text or "", 300)
        out.say(f"{mark(earlier.round.units.ids[unit])}  {shown}", indent=2)
    out.skip()
    for number, label in enumerate(fresh.labels, 1):
        out.say(causes.label(label), start=f"  {number}  ")
    out.say("still open", start="  u  ")
    out.say("no rule is wanted", start="  r  ")
    said = str(click.prompt("Decided (a number, another label, u or r)")).strip()
    if said in ("u", "r") and said not in fresh.labels:
        return replace(answer, outcome="undecided" if said == "u" else "rejected")
    numbers = {str(number): label for number, label in enumerate(fresh.labels, 1)}
    label = said if said in fresh.labels else numbers.get(said, said)
    rule, who = answer.rule, answer.who
    if not rule:
        question = "The rule, in a sentence (empty: later)"
        rule = str(click.prompt(question, default="", show_default=False))
    if not who:
        names = str(click.prompt("Who decided (empty: nobody)", default="", show_default=False))
        who = tuple(part.strip() for part in names.split(",") if part.strip())
    return replace(answer, outcome="label", label=label, rule=rule, who=who)


def _interactive() -> bool:
    return sys.stdin.isatty()


def _list(earlier: Earlier, found: DecisionFile, path: Path, audit_dir: Path) -> None:
    """The clusters of an audit, and what is decided about each."""
    from labelq.remedy.scope import decided_clusters
    from labelq.report import decisions
    from labelq.report.findings import tells
    from labelq.report.page import Page
    from labelq.report.text import mark

    out = Page(sys.stdout)
    decided = decided_clusters(found.decisions, earlier.clusters, earlier.round)
    shown = [c for c in earlier.clusters if tells(c) or c.id in decided]
    n_open = sum(c.id not in decided or not decided[c.id].decided for c in shown)
    there = f"decisions in {path}" if path.exists() else f"no decisions yet ({path})"
    out.say(f"{mark(earlier.name)}: {n_open:,} of {len(shown):,} clusters open; {there}")
    for name, state, about in decisions.overview(shown, decided):
        out.say(f"{mark(name)}  {state}", indent=2, style="bold")
        out.say(about, indent=4)
    for problem in found.problems(earlier.round):
        out.say(problem, start="Note: ")
    rest = len(earlier.clusters) - len(shown)
    if rest:
        out.say(
            f"and {rest:,} with nothing in common or too little to say, in audit.json", indent=2
        )
    _next(out, [c for c in shown if c.id not in decided], audit_dir)


def _print(
    earlier: Earlier,
    decision: Decision,
    found: DecisionFile,
    path: Path,
    audit_dir: Path,
    options: Mapping[str, Any],
) -> None:
    import numpy as np

    from labelq.remedy.scope import contradicting, decided_clusters, in_scope
    from labelq.report import decisions
    from labelq.report.findings import tells
    from labelq.report.page import Page
    from labelq.report.text import mark

    round_ = earlier.round
    out = Page(sys.stdout)
    again = any(one.id == decision.id for one in found.decisions)
    verb = "Would be recorded" if options["dry_run"] else "Changed" if again else "Recorded"
    out.say(f"{verb}: {mark(decision.id)} in {path}", style="bold")
    units = in_scope(decision, round_)
    named = sum(round_.units.ids[unit] in set(decision.scope.tasks) for unit in units.tolist())
    n_all = int(np.isin(round_.ratings[decision.question].unit, units).sum())
    wrong = len(contradicting(decision, round_, units))
    for sentence in decisions.recorded(decision, len(units), named, wrong, n_all):
        out.say(sentence, indent=2)
    rest = [one for one in found.decisions if one.id != decision.id]
    was = next((one for one in found.decisions if one.id == decision.id), decision)
    if decision.rule and not options["rule"] and was.label != decision.label:
        out.say("Note: the rule is the earlier one; --rule says another.", indent=2)
    decided = decided_clusters([*rest, decision], earlier.clusters, round_)
    _next(out, [c for c in earlier.clusters if tells(c) and c.id not in decided], audit_dir)


def _next(out: Any, still_open: Sequence[Cluster], audit_dir: Path) -> None:
    if not still_open:
        return
    out.say(f"Next: {len(still_open):,} still open.")
    parts = ["labelq", "decide", audit_dir.as_posix(), still_open[0].id]
    out.path(shlex.join(parts), indent=2)
