"""``labelq explain --find``: which of the numbers on this data somebody else has."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, TextIO

from labelq.labels.model import Rater
from labelq.measure.explaining.finding import Candidate, Found
from labelq.measure.results import Agreement
from labelq.report import words
from labelq.report.conventions import apart
from labelq.report.document import to_bytes
from labelq.report.explain import LETTERS
from labelq.report.gaps import GAPS, gap
from labelq.report.names import Names
from labelq.report.numbers import count, counted, digits, fixed
from labelq.report.page import Page
from labelq.report.text import mark, plain

CHANCE: dict[str, str] = {
    "krippendorff_alpha": "chance: all ratings pooled, none paired with itself",
    "raw_agreement": GAPS["no_chance"],
    "raw_agreement_pooled": f"{GAPS['no_chance']}; tasks with many ratings count more",
    "unanimous_units": GAPS["unanimous"],
    "fleiss_kappa": GAPS["fleiss"],
    "cohen_kappa_mean": "Cohen’s kappa of each pair; pairs weigh by the tasks they share",
    "light_kappa": "Cohen’s kappa of each pair; every pair weighs the same",
    "conger_kappa": GAPS["conger"],
    "cohen_kappa": "chance from each annotator’s own label frequencies",
    "scott_pi": GAPS["scott"],
    "gwet_ac1": GAPS["gwet_for_brennan"],
    "gwet_ac2": GAPS["gwet_for_brennan"],
    "brennan_prediger": GAPS["brennan_for_gwet"],
}
"""Metric → what it takes for chance, in a clause."""

MOST = 12
"""So many are printed."""

MOST_WAYS = 3
"""So many other ways to the same number are printed."""


def print_found(
    found: Found,
    raters: Sequence[Rater],
    notes: Sequence[str] = (),
    *,
    names: bool = False,
    file: TextIO | None = None,
) -> None:
    """What comes to the wanted number, the nearest first, each with the reason for the gap."""
    page, asked, shown = Page(file), found.asked, Names(raters, names=names)
    wanted = fixed(found.target.value, found.target.decimals)
    page.say(f"{mark(asked.question)} ({asked.level}): which number is {wanted}?", "bold")
    for note in notes:
        page.say(note, start="Note: ")
    ours = words.reason(asked.reason) if asked.value is None else digits(asked.value)
    page.say(f"{_name(asked, shown)}: {ours}")
    lists = (
        (f"Rounds to {wanted}", found.rounded),
        (f"Is {wanted} when cut off, not rounded", found.cut),
        (f"Nothing comes to {wanted}. The nearest", found.nearest),
    )
    for title, candidates in lists:
        if not candidates:
            continue
        page.skip()
        page.say(f"{title}:", "bold")
        for candidate in candidates[:MOST]:
            _candidate(page, candidate, found, shown)
        if len(candidates) > MOST:
            page.say(f"and {count(len(candidates) - MOST)} more: --format json", indent=2)
    page.skip()
    programs = _by_programs((*found.rounded, *found.cut), shown)
    if programs:
        page.say(f"For all labels at once, as a program gives it: {programs}.", "bold")
    page.say(
        f"Looked through {counted(found.n_known, 'different number')}: every metric with all"
        " weights, per label and per pair of annotators"
        + (
            "; too many ratings for other programs’ formulas."
            if found.only_own
            else ", and what other programs say on the same data."
        )
    )
    if not names and any(c.row.raters for _, each in lists for c in each[:MOST]):
        page.say(LETTERS)


def found_json(found: Found, raters: Sequence[Rater], *, names: bool = False) -> str:
    """The same as one JSON object, at full precision, with all candidates."""
    shown = Names(raters, names=names)

    def candidate(each: Candidate) -> dict[str, Any]:
        said = {
            "value": each.value,
            "what": plain(_what(each, shown)),
            "reason": plain(reason(each, found.asked, shown)),
            "row": dataclasses.asdict(each.row),
            "convention": dataclasses.asdict(each.convention) if each.convention else None,
        }
        return said | {"also": [plain(_what(other, shown)) for other in each.also]}

    return to_bytes(
        {
            "asked": dataclasses.asdict(found.asked),
            "find": found.target.value,
            "decimals": found.target.decimals,
            "n_known": found.n_known,
            "rounded": [candidate(each) for each in found.rounded],
            "cut": [candidate(each) for each in found.cut],
            "nearest": [candidate(each) for each in found.nearest],
            "only_own": found.only_own,
        }
    ).decode("utf-8")


def _candidate(page: Page, candidate: Candidate, found: Found, shown: Names) -> None:
    asked = found.asked
    page.say(_what(candidate, shown), start=f"  {fixed(candidate.value):>6}  ")
    said = reason(candidate, asked, shown)
    if asked.value is not None and candidate.value != asked.value:
        said = f"{apart(candidate.value - asked.value)}: {said}"
    page.say(said, indent=10)
    ways = list(dict.fromkeys(_way(other, candidate, shown) for other in candidate.also))
    ways = [way for way in ways if way != _way(candidate, candidate, shown)]
    if ways:
        more = f" and {len(ways) - MOST_WAYS} more" if len(ways) > MOST_WAYS else ""
        page.say(f"the same: {'; '.join(ways[:MOST_WAYS])}{more}", indent=10)


def reason(candidate: Candidate, asked: Agreement, shown: Names) -> str:
    """Why the candidate is another number than the one asked for."""
    row, convention = candidate.row, candidate.convention
    parts = []
    if row.raters != asked.raters:
        pair = " and ".join(mark(shown.of_id(rater), 30) for rater in row.raters or ())
        who = "annotators " if shown.hidden else ""
        tasks = counted(row.n_units, "task")
        parts.append(f"only {who}{pair}, on their {tasks}" if pair else "all annotators")
    if row.label != asked.label:
        label = "all labels" if row.label is None else f"only the label {mark(row.label, 40)}"
        parts.append(label)
    if convention is not None:
        parts.append(gap(convention))
    elif row.metric != asked.metric:
        parts.append(CHANCE.get(row.metric, "another formula"))
    elif (row.weights, row.distance) != (asked.weights, asked.distance) and row.label is None:
        parts.append("other weights or another distance between the same labels")
    return "; ".join(parts) or "the number that was asked for"


def _name(row: Agreement, shown: Names) -> str:
    """A row: its metric, its pair, its label."""
    said = words.metric_of(row)
    if row.raters is not None:
        pair = " and ".join(mark(shown.of_id(rater), 30) for rater in row.raters)
        said += f", {'annotators ' if shown.hidden else ''}{pair}"
    return said if row.label is None else f"{said}, label {mark(row.label, 40)}"


def _what(candidate: Candidate, shown: Names) -> str:
    """What the number is: labelq's, or another program's on the same data."""
    if candidate.convention is None:
        return _name(candidate.row, shown)
    row = dataclasses.replace(candidate.row, metric="", weights=None, distance=None)
    about = _name(row, shown).partition(", ")[2]
    convention = candidate.convention
    said = f"{convention.source}: {mark(convention.call, 100)}"
    return f"{said}, {about}" if about else said


def _by_programs(candidates: Sequence[Candidate], shown: Names) -> str:
    """The numbers that come out of a program somebody may have run, of all labels."""
    said = []
    for candidate in candidates:
        ways = [
            way
            for way in (candidate, *candidate.also)
            if way.convention is not None and way.convention.run and way.row.label is None
        ]
        if ways:
            said.append(f"{_what(ways[0], shown)} ({fixed(candidate.value)})")
    return "; ".join(said[:MOST_WAYS])


def _way(other: Candidate, first: Candidate, shown: Names) -> str:
    """Another way to the same number; without what it is about, where that is the same."""
    alike = (other.row.raters, other.row.label) == (first.row.raters, first.row.label)
    if other.convention is not None and alike:
        return f"{other.convention.source}: {mark(other.convention.call, 100)}"
    return _what(other, shown)
