"""Blind votes on the examples of a meeting's agenda."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BallotPaper:
    """One example to vote on: the task with code ``unit``, asked for one of ``labels``."""

    cluster: str
    question: str
    unit: int
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ballot:
    """What one person answered on one example: ``task`` is its id, ``label`` None where they
    said that it cannot be told; ``note`` is why, in their words.
    """

    cluster: str
    task: str
    voter: str
    label: str | None
    note: str = ""
