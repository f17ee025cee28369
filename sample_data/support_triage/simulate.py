"""Simulate two rounds of ticket triage and write them as Label Studio JSON exports.

The tickets in ``tickets.json`` were written by hand; what the raters answer is drawn here, from a
fixed seed and without a clock, so that every run writes the same bytes. Run it from anywhere:

    python sample_data/support_triage/simulate.py

Who answers how is in ``raters.py``, the file format in ``shapes.py``. What was planted is also
written to ``planted.json``.
"""

from __future__ import annotations

import json
import math
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

from raters import (
    COMMENTS,
    FAST_RATER,
    GAPS,
    HABIT_KIND,
    HABIT_LABEL,
    HABIT_RATER,
    LABELS,
    LEAD,
    LENIENT_RATER,
    NEW_LABEL,
    OLD_LABEL,
    OWN_RULE_KEPT,
    PLANS,
    RATERS,
    SLIP,
    TOPICS,
    Dice,
    Plan,
    Rater,
)
from shapes import Event, Ticket, annotation, before_rename, draft, predict, stamp, write

USUAL_VOTES, IDLE_SECONDS, GOLD_ON_HABIT = 3, 3600, 3
METADATA = ("channel", "language", "customer_tier", "received_at")
HERE = Path(__file__).resolve().parent


def assign(plan: Plan, tickets: list[Ticket], dice: Dice) -> list[Event]:
    """Give every ticket its raters: all groups of raters equally often, in random order."""
    sizes = [n for n, count in plan.votes.items() for _ in range(count)]
    sizes = dice.shuffled(sizes + [USUAL_VOTES] * (len(tickets) - len(sizes)))
    decks: dict[int, list[tuple[Rater, ...]]] = {}
    events = []
    for index, size in enumerate(sizes):
        if not decks.get(size):
            decks[size] = dice.shuffled(list(combinations(RATERS, size)))
        events += [Event(rater, index) for rater in decks[size].pop()]
    return events


def choose_category(plan: Plan, ticket: Ticket, rater: Rater, dice: Dice) -> str:
    """The category this rater gives: guideline, own rule or habit, then slips."""
    kind, label = ticket["kind"], str(ticket["category"])
    if kind in GAPS and not dice.chance(plan.rule_known.get(kind, 0.0)):
        label = rater.gap_rule[kind]
        if not dice.chance(OWN_RULE_KEPT):
            label = next(other for other in GAPS[kind] if other != label)
    elif kind == HABIT_KIND and rater.habit:
        label = HABIT_LABEL
    elif kind == "ambiguous":
        label = dice.pick((label, str(ticket["alternative"])))
    if dice.chance(rater.error[plan.number - 1]):
        label = dice.pick([other for other in LABELS if other != label])
    return label


def answer(plan: Plan, ticket: Ticket, event: Event, dice: Dice) -> None:
    """Fill in the answers to all questions and the time they took."""
    rater = event.rater
    event.category = choose_category(plan, ticket, rater, dice)
    urgency = ticket["urgency"] + rater.leniency + dice.normal(rater.urgency_noise)
    event.urgency = None if dice.chance(rater.no_urgency) else min(5, max(1, round(urgency)))
    event.topics = [
        topic
        for topic in TOPICS
        if dice.chance(1 - rater.topic_missed if topic in ticket["topics"] else rater.topic_added)
    ]
    pool = COMMENTS.get(ticket["kind"])
    if rater is not FAST_RATER and dice.chance(0.08 if pool else 0.02):
        event.comment = dice.pick(pool or COMMENTS[""])
    length = 0.6 + 0.4 * min(len(ticket["text"]) / 110, 3.5)
    slower = 1.0 if rater is FAST_RATER else length
    event.lead = round(rater.seconds * slower * math.exp(dice.normal(0.42)), 3)


def schedule(plan: Plan, events: list[Event], dice: Dice) -> None:
    """Spread everybody's queue over the week, busiest on Monday, and set the submission times."""
    for rater in RATERS:
        places = [(e.index + dice.normal(30) + 40 * (e.kind == "again"), e) for e in events
                  if e.rater is rater]  # fmt: skip
        queue = [event for _, event in sorted(places, key=lambda place: place[0])]
        ends = [round(len(queue) * share) for share in (0.4, 0.62, 0.78, 0.9, 1.0)]
        for day, (begin, end) in enumerate(zip([0, *ends], ends, strict=False)):
            minutes = 8 * 60 + 20 + dice.uniform() * 90
            moment = plan.monday + timedelta(days=day, minutes=minutes)
            for event in queue[begin:end]:
                moment += timedelta(seconds=event.lead - 240 * math.log(1 - dice.uniform()) + 4)
                event.at = moment + timedelta(microseconds=dice.below(1_000_000))


