"""What comes after a round: votes that came through a queue, and what reviewers decided.

Both are about units that were chosen because raters split, so neither is a rating of the
round. The policies, in the order in which they apply:

1. every answer of a named reviewer is a decision, whatever it was given for: an ordinary
   annotation, one in a queue, a ground-truth one (which stays gold as well);
2. only units of the round count: those that carry an ordinary rating in the selection. When
   later answers were given does not matter: a selection by dates is about the round, and what
   a queue asks comes after it;
3. skipped ones, votes without an author, and answers outside the round's universe of labels
   are set aside: coefficients depend on that universe, so that later answers never widen it;
4. ``--exclude edited,prelabeled`` leaves such votes out. A decision needs no independence;
5. of several votes of one voter on one unit the last submitted counts, and of several
   decisions of one reviewer. Where reviewers contradict each other, nothing is decided.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from labelq.errors import SettingsError
from labelq.labels.coding import Columns, raters_of, renumber
from labelq.labels.model import Aside, Codes, Question, Rater, Ratings, Value
from labelq.labels.submissions import ADJUDICATED, PREDICTION, SELECTED, Submissions
from labelq.labels.universe import in_order, within

__all__ = ["Later", "Numbering", "later_answers", "reviewed"]


@dataclass(frozen=True, slots=True)
class Numbering:
    """The codes of the round: per position of a unit and of a rater, -1 where not in it."""

    unit: Codes
    rater: Codes
    n_raters: int


@dataclass(frozen=True, slots=True)
class Later:
    """Votes per question, who gave them besides the raters, decisions, and what is left out."""

    selected: dict[str, Ratings] = field(default_factory=dict)
    newcomers: tuple[Rater, ...] = ()
    adjudicated: dict[str, dict[int, Value]] = field(default_factory=dict)
    asides: tuple[Aside, ...] = ()
    notes: tuple[str, ...] = ()


def reviewed(
    s: Submissions, columns: Columns, reviewers: Sequence[str], *, option: str = "--reviewer"
) -> NDArray[np.bool_]:
    """Which annotations are decisions: those of ``reviewers``, and those that say so.

    A reviewer is named by id (the e-mail address, where it is known), by another id of the
    same person, or by a name that only one person has; case does not matter. ``option`` is where
    they were named, for errors.

    Raises:
        SettingsError: nobody, or more than one person, is called so.
    """
    decisions: NDArray[np.bool_] = columns.kind == ADJUDICATED
    people = {rater: row for rater, row in s.raters.items() if row[2] == "person"}
    wanted: list[int] = []
    for reviewer in reviewers:
        who = reviewer.strip().casefold()
        found = {
            row[0]
            for rater, row in people.items()
            if who in (rater.casefold(), *(a.casefold() for a in s.aliases.get(rater, ())))
        }
        found = found or {row[0] for row in people.values() if row[1].casefold() == who}
        if len(found) > 1:
            raise SettingsError(
                f"{option} {reviewer}: {len(found)} people have this name; give the e-mail"
                " address or the id"
            )
        # A table that holds decisions tells no reviewers: theirs are taken in already.
        if not found and not decisions.any():
            near = difflib.get_close_matches(who, [rater.casefold() for rater in people], 3, 0.4)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise SettingsError(f"{option} {reviewer}: nobody in the source is called so{hint}")
        wanted += found
    if not wanted:
        return decisions
    decisions |= np.isin(columns.rater, wanted) & (columns.kind != PREDICTION)
    return decisions


def later_answers(
    s: Submissions,
    columns: Columns,
    decisions: NDArray[np.bool_],
    round_codes: Numbering,
    questions: Sequence[Question],
    *,
    map_labels: Mapping[tuple[str, str], str],
    exclude: Sequence[str] = (),
) -> Later:
    """The votes and decisions on units of the round. ``decisions`` is a mask of annotations."""
    votes = (columns.kind == SELECTED) & ~decisions
    if not (votes.any() or decisions.any()):
        return Later()
    asides: list[Aside] = []
    notes: list[str] = []

    def leave(reason: str, n: int, detail: str, question: str | None = None) -> None:
        if n:
            asides.append(Aside(reason, int(n), question, detail))

    there = round_codes.unit[columns.unit] >= 0
    for reason, mask, where in (
        ("queue", votes, "on a task that is not in this round"),
        ("adjudicated", decisions, "on a task that only a reviewer labeled"),
    ):
        leave(reason, (mask & ~there).sum(), where)
        leave(reason, (mask & there & columns.skipped).sum(), "skipped")
    votes &= there & ~columns.skipped
    decisions = decisions & there & ~columns.skipped
    leave("queue", (votes & (columns.rater < 0)).sum(), "without an author")
    votes &= columns.rater >= 0
    for flag, detail in (
        ("edited", "last edited by somebody else"),
        ("prelabeled", "begun from a prediction"),
    ):
        if flag in exclude:
            flagged = votes & getattr(columns, flag)
            leave("queue", flagged.sum(), f"{detail}, left out on request")
            votes &= ~flagged

    # From here on one row per answer. ``code`` points into ``values`` of the row's question.
    either = (votes | decisions)[columns.annotation]
    code = np.full(len(columns.value), -1, np.int32)
    values: list[tuple[Value, ...]] = []
    for q, question in enumerate(questions):
        rows = np.flatnonzero(either & (columns.question == q))
        used = np.unique(columns.value[rows])
        known = within(s, q, question, used.tolist(), map_labels)
        values.append(in_order(question, known.values()))
        position = {value: i for i, value in enumerate(values[q])}
        table = np.full(len(s.values[q]), -1, np.int32)
        for source, value in known.items():
            table[source] = position[value]
        code[rows] = table[columns.value[rows]]
        outside = columns.annotation[rows[code[rows] < 0]]
        detail = "a label that the round does not know"
        leave("queue", votes[outside].sum(), detail, question.name)
        leave("adjudicated", decisions[outside].sum(), detail, question.name)

    last, earlier = columns.last_answers(np.flatnonzero(votes[columns.annotation] & (code >= 0)))
    leave("queue", len(earlier), "earlier votes of the same annotator on the same task")
    newcomers, voter_code = _voters(s, columns, last, round_codes)
    selected = {
        question.name: columns.ratings(rows, code, values[q], round_codes.unit, voter_code)
        for q, question in enumerate(questions)
        if len(rows := last[columns.question[last] == q])
    }

    signed = decisions[columns.annotation] & (code >= 0)
    by_name = columns.rater[columns.annotation] >= 0
    final, again = columns.last_answers(np.flatnonzero(signed & by_name))
    leave("adjudicated", len(again), "earlier decisions of the same reviewer on the same task")
    final = np.append(final, np.flatnonzero(signed & ~by_name))
    adjudicated: dict[str, dict[int, Value]] = {}
    for q, question in enumerate(questions):
        rows = final[columns.question[final] == q]
        units = round_codes.unit[columns.unit[columns.annotation[rows]]]
        decided: dict[int, set[int]] = {}
        for unit, label in zip(units.tolist(), code[rows].tolist(), strict=True):
            decided.setdefault(unit, set()).add(label)
        if n := sum(len(labels) > 1 for labels in decided.values()):
            notes.append(
                f"{question.name}: reviewers contradict each other on {n}"
                f" {'task' if n == 1 else 'tasks'}; there nothing is decided."
            )
        settled = {
            unit: values[q][label]
            for unit, (label, *others) in sorted(decided.items())
            if not others
        }
        if settled:
            adjudicated[question.name] = settled
    return Later(selected, newcomers, adjudicated, tuple(asides), tuple(notes))


def _voters(
    s: Submissions, columns: Columns, rows: NDArray[np.intp], round_codes: Numbering
) -> tuple[tuple[Rater, ...], Codes]:
    """Voters who are no raters, and everybody's code: raters first, then they."""
    voter = columns.rater[columns.annotation[rows]]
    order, table = renumber(list(s.raters), voter[round_codes.rater[voter] < 0])
    code = np.where(table >= 0, table + round_codes.n_raters, round_codes.rater)
    return raters_of(s, order, round_codes.n_raters), code.astype(np.int32)
