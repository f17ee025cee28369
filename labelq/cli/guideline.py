"""``labelq guideline``: the revised guideline, with what was proposed and decided in it."""

from __future__ import annotations

import datetime as dt
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labelq.cli.connecting import config_option
from labelq.errors import GuidelineError, SettingsError

if TYPE_CHECKING:
    from labelq.remedy.acts import Draft, ProposedRule
    from labelq.remedy.decisions import Decision
    from labelq.remember.earlier import Earlier
    from labelq.settings import Settings

_FILE = click.Path(path_type=Path)
_MARKDOWN = (".md", ".markdown", ".txt", "")
MOST_HEADINGS = 60
_PASSED_ON = ("decisions", "guideline", "config")
"""Options that `labelq apply` takes too."""


@click.group("guideline", short_help="Draft the revised guideline.")
def guideline_group() -> None:
    """The guideline between two rounds: what annotators differ on, what the meeting decided.

    \b
    Examples:
      labelq guideline draft audits/round_1
      labelq guideline draft audits/round_1 --guideline guideline.md --out drafts
    """


@guideline_group.command("draft", short_help="Write the revised guideline, a diff, a change log.")
@click.argument("audit_dir", type=_FILE)
@click.option(
    "--guideline",
    type=_FILE,
    metavar="FILE",
    help="What to revise: Markdown, .docx or .html [labelq.toml, else what the audit kept].",
)
@click.option(
    "--decisions",
    type=_FILE,
    metavar="FILE",
    help="What the guideline meeting decided [decisions.yaml where `labelq decide` keeps it].",
)
@click.option("--out", type=_FILE, metavar="DIR", default=Path(), help="Where to write [here].")
@click.option("--in-place", is_flag=True, help="Write the draft over the guideline itself, too.")
@click.option("--replace", is_flag=True, help="Replace an earlier draft.")
@config_option
def draft_command(audit_dir: Path, **options: object) -> int:
    """Write the revised guideline: guideline_draft.md, guideline.diff, guideline_changes.md.

    AUDIT_DIR is what `labelq audit` wrote. Every line of the authors stays byte for byte, unless
    a decision replaces it. What nobody has decided is marked PROPOSED; a decision in
    decisions.yaml (`labelq decide`) takes the place of what was proposed. Where it is unclear in
    which section a rule belongs you are asked, or labelq.toml says it:

    \b
      [guideline.sections]
      Refund = "Money back"

    \b
    Examples:
      labelq guideline draft audits/round_1
      labelq guideline draft audits/round_1 --guideline guideline.md --out drafts
      labelq guideline draft audits/round_1 --guideline guideline.md --in-place --replace

    Exit codes: 0 written; 2 bad usage or input.
    """
    from labelq.files import read_bytes
    from labelq.reading import decisions_file, read_audit, read_decision_file
    from labelq.settings import load
    from labelq.writing import check_files, write_files

    asked = {name: path for name, path in options.items() if isinstance(path, Path)}
    config = options.pop("config")
    out, in_place = Path(str(options.pop("out"))), bool(options.pop("in_place"))
    replace = bool(options.pop("replace"))
    settings = load(config if isinstance(config, Path) else None, options)
    source = settings.guideline
    names = ("guideline_draft.md", "guideline.diff", "guideline_changes.md")
    targets = [out / name for name in names]
    if in_place and (source is None or source.suffix.lower() not in _MARKDOWN):
        raise GuidelineError("--in-place needs --guideline FILE, a Markdown file to write over")
    if source is not None and source.resolve() in [target.resolve() for target in targets]:
        raise GuidelineError(f"{source}: is what would be written; give another --out")
    check_files(targets, replace=replace, sources=[audit_dir])
    before = read_bytes(source, GuidelineError) if in_place and source is not None else b""
    earlier = read_audit(audit_dir)
    decided_in = decisions_file(earlier, audit_dir, settings)
    decisions: tuple[Decision, ...] = ()
    if decided_in.exists() or "decisions" in asked:
        told = read_decision_file(decided_in)
        decisions = told.decisions
        for problem in told.problems(earlier.round):
            click.echo(f"labelq: {_visible(problem)}", err=True)
    draft = _drafted(earlier, settings, decisions)
    contents = [draft.text, draft.diff, draft.log]
    files = {
        path: text.encode("utf-8", "backslashreplace")
        for path, text in zip(targets, contents, strict=True)
    }
    if in_place and source is not None:
        if read_bytes(source, GuidelineError) != before:
            raise GuidelineError(f"{source}: somebody changed it meanwhile; repeat the command")
        files[source] = files[targets[0]]
    write_files(files, replace=replace or in_place)
    _say(draft, list(files), decided_in, decisions)
    decided = any(one.decided for one in decisions)
    given = [(f"--{name}", asked[name].as_posix()) for name in _PASSED_ON if name in asked]
    next_ = [*(part for option in given for part in option), "--dry-run"] if decided else []
    command = ["labelq", "apply" if decided else "decide", audit_dir.as_posix(), *next_]
    click.echo(f"Next: {_visible(shlex.join(command))}")
    return 0