def plant_extras(plan: Plan, tickets: list[Ticket], events: list[Event], dice: Dice) -> None:
    """Add skips, second submissions and gold; turn some answers into idle ones."""
    seen = [{e.rater.id for e in events if e.index == i} for i in range(len(tickets))]
    threes = dice.shuffled([i for i, ids in enumerate(seen) if len(ids) == 3])
    for index in threes[: plan.skipped]:
        rater = dice.pick([r for r in RATERS if r.id not in seen[index] and r is not FAST_RATER])
        events.append(Event(rater, index, "skip", lead=round(5 + 20 * dice.uniform(), 3)))
    ordinary = [e for e in events if e.kind == "rating" and e.rater is not FAST_RATER]
    usual = [e for e in ordinary if tickets[e.index]["kind"] not in {*GAPS, "ambiguous"}]
    for number, first in enumerate(dice.shuffled(usual)[: plan.twice]):
        again = Event(first.rater, first.index, "again")
        answer(plan, tickets[first.index], again, dice)
        if number < 2:  # two of the three changed their mind about the category
            again.category = tickets[first.index]["category"]
            first.category = dice.pick([label for label in LABELS if label != again.category])
        events.append(again)
    for event in dice.shuffled(ordinary)[: plan.idle]:
        event.lead = round(3700 + 5000 * dice.uniform(), 3)


def plant_gold(plan: Plan, tickets: list[Ticket], events: list[Event], dice: Dice) -> None:
    """Let the team lead answer some tickets on Friday afternoon, none of them in a gap."""
    clear = [i for i, t in enumerate(tickets) if t["kind"] not in {*GAPS, "ambiguous"}]
    clear = dice.shuffled([i for i in clear if "same_text_as" not in tickets[i]])
    shown = {e.index for e in events if e.rater is HABIT_RATER and e.kind == "rating"}
    clear.sort(key=lambda i: tickets[i]["kind"] != HABIT_KIND or i not in shown)
    clear = clear[:GOLD_ON_HABIT] + clear[-plan.gold :]
    moment = plan.monday + timedelta(days=4, hours=13, minutes=5)
    for index in sorted(clear[: plan.gold]):
        ticket = tickets[index]
        lead = round(LEAD.seconds * math.exp(dice.normal(0.3)), 3)
        moment += timedelta(seconds=lead + 15 * dice.uniform())
        events.append(Event(LEAD, index, "gold", ticket["category"], ticket["urgency"],
                            list(ticket["topics"]), lead=lead, at=moment))  # fmt: skip


def build(plan: Plan, tickets: list[Ticket]) -> tuple[list[dict[str, Any]], list[Event]]:
    """Simulate one round: the exported tasks, and the events behind them."""
    deal, say, extra, clock, look, model = (Dice(plan.number, stream) for stream in range(6))
    events = assign(plan, tickets, deal)
    for event in events:
        answer(plan, tickets[event.index], event, say)
    plant_extras(plan, tickets, events, extra)
    schedule(plan, events, clock)
    plant_gold(plan, tickets, events, extra)
    ids = [plan.first_task + i for i in range(len(tickets))]
    guesses = [predict(plan, t, ids[i], i, model) for i, t in enumerate(tickets)]
    twice = {e.index for e in events if e.kind == "again"}
    plain = [e for e in extra.shuffled(events) if e.kind == "rating" and e.rater is not FAST_RATER
             and tickets[e.index]["kind"] not in {*GAPS, HABIT_KIND}
             and e.index not in twice
             and not before_rename(plan, e)]  # fmt: skip
    for event in plain[: plan.edited]:
        event.editor = extra.pick([r for r in (*RATERS, LEAD) if r is not event.rater])
        event.category = tickets[event.index]["category"]
    agreeing = [e for e in plain[plan.edited :]
                if guesses[e.index]["result"][0]["value"]["choices"] == [e.category]]  # fmt: skip
    for event in agreeing[: plan.from_prediction]:
        event.prediction = guesses[event.index]
    events.sort(key=lambda e: e.at)
    by_task: list[list[Event]] = [[] for _ in tickets]
    for number, event in enumerate(events):
        event.id = plan.first_annotation + number
        by_task[event.index].append(event)
    drafts: dict[int, dict[str, Any]] = {}
    free = [i for i in extra.shuffled(range(len(tickets))) if len(by_task[i]) == USUAL_VOTES]
    for number, index in enumerate(free[: plan.drafts]):
        absent = [r for r in RATERS if r not in [e.rater for e in by_task[index]]]
        begun = Event(extra.pick(absent), index)
        answer(plan, tickets[index], begun, extra)
        drafts[index] = draft(plan, begun, number, extra)
    imported = stamp(plan.monday - timedelta(hours=6))
    tasks = []
    for index, (ticket, own) in enumerate(zip(tickets, by_task, strict=True)):
        annotations = [annotation(plan, e, look) for e in own]
        last = max(annotations, key=lambda a: str(a["updated_at"]))
        skips = sum(e.kind == "skip" for e in own)
        tasks.append({
            "id": ids[index],
            "annotations": annotations,
            "file_upload": f"{4 + plan.number}c1e07ab-tickets_round_{plan.number}.json",
            "drafts": [drafts[index]] if index in drafts else [],
            "predictions": [guesses[index]],
            "data": {"text": ticket["text"], "ticket": ticket["id"],
                     **{k: ticket[k] for k in METADATA}},
            "meta": {},
            "created_at": imported,
            "updated_at": last["updated_at"],
            "allow_skip": True,
            "inner_id": index + 1,
            "total_annotations": len(own) - skips,
            "cancelled_annotations": skips,
            "total_predictions": 1,
            "comment_count": 0,
            "unresolved_comment_count": 0,
            "last_comment_updated_at": None,
            "project": 20 + plan.number,
            "updated_by": last["updated_by"],
            "comment_authors": [],
        })  # fmt: skip
    return tasks, events


