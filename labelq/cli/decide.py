"""``labelq decide``: write down what the guideline review meeting decided."""

from __future__ import annotations

import datetime as dt
import shlex
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

_FILE = click.Path(path_type=Path)
_OUTCOMES = ("label", "split", "merge", "rename", "new_label", "drop")


@click.command("decide", short_help="Write down what the guideline meeting decided.")
@click.argument("audit_dir", type=_FILE, required=False, metavar="AUDIT_DIR")
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
    help="The labels that the decision is about [the cluster's]. Repeatable.",
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
@click.option(
    "--except",
    "excluded",
    multiple=True,
    metavar="ID",
    help="A task that it is not about, whatever else holds. Repeatable.",
)
@click.option("--no-lookalikes", is_flag=True, help="Only these tasks, not what resembles them.")
@click.option("--example", multiple=True, metavar="ID", help="A task to quote. Repeatable.")
@click.option("--file", type=_FILE, help="The file [decisions.yaml beside the guideline].")
@click.option("--dry-run", is_flag=True, help="Print what would be written; write nothing.")
def decide_command(audit_dir: Path | None, cluster_id: str | None, **options: Any) -> None:
    """Record a decision of the guideline review meeting in decisions.yaml.

    AUDIT_DIR is what `labelq audit` wrote, CLUSTER_ID a cluster in it. Without CLUSTER_ID it
    lists the clusters, their causes and what is decided. The label must be one of those that the
    decision is about: --labels names others, --outcome new_label brings a new one. A second
    decision about the same cluster takes the place of the first. The file is for people too:
    edit it by hand, your comments stay.

    \b
    Examples:
      labelq decide audits/round_1
      labelq decide audits/round_1 category-1 --label Shipping --rule "The courier broke it."
      labelq decide audits/round_1 category-1 --label Shipping --except 2161 --dry-run
      labelq decide audits/round_1 category-2 --undecided --who Ruth
      labelq decide audits/round_1 --labels Refund,Billing --question category --reject

    Exit codes: 0 recorded or listed; 2 bad usage or input.
    """
    from labelq.cli.decide_page import Onward, show_clusters, show_decision
    from labelq.reading import decisions_file, read_audit

    if audit_dir is None:
        raise SettingsError(_which_audit())
    earlier = read_audit(audit_dir)
    file = options.pop("file")
    path = file or decisions_file(earlier, audit_dir)
    onward = Onward(audit_dir, file)
    before, text, found = _read(path)
    if cluster_id is None and not options["labels"]:
        stray = next((n for n, v in options.items() if v and n != "dry_run"), None)
        if stray is not None:
            name = "except" if stray == "excluded" else stray.replace("_", "-")
            raise SettingsError(
                f"--{name}: about which cluster? Give CLUSTER_ID, or --question"
                f" and --labels; `labelq decide {shlex.quote(str(audit_dir))}` lists the clusters"
            )
        show_clusters(earlier, found, path, onward)
        return
    decision = _decision(earlier, cluster_id, found, options)
    from labelq.remedy.decision_writing import entry_lines, with_decision
    from labelq.remedy.decisions import unknown_labels

    new = with_decision(text, decision, path.as_posix())
    others = [one for one in found.decisions if one.id != decision.id]
    for one, problem in unknown_labels([*others, decision], earlier.round):
        if one is decision:
            raise DecisionsError(problem)
    if not options["dry_run"]:
        _write(path, before, new)
    show_decision(
        earlier,
        decision,
        found,
        path,
        onward,
        new_rule=bool(options["rule"]),
        would_be=entry_lines(new, decision.id) if options["dry_run"] else None,
    )


def _which_audit() -> str:
    """What to say where no audit is named: one that is here, and what makes one."""
    from labelq.report.text import visible

    def changed(path: Path) -> float:
        return path.stat().st_mtime if path.is_file() else 0.0

    here = [*Path().glob("audits/*/audit.json"), *Path().glob("*/audit.json")]
    newest = max(here, key=changed, default=None)
    named = "audits/…" if newest is None else shlex.quote(newest.parent.as_posix())
    return visible(f"which audit? labelq decide {named}; labelq audit makes one")


# --- the file ---------------------------------------------------------------------------------


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
    from labelq.files import read_bytes
    from labelq.writing import locked, write_files

    with locked(path):
        if (read_bytes(path, DecisionsError) if path.exists() else None) != before:
            raise DecisionsError(f"{path}: somebody changed it meanwhile; repeat the command")
        write_files({path: text.encode()}, replace=True)


# --- the decision -----------------------------------------------------------------------------


def _decision(
    earlier: Earlier, cluster_id: str | None, found: DecisionFile, options: Mapping[str, Any]
) -> Decision:
    """The decision that the options make, in place of an earlier one about the same."""
    from labelq.cli import decide_page
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
        answer = decide_page.ask(earlier, cluster, fresh, answer, found)
        meant = True
    else:
        meant = known is not None and answer.label in known.labels
    return answered(_with_label(earlier, fresh, answer, found, meant=meant), known, answer)


def _with_label(
    earlier: Earlier, fresh: Decision, answer: Answer, found: DecisionFile, *, meant: bool
) -> Decision:
    """The decision with a label that it was not about, if that is ``meant``, or so somebody says.

    Raises:
        LabelqError: the label is unknown, or nobody says so.
    """
    from labelq.cli import decide_page
    from labelq.report.text import visible

    label = answer.label
    if label is None or label in fresh.labels or answer.outcome not in ("label", "split", "drop"):
        return fresh
    if problem := decide_page.problem_of(answer, fresh, earlier.round, found):
        raise DecisionsError(problem)
    wider = (*fresh.labels, label)
    if meant or (decide_page.interactive() and decide_page.means(fresh, label)):
        return replace(fresh, labels=wider)
    about = "this" if fresh.evidence is None else fresh.evidence.cluster
    option = shlex.join([part for one in wider for part in ("--labels", one)])
    new = ", and --outcome new_label is for a new one" if answer.outcome == "label" else ""
    raise SettingsError(
        visible(
            f"--label {label}: {about} is about {' or '.join(fresh.labels)}; if you mean it, add"
            f" {option}{new}"
        )
    )


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
    for option, name in (("task", "task"), ("example", "example"), ("excluded", "except")):
        for task in options[option]:
            if task not in ids:
                raise SettingsError(f"--{name} {task}: {earlier.name} has no such task")
    return Scope(
        tasks=options["task"],
        words=options["scope_words"],
        where=where,
        excluded=options["excluded"],
    )


def _day(given: str | None) -> dt.date:
    if given is None:
        return dt.datetime.now().astimezone().date()
    try:
        return dt.datetime.strptime(given, "%Y-%m-%d").date()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        raise SettingsError(f"--when {given}: write it as 2026-03-20") from None
