"""Decisions of the guideline review meeting, as data.

They stand in ``decisions.yaml`` beside the guideline, never inside an audit's directory.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from labelq.errors import DecisionsError
from labelq.labels.model import Question, Round, label_text

Outcome = Literal["label", "split", "merge", "rename", "new_label", "drop", "undecided", "rejected"]
"""What a meeting can decide about a choice between labels:

``label``: the tasks in scope are ``label``. ``split``: ``label`` becomes the labels ``into``.
``merge``: the ``labels`` become ``label``. ``rename``: ``labels[0]`` is called ``label`` from
now on. ``new_label``: the tasks in scope are ``label``, which did not exist. ``drop``:
``labels[0]`` is no longer used. ``undecided``: talked about, and still open. ``rejected``: no
rule is wanted, do not propose it again unless the evidence changes.
"""

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

OPEN: tuple[Outcome, ...] = ("undecided",)
"""Outcomes that leave the question open."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which tasks a decision is about: all conditions that are given must hold.

    ``tasks`` are ids; with ``lookalikes`` the tasks that resemble them count too. ``words``: the
    text holds one of them. ``labels``: somebody gave one of them. ``where``: task field → value.
    ``excluded`` are ids of tasks that it is not about, whatever holds; no condition by itself.
    """

    tasks: tuple[str, ...] = ()
    lookalikes: bool = True
    words: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any condition."""
        return bool(self.tasks or self.words or self.labels or self.where)


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
    """One decision. ``rule`` is the text for the guideline, ``examples`` are ids of tasks.

    Labels are written as people read them; those of a multiple choice are decided one by one,
    as the pair (``without X``, ``X``).
    """

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

    @property
    def decided(self) -> bool:
        """Whether it settles the question; ``undecided`` leaves it open."""
        return self.outcome not in OPEN

    @property
    def gone(self) -> tuple[str, ...]:
        """The labels that nobody gives any more from now on."""
        if self.outcome in ("drop", "rename"):
            return self.labels[:1]
        if self.outcome == "merge":
            return tuple(label for label in self.labels if label != self.label)
        if self.outcome == "split" and self.label is not None and self.label not in self.into:
            return (self.label,)
        return ()

    @property
    def given(self) -> tuple[str, ...]:
        """The labels that must be there from now on for the decision to be followed."""
        if self.outcome == "split":
            return self.into
        return () if self.label is None else (self.label,)


ID = re.compile(r"\w+(?:[.-]\w+)*")
"""What an id may be: letters, digits and underscores, joined by single hyphens or dots."""

LONGEST_ID = 80


def refusal(decision: Decision) -> tuple[str, str] | None:
    """Why a decision cannot be as it is, as (field, problem); None where it can."""
    labels, label, outcome = decision.labels, decision.label, decision.outcome
    if not ID.fullmatch(decision.id) or len(decision.id) > LONGEST_ID:
        return "id", "must be letters, digits and single hyphens, at most 80: gift-cards"
    if not labels:
        return "labels", "must name at least one label"
    if len(set(labels)) < len(labels):
        return "labels", "a label stands here twice"
    if outcome in ("label", "split", "merge", "rename", "new_label") and label is None:
        return "outcome", f"{outcome} needs a label: {_NEEDS[outcome]}"
    if outcome in ("drop", "undecided", "rejected") and label is not None:
        return "label", f"{outcome} takes no label" + (
            ": the first of labels is dropped" if outcome == "drop" else ""
        )
    if outcome == "split" and len(set(decision.into)) < 2:
        return "outcome", "split needs two labels or more in into"
    if outcome != "split" and decision.into:
        return "into", "is for the outcome split"
    if outcome == "merge" and len(labels) < 2:
        return "labels", "merge needs the two labels or more that become one"
    if outcome == "rename" and len(labels) != 1:
        return "labels", "rename needs exactly one label: the old name"
    if outcome in ("rename", "new_label") and label in labels:
        return "label", "must be a new name; it is one of labels"
    if outcome in ("label", "new_label") and not decision.scope:
        return "outcome", f"{outcome} needs a scope that says which tasks: tasks, words, or where"
    return None


_NEEDS = {
    "label": "what the tasks in scope are",
    "split": "the one that is split",
    "merge": "what the labels become",
    "rename": "the new name",
    "new_label": "the new label",
}


