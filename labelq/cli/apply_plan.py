"""What ``labelq apply`` will write and push, all of it known before anything is."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelq.errors import OutputError, SettingsError
from labelq.labels.queue_fields import released_name

if TYPE_CHECKING:
    from labelq.label_studio.queues.order import Order
    from labelq.label_studio.revision import Revision
    from labelq.remedy.acts import Draft, Entry
    from labelq.remedy.decisions import Decision
    from labelq.remedy.releasing import Effect
    from labelq.remember.earlier import Earlier

CONFIG = "label_config.xml"
"""The revised labeling config in the output directory."""

_MARKDOWN = (".md", ".markdown", ".txt", "")


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that will be written, before anything is."""

    earlier: Earlier
    order: Order
    decisions: tuple[Decision, ...]
    notes: tuple[str, ...]
    n_others: int
    n_open: int
    effects: tuple[Effect, ...]
    entries: tuple[Entry, ...]
    draft: Draft
    guideline: Path | None
    revision: Revision | None
    mapping: Mapping[tuple[str, str], str]
    out: Path
    pushes: bool
    why_not: str
    adjudicated: str

    @property
    def changes_guideline(self) -> bool:
        """Whether the guideline does not say it all already."""
        return self.draft.text != self.draft.original

    @property
    def target(self) -> Path | None:
        """Where the guideline's next version goes: the authors' file, or Markdown beside it."""
        if self.guideline is None or self.guideline.suffix.lower() in _MARKDOWN:
            return self.guideline
        return self.guideline.with_suffix(".md")

    @property
    def name(self) -> str:
        """What the queue is called: one for all that is decided about a round."""
        return released_name(self.earlier.name)

    @property
    def contents(self) -> dict[str, bytes]:
        """The files of the output directory."""
        from labelq.report.released import paste_lines, released_documents

        documents = released_documents(
            self.name,
            self.earlier.round,
            self.entries,
            self.effects,
            manifest=self.earlier.manifest,
            guideline=self.draft.text,
            text_field=self.order.text_field,
        )
        for name, text in (("guideline.diff", self.draft.diff), ("changes.md", self.draft.log)):
            before = self.out / name  # a repeat has nothing to add to what the first run said
            again = not self.changes_guideline and before.is_file()
            encoded = text.encode("utf-8", "backslashreplace")
            documents[name] = before.read_bytes() if again else encoded
        if self.revision is not None:
            pasted = "\n".join(paste_lines(self.revision.pastes)) + "\n"
            documents[CONFIG] = self.revision.text.encode("utf-8", "surrogatepass")
            documents["label_config_by_hand.txt"] = pasted.encode("utf-8", "backslashreplace")
        return documents


def planned(audit_dir: Path, options: Mapping[str, Any]) -> Plan:
    """What the decisions about the audit in ``audit_dir`` come to. Nothing is written.

    Raises:
        LabelqError: something that is needed cannot be read, or a decision cannot be applied.
    """
    from labelq import settings as files
    from labelq.label_studio.queues.order import read_order
    from labelq.reading import (
        decided_draft,
        decisions_file,
        guideline_file,
        guideline_now,
        read_audit,
        read_decision_file,
        with_adjudicated,
    )
    from labelq.remedy.decisions import about, mapping
    from labelq.remedy.releasing import effects, released

    chosen = {
        name: options[name]
        for name in ("url", "ca_bundle", "guideline", "decisions", "adjudicated")
    }
    settings = files.load(options["config"], chosen)
    earlier, order = read_audit(audit_dir), read_order(audit_dir)
    round_ = earlier.round
    path = decisions_file(earlier, audit_dir, settings)
    if not path.is_file():
        raise SettingsError(
            f"{path}: there are no decisions yet; labelq decide {shlex.quote(str(audit_dir))}"
            " writes them, and --decisions names another file"
        )
    file = read_decision_file(path)
    file.check(round_)
    ours = about(file.decisions, round_)
    decided = tuple(d for d in ours if d.decided)
    known, adjudicated = with_adjudicated(round_, settings, path, decided)
    found = effects(decided, known, seed=options["seed"])
    entries = released(round_, found)
    pushes, why_not = _pushes(order, options)
    guideline = guideline_file(settings, earlier, path)
    revision = _revision(audit_dir, order, decided, options, pushes=pushes and bool(entries))
    out = options["out"] or audit_dir.with_name(f"{audit_dir.resolve().name}-decided")
    _check_out(out, audit_dir)
    return Plan(
        earlier=earlier,
        order=order,
        decisions=decided,
        notes=file.problems(round_),
        n_others=len(file.decisions) - len(ours),
        n_open=len(ours) - len(decided),
        effects=found,
        entries=entries,
        draft=decided_draft(
            earlier, guideline_now(earlier, guideline), file.decisions, settings.sections
        ),
        guideline=guideline,
        revision=revision,
        mapping=mapping(decided),
        out=out,
        pushes=pushes,
        why_not=why_not,
        adjudicated=adjudicated,
    )


def _pushes(order: Order, options: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether the queue can be pushed; if not, why."""
    if options["no_push"]:
        return False, ""
    if order.origin is None and options["project"] is None:
        return False, (
            "The audit was made from a file, so nothing is pushed: --project ID of the project"
            " that was labeled does."
        )
    return True, ""


def _revision(
    audit_dir: Path,
    order: Order,
    decisions: Sequence[Decision],
    options: Mapping[str, Any],
    *,
    pushes: bool,
) -> Revision | None:
    """The labeling config after the decisions; None where no label goes or comes.

    Raises:
        SettingsError: there is no config, or it cannot be changed so.
        ServerError: the project cannot be read. Nothing is written then.
    """
    from labelq.cli.queue import opened
    from labelq.files import read_text
    from labelq.label_studio.projects import read_project
    from labelq.label_studio.revision import revised
    from labelq.remedy.label_changes import label_changes

    changes = label_changes(decisions)
    file = options["label_config"]
    text, where = (None, "") if file is None else (read_text(file), str(file))
    on_server = order.origin is not None or options["project"] is not None
    if pushes or (changes and text is None and on_server):
        with opened(audit_dir, dict(options)) as (_, connection, projects):
            if text is None and projects:
                text = read_project(connection, projects[0]).label_config
                where = f"project {projects[0]}"
    if not changes:
        return None
    if text is None:
        raise SettingsError(
            "labels change, and which labeling config has them? Give --label-config FILE, or"
            " --project ID of the project that was labeled"
        )
    found = revised(text, changes, where=where)
    return found if found.pastes else None


def _check_out(out: Path, audit_dir: Path) -> None:
    """Refuse to replace anything but what this command wrote about the same round.

    Raises:
        OutputError: something else stands there.
    """
    import json

    from labelq.files import check_target
    from labelq.label_studio.queues.order import RELEASED

    if out.resolve() == audit_dir.resolve() or out.resolve().is_relative_to(audit_dir.resolve()):
        raise OutputError(f"{out}: is (in) the audit, which is never changed; give another --out")
    check_target(out, replace=True)
    try:
        told = json.loads((out / "manifest.json").read_bytes())
    except (OSError, ValueError):
        told = None
    if told is not None and not (isinstance(told, dict) and told.get("schema") == RELEASED):
        raise OutputError(f"{out}: was not written by this command; give another --out")
