"""Blind votes on the examples of a meeting's agenda: what is asked, and what was answered.

Everybody answers every example alone. Every label of the question can be chosen, in its own
order: a choice of two would tell what the earlier answers were.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from labelq.labels.model import Question, Round, field_text, label_text
from labelq.remedy.agenda import AgendaItem

MOST_OPTIONS = 30
"""Of a question with more labels only those that the cluster is about can be chosen."""

CANNOT_TELL = "Cannot be told from the task"
"""The answer of somebody who finds that no label follows from what the task shows."""


@dataclass(frozen=True, slots=True)
class BallotPaper:
    """One example to vote on: the unit with code ``unit``, asked for one of ``labels``.

    ``clusters`` are the ids of those that it is an example of: of two with the same question it
    is asked once. ``key`` is how its answers are known again, by any audit in which the round,
    the question and what the task shows are the same. ``applies`` is the label whose presence
    is asked for, of a multiple choice.
    """

    clusters: tuple[str, ...]
    question: str
    unit: int
    labels: tuple[str, ...]
    key: str
    applies: str | None = None

    @property
    def asks(self) -> str:
        """The question in words; it names a label only where one is asked for."""
        if self.applies is not None:
            return f"{self.question}: does “{self.applies}” apply to this task?"
        return f"{self.question}: which one is right for this task?"

    @property
    def options(self) -> tuple[str, ...]:
        """What can be answered, :data:`CANNOT_TELL` last: never the same text twice."""
        nothing = CANNOT_TELL
        while nothing in self.labels:
            nothing += "."
        return (*self.labels, nothing)


@dataclass(frozen=True, slots=True)
class Cast:
    """One answer as it was given: ``at`` is when (ISO 8601, UTC, of one length), ``choice``
    None where nothing was chosen or the task was skipped.
    """

    key: str
    voter: str
    choice: str | None
    note: str = ""
    at: str = ""


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


@dataclass(frozen=True, slots=True)
class Counted:
    """The ballots that count, and how many do not, with why.

    ``answered`` is voter → number of papers that they answered, ``skipped`` of those that they
    were shown and did not. ``unknown`` are choices that could not be made (choice → number),
    ``n_elsewhere`` answers to examples that are not on this agenda, or show something else.
    """

    ballots: tuple[Ballot, ...]
    answered: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    n_elsewhere: int = 0


def ballot_papers(items: Iterable[AgendaItem], round_: Round) -> tuple[BallotPaper, ...]:
    """The examples of an agenda as papers, in its order; one that is asked twice comes once."""
    papers: dict[str, BallotPaper] = {}
    for item in items:
        question = round_.question(item.question)
        labels, applies = _labels(question, item.labels)
        for unit in item.units:
            key = _key(round_, item.question, unit, labels)
            known = papers.get(key)
            before = () if known is None else known.clusters
            clusters = tuple(dict.fromkeys((*before, item.cluster)))
            papers[key] = BallotPaper(clusters, item.question, unit, labels, key, applies)
    return tuple(papers.values())


def _labels(question: Question, about: Sequence[str]) -> tuple[tuple[str, ...], str | None]:
    """What can be chosen, and the label whose presence is the question (of a multiple choice)."""
    universe = [label_text(label) for label in question.labels]
    if question.level == "set" and len(about) == 2 and about[0] in universe:
        return tuple(about), about[0]  # a label, and its absence
    if len(universe) <= MOST_OPTIONS and set(about) <= set(universe):
        return tuple(universe), None
    place = {label: at for at, label in enumerate(universe)}
    return tuple(sorted(about, key=lambda label: (place.get(label, len(place)), label))), None


def _key(round_: Round, question: str, unit: int, labels: Sequence[str]) -> str:
    """Of what is shown the text, which is read the same by every audit; else all fields."""
    units = round_.units
    shown: object = units.text[unit]
    if shown is None:
        shown = sorted((name, field_text(column[unit])) for name, column in units.fields.items())
    whole = field_text([round_.name, question, labels, shown])
    digest = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{units.ids[unit]}/{question}/{digest}"


def counted(papers: Iterable[BallotPaper], cast: Iterable[Cast], round_: Round) -> Counted:
    """The ballots in ``cast``: per example and voter the last answer, in the papers' order.

    What was skipped or left empty is no ballot, but takes back no earlier answer either.
    """
    by_key = {paper.key: paper for paper in papers}
    last: dict[tuple[str, str], Cast] = {}
    unknown: Counter[str] = Counter()
    skipped: set[tuple[str, str]] = set()
    elsewhere = 0
    for one in cast:
        paper = by_key.get(one.key)
        if paper is None:
            elsewhere += one.choice is not None
        elif one.choice is None:
            skipped.add((one.key, one.voter))
        elif one.choice not in paper.options:
            unknown[one.choice] += 1
        elif (before := last.get((one.key, one.voter))) is None or before.at <= one.at:
            last[one.key, one.voter] = one
    place = {key: at for at, key in enumerate(by_key)}
    ballots = []
    for (key, voter), one in sorted(last.items(), key=lambda x: (place[x[0][0]], x[0][1])):
        paper = by_key[key]
        label = None if one.choice == paper.options[-1] else one.choice
        task = round_.units.ids[paper.unit]
        ballots += [Ballot(c, task, voter, label, one.note) for c in paper.clusters]
    return Counted(
        tuple(ballots),
        Counter(voter for _, voter in last),
        Counter(voter for _, voter in skipped - last.keys()),
        unknown,
        elsewhere,
    )