def mapping(decisions: Iterable[Decision]) -> dict[tuple[str, str], str]:
    """(question, old label) → the label it is read as today, for merges and renames.

    What one decision made, a later one can change again: a chain leads to its end. Fit to be
    the ``map_labels`` of a round that was labeled before.
    """
    found: dict[tuple[str, str], str] = {}
    for decision in decisions:
        if decision.outcome not in ("merge", "rename") or decision.label is None:
            continue
        question, new = decision.question, decision.label
        for key, today in found.items():
            if key[0] == question and today in decision.gone:
                found[key] = new
        found.update({(question, old): new for old in decision.gone})
        found.pop((question, new), None)  # the name is in use (again)
    return found


def unknown_labels(decisions: Iterable[Decision], round_: Round) -> list[tuple[Decision, str]]:
    """Decisions about questions or labels that ``round_`` does not have, with the problem.

    A label counts as known if the labeling config has it, or if another decision of the same
    question made it or ended it: an earlier round has the old names, a later one the new.
    """
    decisions = list(decisions)
    questions = {question.name: question for question in round_.questions}
    known = {name: _labels(questions[name], decisions) for name in questions}
    found: list[tuple[Decision, str]] = []
    for decision in decisions:
        name = decision.question
        if name not in questions:
            problem = f"the round has no question {name!r}{near(name, known)}"
            found.append((decision, problem))
        elif questions[name].no_labels:
            found.append((decision, f"{name} has no labels to decide between"))
        else:
            for label in (*decision.labels, *decision.given, *decision.scope.labels):
                if label not in known[name]:
                    problem = f"{name} has no label {label!r}{near(label, known[name])}"
                    found.append((decision, problem))
                    break
    return found


def missing_tasks(decisions: Iterable[Decision], round_: Round) -> list[tuple[Decision, list[str]]]:
    """Decisions whose scope names tasks that ``round_`` does not have, with these ids.

    Only those made on this round, as their evidence says: another round has other tasks.
    """
    known = set(round_.units.ids)
    found = []
    for decision in decisions:
        seen = decision.evidence
        if seen is not None and seen.round == round_.name:
            named = dict.fromkeys([*decision.scope.tasks, *decision.scope.excluded])
            if missing := [task for task in named if task not in known]:
                found.append((decision, missing))
    return found


def about(decisions: Iterable[Decision], round_: Round) -> tuple[Decision, ...]:
    """The decisions made on ``round_``, or by hand on none; not those made on another round."""
    return tuple(d for d in decisions if d.evidence is None or d.evidence.round == round_.name)


def check_labels(decisions: Iterable[Decision], round_: Round) -> None:
    """Refuse decisions about what ``round_`` does not have.

    Raises:
        DecisionsError: a question or label is unknown.
    """
    for decision, problem in unknown_labels(decisions, round_):
        raise DecisionsError(f"decision {decision.id}: {problem}")


def _labels(question: Question, decisions: Sequence[Decision]) -> set[str]:
    """The labels of ``question``, and those that decisions about it made or ended."""
    from labelq.pinpoint.votes import tick_labels  # which brings scipy along

    known = {label_text(label) for label in question.labels}
    if question.level == "set":
        known |= {tick_labels(label)[0] for label in question.labels}
    own = [decision for decision in decisions if decision.question == question.name]
    while True:  # what one decision made, the next one may change
        before = len(known)
        for decision in own:
            # An old name is known if its new one is here, and the other way round.
            if decision.outcome == "drop" or (decision.gone and known.issuperset(decision.given)):
                known.update(decision.gone)
            if decision.outcome != "label" and known.issuperset(decision.labels):
                known.update(decision.given)
        if len(known) == before:
            return known


def near(name: str, known: Collection[str]) -> str:
    """What may have been meant, as the end of a sentence."""
    alike = difflib.get_close_matches(name, list(known), 1, cutoff=0.5)
    by_case = [one for one in known if one.casefold() == name.casefold()]
    if by_case or alike:
        return f"; did you mean {(by_case or alike)[0]}?"
    return f"; known: {', '.join(sorted(known)[:12])}" if known else ""


def new_id(words: Iterable[str], labels: Iterable[str], taken: Collection[str]) -> str:
    """An id for a decision: from a cluster's words, else from the labels; unique.

    >>> new_id(["gift", "Card"], ["Refund"], ())
    'gift-card'
    >>> new_id([], ["Refund", "Billing"], {"refund-billing"})
    'refund-billing-2'
    """
    said = [*words][:3] or [*labels]
    parts = re.findall(r"[^\W_]+", " ".join(said).casefold())
    slug = "-".join(parts)[: LONGEST_ID - 10].strip("-") or "decision"
    if not ID.fullmatch(slug):
        slug = "decision"
    number, found = 1, slug
    while found in taken:
        number += 1
        found = f"{slug}-{number}"
    return found