def _drafted(earlier: Earlier, settings: Settings, decisions: Sequence[Decision]) -> Draft:
    """The draft; where it is unclear in which section a rule belongs, people are asked."""
    from labelq.documents import read_document
    from labelq.remedy.guideline import TaskLinks, draft_guideline
    from labelq.remedy.training_labels import label_consensus

    name, text = earlier.guideline or ("guideline.md", None)
    if settings.guideline is not None:
        name, text = settings.guideline.name, read_document(settings.guideline)
    consensuses = {q.name: label_consensus(earlier.round, q) for q in earlier.round.questions}
    joined = (earlier.manifest.get("options") or {}).get("join")
    links = TaskLinks.of(None if joined else earlier.manifest.get("server"))

    def drafted(sections: dict[str, str]) -> Draft:
        return draft_guideline(
            name,
            text,
            earlier.round,
            earlier.clusters,
            consensuses,
            decisions=decisions,
            sections=sections,
            links=links,
            date=dt.datetime.now(dt.UTC).date().isoformat(),
        )

    told = dict(settings.sections)
    draft = drafted(told)
    unclear = [rule for rule in draft.rules if not rule.placed]
    if text is None or not unclear or not sys.stdin.isatty():
        return draft
    chosen = _ask(text, unclear)
    return drafted(told | chosen) if chosen else draft


def _ask(text: str, rules: Sequence[ProposedRule]) -> dict[str, str]:
    """Label → the heading of its section, as people say."""
    from labelq.remedy.guideline.headings import outline

    headings = [h for h in outline(text).headings if h.title][:MOST_HEADINGS]
    chosen: dict[str, str] = {}
    if not headings:
        return chosen
    click.echo("The guideline has no section that is named after these labels. Its headings:")
    for number, heading in enumerate(headings, 1):
        click.echo(f"  {number:>2}  {'  ' * (heading.level - 1)}{_visible(heading.title)}")
    for rule in rules:
        label = rule.label or rule.labels[0]
        if label in chosen:
            continue
        either = " or ".join(map(_visible, rule.labels))
        question = f"Where does the rule about {either} belong? [0: Proposed rules]"
        at = click.prompt(question, default=0, show_default=False,
                          type=click.IntRange(0, len(headings)))  # fmt: skip
        if at:
            chosen[label] = headings[at - 1].title
    if chosen:
        click.echo("To be asked no more, add to labelq.toml:\n  [guideline.sections]")
        for label, title in chosen.items():
            click.echo(f"  {_toml(label)} = {_toml(title)}")
    return chosen


def _say(
    draft: Draft, files: Sequence[Path], decided_in: Path, decisions: Sequence[Decision]
) -> None:
    from labelq.report.numbers import counted

    if decisions:
        read = f"{counted(len(decisions), 'decision')} in {decided_in.as_posix()}"
    elif decided_in.exists():
        read = f"No decisions in {decided_in.as_posix()}"
    else:
        read = f"No decisions yet ({decided_in.as_posix()})"
    click.echo(f"{_visible(read)}.")
    kinds = [change.kind for change in draft.changes]
    said = [f"{counted(len(draft.rules), 'rule')} proposed"]
    if decisions:
        said.append(f"{counted(kinds.count('decided'), 'change')} decided")
    if draft.undecided:
        said.append(f"{counted(draft.undecided, 'rule')} still open from an earlier draft")
    version = f" Version {draft.version}." if draft.version is not None else ""
    click.echo(f"{'; '.join(said)}.{version}")
    if draft.text == draft.original:
        click.echo("Nothing changes.")
    for path in files:
        click.echo(f"  {_visible(path.as_posix())}")


def _visible(text: str) -> str:
    from labelq.report.text import line

    return line(text, 300)


def _toml(text: str) -> str:
    """A key or value of TOML, in quotation marks."""
    import json

    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise SettingsError("a heading or label with control characters stands in no labelq.toml")
    return json.dumps(_visible(text), ensure_ascii=False)
