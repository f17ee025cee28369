"""The command lines that audit again: this round, or the next one as this one was."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labelq.labels.model import Round
    from labelq.settings import Settings


def next_command(sources: Sequence[Path], settings: Settings, round_: Round, out: Path) -> str:
    """The command that audits the next round as this one was audited, against it; without key.

    In a project the next round begins on the day after this one's last answer.
    """
    parts = [*_project(settings)] if not sources else []
    if not sources:
        if last := _last_day(round_):
            parts += ["--from", (last + timedelta(days=1)).isoformat()]
    elif len(sources) > 1 or sources[0].is_dir():
        parts.append("next_round/")
    else:
        parts.append("next_round" + "".join(sources[0].suffixes[-2:]))
    parts += _how(settings, next_round=True)
    return shlex.join(["labelq", "audit", *parts, "--against", out.as_posix()])


def same_command(sources: Sequence[Path], settings: Settings, out: Path) -> str:
    """The command that audits this round anew, and replaces what it wrote to ``out``; no key."""
    parts = [source.as_posix() for source in sources] if sources else [*_project(settings)]
    for option, day in (("--from", settings.since), ("--to", settings.until)):
        parts += [option, day] if day is not None else []
    for field, value in settings.where:
        parts += ["--where", f"{field}={value}"]
    for kind in settings.exclude:
        parts += ["--exclude", kind]
    if settings.round is not None:
        parts += ["--round", settings.round]
    parts += _how(settings, next_round=False)
    for (question, old), new in settings.map_label.items():
        parts += ["--map-label", f"{question}:{old}={new}"]
    if settings.against is not None:
        parts += ["--against", settings.against.as_posix()]
    return shlex.join(["labelq", "audit", *parts, "--out", out.as_posix(), "--replace"])


def _project(settings: Settings) -> Iterator[str]:
    """The projects that were pulled."""
    for project in settings.project:
        yield from ("--project", str(project))
    if settings.view is not None:
        yield from ("--view", str(settings.view))
    if settings.url is not None and settings.url != os.environ.get("LABEL_STUDIO_URL"):
        yield from ("--url", settings.url)
    if not settings.queues:
        yield "--no-queues"


def _how(settings: Settings, *, next_round: bool) -> Iterator[str]:
    """How a round is read. Of the next round the guideline is the one that is written now."""
    for option, text in (("--join", settings.join), ("--rater-from", settings.rater_from)):
        yield from (option, text) if text is not None else ()
    for reviewer in settings.reviewer:
        yield from ("--reviewer", reviewer)
    if settings.adjudicated is not None:
        yield from ("--adjudicated", settings.adjudicated.as_posix())
    if settings.columns:
        yield from ("--columns", ",".join(f"{k}={v}" for k, v in settings.columns.items()))
    for option, given in (("--cost", settings.cost), ("--weight", settings.weight)):
        for question, matrix in given.items():  # a matrix in labelq.toml is there next time too
            if isinstance(matrix, Path):
                file = matrix.name if next_round else matrix.as_posix()
                yield from (option, f"{question}={file}")
    for question, level in settings.level.items():
        yield from ("--level", f"{question}={level}" if question else level)
    if settings.label_config is not None:
        file = settings.label_config.name if next_round else settings.label_config.as_posix()
        yield from ("--label-config", file)
    if settings.text_field is not None:
        yield from ("--text-field", settings.text_field)
    if settings.decisions is not None:
        yield from ("--decisions", settings.decisions.as_posix())
    if settings.embedder is not None:
        yield from ("--embedder", settings.embedder.as_posix())
    if settings.guideline is not None:
        written = settings.guideline.with_suffix(".md") if next_round else settings.guideline
        yield from ("--guideline", written.as_posix())


def _last_day(round_: Round) -> date | None:
    """The day (UTC) of the round's last answer, if any is dated."""
    import numpy as np

    told = [table.submitted[~np.isnat(table.submitted)] for table in round_.ratings.values()]
    last = max((days.max() for days in told if len(days)), default=None)
    return None if last is None else last.astype("datetime64[D]").astype(object)
