"""What stands on the pages of the meeting, in words. Templates only lay it out."""

from __future__ import annotations

import shlex
from typing import Any

from labelq.errors import LabelqError
from labelq.pinpoint.readings import Readings
from labelq.remedy.agenda import AgendaItem
from labelq.remedy.decisions import Decision
from labelq.report import causes, decisions
from labelq.report.applying import work_line
from labelq.report.names import Names
from labelq.report.numbers import counted, percent
from labelq.report.text import clip, mark
from labelq.review import wording
from labelq.review.answers import Form, decision_of, rule_hint
from labelq.review.desk import Desk, Preview, mark_of
from labelq.review.meeting import PHASES
from labelq.review.shows import hands_form

LONGEST_TEXT = 2000

SAID = {
    "decided": "Written down. u takes it back, n goes on.",
    "same": "It stands like this already.",
    "undone": "Taken back: it stands as it stood before.",
    "nothing": "There is nothing to take back.",
    "kept": "Kept.",
}
"""What the page says after a step, by the code in its address."""


def agenda(desk: Desk) -> dict[str, Any]:
    """The agenda: what to talk about, for how long, and where each item stands."""
    meeting, made = desk.meeting(), desk.decisions()
    rows = []
    for number, item in enumerate(desk.items, 1):
        decision = desk.decided(item, made)
        cluster = desk.cluster(item)
        rows.append(
            {
                "number": number,
                "cluster": item.cluster,
                "id": desk.address(item.cluster),
                "title": f"{causes.either(item.labels)}?",
                "about": _about(desk, item),
                "cause": causes.CAUSES[cluster.cause.kind][0],
                "size": f"{percent(item.share)} of the disagreement about {mark(item.question)}",
                "minutes": f"{item.minutes:.0f} min",
                "spent": f"{int(meeting.talk(item.cluster).seconds // 60)} min spent"
                if meeting.talk(item.cluster).seconds >= 60
                else "",
                "state": wording.state(decision),
                "open": decision is None,
            }
        )
    left = [row for row in rows if row["open"]] or rows
    start = next((row for row in left if row["cluster"] == meeting.at), left[0] if left else None)
    return {
        "page": "agenda",
        "rows": rows,
        "lead": _lead(desk),
        "off": _kept_off(desk),
        "start": None if start is None else start["id"],
        "resumed": bool(meeting.at or meeting.done),
        "n_open": sum(row["open"] for row in rows),
    }


def cluster(
    desk: Desk,
    item: AgendaItem,
    *,
    form: Form | None = None,
    error: str = "",
    theirs: Decision | None = None,
    said: str = "",
) -> dict[str, Any]:
    """One cluster: what is said, the examples, the votes, the decision.

    ``form`` is what was typed where it could not be written; ``error`` says why; ``theirs`` is
    what somebody else decided meanwhile.
    """
    meeting, made = desk.meeting(), desk.decisions()
    place = desk.items.index(item)
    known, fresh = desk.decided(item, made), desk.fresh(item, made)
    rule, _ = proposal(desk, item)
    talk = meeting.talk(item.cluster)
    typed = form is None and bool(talk.draft) and talk.draft.get("base") == mark_of(known)
    if typed:
        form = Form.of(talk.draft)
    if form is None:
        form = Form(rule=rule, who=", ".join(meeting.who))
        if known is not None:
            form = Form.showing(known, fresh)
    readings = desk.readings(item)
    names = Names(desk.earlier.round.raters, names=desk.names)
    guideline, problem = _guideline(desk, item)
    found = desk.cluster(item)
    return {
        "page": "cluster",
        "id": desk.address(item.cluster),
        "number": place + 1,
        "n_items": len(desk.items),
        "previous": desk.address(desk.items[place - 1].cluster) if place else None,
        "next": desk.address(desk.items[place + 1].cluster)
        if place + 1 < len(desk.items)
        else None,
        "title": f"{causes.either(item.labels)}?",
        "question": mark(item.question),
        "about": _about(desk, item),
        "cause": causes.CAUSES[found.cause.kind],
        "spent": wording.spent(talk.seconds, item.minutes),
        "guideline": guideline,
        "guideline_problem": problem,
        "words": found.words,
        "examples": [_example(desk, unit, readings, names) for unit in item.units],
        "hands": [hands_form(desk, item, phase, meeting) for phase in PHASES],
        "minority": talk.minority,
        "note": talk.note,
        "state": wording.state(known),
        "decided": decisions.told(known),
        "form": form,
        "typed": typed,
        "base": mark_of(known),
        "labels": [(f"label-{i}", causes.label(label)) for i, label in enumerate(item.labels)],
        "own_labels": list(item.labels),
        "other_labels": [x for x in desk.labels(item.question) if x not in item.labels],
        "ask": f"In one sentence: when is it {' and when '.join(item.labels)}?",
        "error": wording.sentence(error) if error else "",
        "theirs": _decision(theirs) if theirs is not None else None,
        "said": SAID.get(said, ""),
        "live": live(desk, item, form),
    }


def live(desk: Desk, item: AgendaItem, form: Form) -> dict[str, Any]:
    """What the decision in the form would do; or in a line why it is none yet."""
    if not form.choice:
        return {"waiting": "Choose what is decided: what it changes is shown here.", "hint": ""}
    made = desk.decisions()
    known, proposed = desk.decided(item, made), proposal(desk, item)
    try:
        decision = decision_of(form, desk.fresh(item, made), known, proposed)
        found = desk.preview(decision)
    except LabelqError as error:
        return {"waiting": wording.sentence(str(error)), "hint": ""}
    return {**_preview(desk, found), "hint": rule_hint(form, decision, known)}