def planted(plan: Plan, tickets: list[Ticket], tasks: list[dict[str, Any]],
            events: list[Event]) -> dict[str, Any]:  # fmt: skip
    """What was planted in one round, by ticket, task and annotation id."""
    kinds: dict[str, list[str]] = {}
    for ticket in tickets:
        kinds.setdefault(ticket["kind"], []).append(ticket["id"])
    task_of = {ticket["id"]: task["id"] for ticket, task in zip(tickets, tasks, strict=True)}

    def ids(chosen: list[Event]) -> list[int]:
        return [event.id for event in chosen]

    return {
        "tasks": len(tasks),
        "annotations": len(events),
        "kinds": {kind: {"tickets": names, "tasks": [task_of[n] for n in names]}
                  for kind, names in sorted(kinds.items())},
        "same_text": [[t["same_text_as"], t["id"]] for t in tickets
                      if t.get("same_text_as") in task_of],
        "gold_tasks": [plan.first_task + e.index for e in events if e.kind == "gold"],
        "skipped_annotations": ids([e for e in events if e.kind == "skip"]),
        "draft_tasks": [task["id"] for task in tasks if task["drafts"]],
        "submitted_twice": [
            {"task": plan.first_task + e.index, "rater": e.rater.id, "annotations": ids(
                [x for x in events if x.index == e.index and x.rater is e.rater])}
            for e in events if e.kind == "again"],
        "edited_by_somebody_else": ids([e for e in events if e.editor]),
        "begun_from_prediction": ids([e for e in events if e.prediction]),
        "idle_annotations": ids([e for e in events if e.lead > IDLE_SECONDS]),
        "renamed_annotations": ids([e for e in events if before_rename(plan, e)]),
        "rule_known": plan.rule_known,
    }  # fmt: skip


def main() -> None:
    """Write ``round_1.json``, ``round_2.json`` and ``planted.json`` next to this file."""
    tickets: list[Ticket] = json.loads((HERE / "tickets.json").read_text(encoding="utf-8"))
    notes: dict[str, Any] = {
        "raters": [{**r.person, "camps": r.gap_rule, "random_category": list(r.error),
                    "leniency": r.leniency} for r in RATERS],
        "lead": LEAD.person,
        "gaps": {kind: {"labels": list(labels), "own_rule_kept": OWN_RULE_KEPT,
                        "decided_in_round_2": next(t["category"] for t in tickets
                                                   if t["kind"] == kind)}
                 for kind, labels in GAPS.items()},
        "habit": {"rater": HABIT_RATER.id, "kind": HABIT_KIND, "label": HABIT_LABEL,
                  "guideline": "Account"},
        "fast_rater": FAST_RATER.id,
        "lenient_rater": LENIENT_RATER.id,
        "ambiguous": {t["id"]: [t["category"], t["alternative"]] for t in tickets
                      if t["kind"] == "ambiguous"},
        "slip_rate": SLIP,
        "renamed": {"question": "category", "from": OLD_LABEL, "to": NEW_LABEL,
                    "at": stamp(PLANS[0].renamed_at or PLANS[0].monday)},
        "in_both_rounds": [t["id"] for t in tickets if t["rounds"] == [1, 2]],
    }  # fmt: skip
    for plan in PLANS:
        chosen = [ticket for ticket in tickets if plan.number in ticket["rounds"]]
        tasks, events = build(plan, chosen)
        write(HERE / f"round_{plan.number}.json", tasks)
        notes[f"round_{plan.number}"] = planted(plan, chosen, tasks, events)
    write(HERE / "planted.json", notes)


if __name__ == "__main__":
    main()
