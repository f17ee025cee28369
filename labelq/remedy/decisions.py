"""Decisions of the guideline review meeting, as data.

They stand in ``decisions.yaml`` beside the guideline, never inside an audit's directory.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["label", "split", "merge", "rename", "new_label", "drop", "undecided", "rejected"]
"""What a meeting can decide about a choice between labels:

``label``: the tasks in scope are ``label``. ``split``: ``label`` becomes the labels ``into``.
``merge``: the ``labels`` become ``label``. ``rename``: ``labels[0]`` is called ``label`` from
now on. ``new_label``: the tasks in scope are ``label``, which did not exist. ``drop``:
``labels[0]`` is no longer used. ``undecided``: talked about, and still open. ``rejected``: no
rule is wanted, do not propose it again unless the evidence changes.
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which tasks a decision is about: all conditions that are given must hold.

    ``tasks`` are ids; with ``lookalikes`` the tasks that resemble them count too. ``words``: the
    text holds one of them. ``labels``: somebody gave one of them. ``where``: task field → value.
    """

    tasks: tuple[str, ...] = ()
    lookalikes: bool = True
    words: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the meeting saw: the round, the cluster's words, its size and share."""

    round: str
    cluster: str
    words: tuple[str, ...]
    n_units: int
    share: float


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. ``rule`` is the text for the guideline, ``examples`` are ids of tasks."""

    id: str
    question: str
    labels: tuple[str, ...]
    outcome: Outcome
    scope: Scope
    label: str | None = None
    into: tuple[str, ...] = ()
    rule: str = ""
    who: tuple[str, ...] = ()
    when: dt.date | None = None
    examples: tuple[str, ...] = ()
    evidence: Evidence | None = None