def after(desk: Desk) -> dict[str, Any]:
    """What was decided, what is open, and what to run next."""
    meeting, made = desk.meeting(), desk.decisions()
    rows = []
    for item in desk.items:
        decision = desk.decided(item, made)
        talk = meeting.talk(item.cluster)
        rows.append(
            {
                "cluster": item.cluster,
                "id": desk.address(item.cluster),
                "title": f"{causes.either(item.labels)}?",
                "open": decision is None or not decision.decided,
                "state": wording.state(decision),
                "talked": decision is not None,
                "rule": "" if decision is None else decision.rule,
                "by": "" if decision is None else wording.who_and_when(decision),
                "votes": list(wording.votes(meeting, item, decision)),
                "minority": talk.minority,
            }
        )
    ours = {row["cluster"] for row in rows if not row["open"]}
    others = [d for d in made if d.evidence is None or d.evidence.cluster not in ours]
    listed = [desk.decided(item, made) for item in desk.items]
    return {
        "page": "after",
        "work": work_line(desk.work()),
        "decided": [row for row in rows if not row["open"]],
        "left": [row for row in rows if row["open"]],
        "others": [_decision(one) for one in others if one not in listed],
        "command": shlex.join(desk.apply_words()),
        "files": [desk.store.decisions.as_posix(), desk.store.minutes.as_posix()],
    }


def proposal(desk: Desk, item: AgendaItem) -> tuple[str, str | None]:
    """The rule that the audit proposes for an item, and the label that it says; else empty.

    Only where the answers lean to a label: else a sentence is wanted, and none is proposed.
    """
    for rule in desk.earlier.document.get("rules", ()):
        if rule.get("cluster") == item.cluster and isinstance(rule.get("label"), str):
            parts = str(rule.get("text", "")).split("\n\n")
            said = next((part for part in parts if part[:1] not in ("<", "#", "*", "-")), "")
            return " ".join(said.replace("**", "*").split()), rule["label"]
    return "", None


def _about(desk: Desk, item: AgendaItem) -> str:
    found = desk.cluster(item)
    words = causes.words_of(found, 4)
    if found.remainder or not words:
        return counted(len(found.units), "task")
    return f"{counted(len(found.units), 'task')} about {words}"


def _lead(desk: Desk) -> str:
    if not desk.items:
        return "Nothing to talk about: no disagreement has a common content that a rule settles."
    shares: dict[str, float] = {}
    for item in desk.items:
        shares[item.question] = shares.get(item.question, 0.0) + item.share
    told = [f"{percent(share)} of the disagreement about {mark(q)}" for q, share in shares.items()]
    minutes = sum(item.minutes for item in desk.items)
    it = "It carries" if len(desk.items) == 1 else "Together they carry"
    what = counted(len(desk.items), "question")
    return f"{what} to settle in about {minutes:.0f} minutes. {it} {' and '.join(told)}."


def _kept_off(desk: Desk) -> str:
    if not desk.off:
        return "Slips and single annotators’ habits are no matter for a meeting."
    n = counted(len(desk.off), "cluster")
    return (
        f"{n} of single annotators’ habits or slips {'is' if len(desk.off) == 1 else 'are'} not on"
        " the agenda: nobody is discussed here. Those go to each annotator’s own feedback page."
    )


def _guideline(desk: Desk, item: AgendaItem) -> tuple[list[dict[str, Any]] | None, str]:
    try:
        found = desk.said(item)
    except LabelqError as error:
        return None, str(error)
    if found is None:
        return None, ""
    told = {label for one in found for label in one.labels}
    wanted = dict.fromkeys(label.removeprefix("without ") for label in item.labels)
    rows: list[dict[str, Any]] = [
        {"heading": one.heading, "text": clip(one.text, 6000)} for one in found
    ]
    rows += [{"heading": label, "text": ""} for label in wanted if label not in told]
    return rows, ""


def _example(desk: Desk, unit: int, readings: Readings, names: Names) -> dict[str, Any]:
    votes = readings.votes(unit)
    return {
        **_task(desk, unit),
        "readings": [
            {
                "label": causes.label(one.label),
                "words": wording.words_for(one),
                "precedent": None
                if one.precedent is None
                else {
                    **_task(desk, one.precedent.unit, 300),
                    "n": counted(one.precedent.n_votes, "annotator"),
                    "same": one.precedent.same,
                },
                "nothing": wording.nothing_for(one),
            }
            for one in readings.of(unit)
        ],
        "votes": " · ".join(
            f"{causes.label(label)} {len(who)}"
            + ("" if names.hidden else f" ({names.series(who)})")
            for label, who in votes
        ),
        "words": [w.word for one in readings.of(unit) for w in one.words],
    }


def _task(desk: Desk, unit: int, limit: int = LONGEST_TEXT) -> dict[str, str]:
    units = desk.earlier.round.units
    text = (units.text[unit] or "").strip()
    return {"id": clip(units.ids[unit], 80), "text": clip(text, limit)}


def _decision(decision: Decision) -> dict[str, str]:
    return {
        "labels": decisions.labels(decision.labels),
        "outcome": decisions.outcome(decision),
        "rule": decision.rule,
        "by": wording.who_and_when(decision),
    }


def _preview(desk: Desk, found: Preview) -> dict[str, Any]:
    from labelq.report.side_by_side import side_by_side  # which brings scipy along

    effect = found.effect
    rows, more = side_by_side(found.before, found.after)
    return {
        "waiting": "",
        "effect": wording.effect(found.decision, effect),
        "n": 0 if effect is None else len(effect.contradicted),
        "drawn": [
            {**_task(desk, one.unit, 240), "votes": wording.counts(dict(one.votes))}
            for one in (() if effect is None else effect.examples)
        ],
        "diff": rows,
        "more": more,
    }
