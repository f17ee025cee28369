"""From the form of a decision to the decision; what cannot be is refused in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from labelq.errors import DecisionsError
from labelq.remedy.deciding import Answer, answered
from labelq.remedy.decisions import Decision, Outcome
from labelq.review.desk import today

CHOICES = ("other", "split", "merge", "rename", "new_label", "drop", "rejected", "undecided")
"""What can be chosen beside the labels themselves, which are ``label-0``, ``label-1`` …"""


LONGEST = {"rule": 5000, "who": 500, "target": 200, "into": 2000}
"""So many characters may be typed."""


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form: a choice, and the fields that belong to choices.

    ``other`` is a label of the question, ``subject`` the label that is split, renamed or
    dropped, ``target`` a name, ``into`` names, one per line. ``exact``: only the cluster's
    tasks, not what resembles them.
    """

    choice: str = ""
    other: str = ""
    subject: str = ""
    target: str = ""
    into: str = ""
    rule: str = ""
    who: str = ""
    exact: bool = False

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> Form:
        """From the fields that a browser sends."""
        texts = {
            name: sent.get(name, "").replace("\r\n", "\n").strip()
            for name in ("choice", "other", "subject", "target", "into", "rule", "who")
        }
        return cls(**texts, exact=bool(sent.get("exact")))

    @classmethod
    def showing(cls, decision: Decision, fresh: Decision) -> Form:
        """The form as it stands for a decision; ``fresh`` is about the labels as they were."""
        choice: str = decision.outcome
        other = ""
        if decision.outcome == "label" and decision.label is not None:
            known = decision.label in fresh.labels
            choice = f"label-{fresh.labels.index(decision.label)}" if known else "other"
            other = "" if known else decision.label
        subject = decision.label if decision.outcome == "split" else decision.labels[0]
        named = decision.outcome in ("merge", "rename", "new_label")
        return cls(
            choice=choice,
            other=other,
            subject=(subject or "") if decision.outcome in ("split", "rename", "drop") else "",
            target=(decision.label or "") if named else "",
            into="\n".join(decision.into),
            rule=decision.rule,
            who=", ".join(decision.who),
            exact=bool(decision.scope.tasks) and not decision.scope.lookalikes,
        )

    @property
    def fields(self) -> dict[str, str]:
        """As a browser sends them."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**found, "exact": "1" if self.exact else ""}

    @property
    def people(self) -> tuple[str, ...]:
        """Who decided."""
        return _parts(self.who.replace(",", "\n"))


def decision_of(
    form: Form, fresh: Decision, known: Decision | None, proposal: tuple[str, str | None]
) -> Decision:
    """The decision that a form makes of an open one, in place of ``known``.

    ``proposal`` is the proposed rule and its label: where another label is chosen and the rule
    is still the proposed one, it is left out, and the guideline says it in labelq's words.

    Raises:
        DecisionsError: nothing is chosen, or no decision can be like that.
    """
    for name, most in LONGEST.items():
        if len(getattr(form, name)) > most:
            raise DecisionsError(f"that is too long: at most {most:,} characters ({name})")
    answer = _answer(form, fresh)
    if answer.outcome is None:
        raise DecisionsError("what was decided? Choose a label, no rule, or leave it undecided")
    if answer.outcome == "label" and answer.label not in fresh.labels:
        fresh = replace(fresh, labels=(*fresh.labels, str(answer.label)))
    if answer.outcome == "rename":
        fresh = replace(fresh, labels=(form.subject,))
    decision = answered(fresh, known, answer)
    rule, meant = proposal
    said = form.rule
    if said == rule.strip() and (answer.outcome != "label" or answer.label != meant):
        said = ""
    return replace(decision, rule=said, who=form.people)


def rule_hint(form: Form, decision: Decision, known: Decision | None) -> str:
    """Why the rule may not fit the label that was chosen; empty where nothing says so."""
    if decision.outcome != "label" or decision.label is None or not form.rule:
        return ""
    if not decision.rule:
        return "This rule was proposed for another label: change it, else it is left out."
    meant = known.label if known is not None and known.rule == form.rule else None
    if meant is not None and meant != decision.label:
        return "This rule was written for another label: does it still fit?"
    others = [label for label in decision.labels if label != decision.label]
    if any(_names(form.rule, label) for label in others) and not _names(form.rule, decision.label):
        return "This rule names another label only: does it still fit?"
    return ""


def _names(text: str, label: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(label)}(?!\w)", text, re.IGNORECASE) is not None


def _answer(form: Form, fresh: Decision) -> Answer:
    labels = {f"label-{i}": label for i, label in enumerate(fresh.labels)}
    outcome: Outcome | None = None
    label: str | None = None
    if form.choice in labels:
        outcome, label = "label", labels[form.choice]
    elif form.choice == "other":
        outcome, label = "label", _needed(form.other, "which other label? Choose it")
    elif form.choice == "split":
        outcome, label = "split", _needed(form.subject, "which label is split? Choose it")
    elif form.choice == "drop":
        outcome, label = "drop", _needed(form.subject, "which label is dropped? Choose it")
    elif form.choice == "rename":
        _needed(form.subject, "which label gets the new name? Choose it")
        outcome, label = "rename", _needed(form.target, "what is it called from now on?")
    elif form.choice == "merge":
        outcome, label = "merge", _needed(form.target, "what do the labels become? Write it")
    elif form.choice == "new_label":
        outcome, label = "new_label", _needed(form.target, "what is the new label called?")
    elif form.choice == "rejected":
        outcome = "rejected"
    elif form.choice == "undecided":
        outcome = "undecided"
    into = _parts(form.into) if outcome == "split" else ()
    return Answer(
        outcome=outcome, label=label, into=into, exact=form.exact, when=today(), who=form.people
    )


def _needed(text: str, question: str) -> str:
    if not text:
        raise DecisionsError(question)
    return text


def _parts(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.splitlines() if part.strip()))
