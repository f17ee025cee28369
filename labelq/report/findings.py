"""The few findings that matter most, in words: the same in every medium.

The audit ranks its rows; here is only the choice of which kinds of finding come first, and
what they say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Literal

from labelq.measure.results import Verdict
from labelq.pinpoint.findings import EDGE_CASES_NAMED, Cluster, LabelPair
from labelq.pinpoint.rater_findings import Flag, RaterReport
from labelq.report import causes, words
from labelq.report.names import Names
from labelq.report.numbers import coefficient, count, counted, percent
from labelq.report.text import anchors, mark

if TYPE_CHECKING:
    from labelq.auditing import Audit

FindingKind = Literal["cluster", "annotator", "labels", "pair", "dominant", "task", "none"]

FEWEST, MOST = 3, 5
"""So many findings there are; the first three stand on the first screen."""

MOST_PEOPLE, MOST_NAMED = 3, 12
"""So many annotators are named among the findings and next steps, and above their table."""

VISIBLE = 0.1
"""From this share of its question's disagreement on, a cluster without a common content counts."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: ``title`` and ``text`` are sentences, ``anchor`` its place in the report."""

    kind: FindingKind
    title: str
    text: str
    anchor: str


def top_findings(audit: Audit, names: Names) -> list[Finding]:
    """The three to five findings to show; the first three are one of each kind.

    The cluster that would bring most, where most of the disagreement of each unreliable question
    without it lies, and the annotator without whom the coefficients change most. What changes
    the numbers most comes first: the annotator leads where alpha would rise by more without them
    than with the cluster settled (:func:`leads`). Then the second cluster and the questions that
    are not unreliable; a dominating label and whatever is left while there are fewer than three.
    (What touches every number, such as labels outside the config, stands below the verdicts.)
    """
    places = cluster_anchors(audit)
    clusters = [c for c in audit.clusters if tells(c) and is_open(audit, c)]
    told = [_cluster(c, names, places[c.id]) for c in clusters]
    people = _people(audit, names)

    said = {c.question for c in clusters[:1]}
    worst = [
        (v.state == "unreliable", found)
        for v in words.worst_first(audit.verdicts)
        if v.state != "reliable" and v.question not in said
        for found in _largest(audit, v, names)
    ]
    unreliable = [found for is_unreliable, found in worst if is_unreliable]
    ahead = people[:1] if leads(audit, clusters[:1]) else []
    first = [
        *ahead,
        *told[:1],
        *unreliable[: 1 if people else 2],
        *(people[:1] if not ahead else []),
        *told[1:2],
        *unreliable[1:],
        *(found for is_unreliable, found in worst if not is_unreliable),
    ]
    rest = chain(
        people[1:], _dominant(audit), told[2:], map(_pair, audit.label_pairs[:2]), _tasks(audit)
    )
    found = list({(f.title, f.anchor): f for f in first}.values())[:MOST]
    shown = {(f.title, f.anchor) for f in found}
    more = (f for f in rest if (f.title, f.anchor) not in shown)
    found += islice(more, max(0, FEWEST - len(found)))
    return found or [Finding("none", "Nothing stands out", _nothing(audit), "agreement")]


def leads(audit: Audit, clusters: Iterable[Cluster]) -> bool:
    """Whether the first annotator who stands out changes more than the first of ``clusters``.

    Both in alpha, at most: without the annotator, on the question where that is most, and with
    the cluster settled. Somebody without whom alpha would fall never leads.
    """
    headlines = {v.question: v.headline.value for v in audit.verdicts}

    def gain(question: str, value: float | None) -> float:
        whole = headlines.get(question)
        return 0.0 if value is None or whole is None else value - whole

    person = max(
        (gain(r.question, r.without) for _, reports in standouts(audit)[:1] for r in reports),
        default=0.0,
    )
    return person > max((gain(c.question, c.settled) for c in clusters), default=0.0)


def cluster_anchors(audit: Audit) -> dict[str, str]:
    """Cluster id → its place in the report."""
    return anchors("cluster", (c.id for c in audit.clusters))


def question_anchors(audit: Audit) -> dict[str, str]:
    """Question → its place in the agreement section of the report."""
    return anchors("question", (q.name for q in audit.round.questions))


def tells(cluster: Cluster) -> bool:
    """Whether a cluster has a common content and a cause that asks for something."""
    return not cluster.remainder and cluster.cause.kind not in ("slip", "too_little")


def is_open(audit: Audit, cluster: Cluster) -> bool:
    """Whether nothing is decided about a cluster yet."""
    decision = audit.decision(cluster.id)
    return decision is None or not decision.decided


def stands_open(cluster: Cluster) -> bool:
    """Whether a cluster is worth being seen without a click."""
    if cluster.cause.kind == "ambiguous":
        return not cluster.remainder or cluster.share >= VISIBLE
    return cluster.cause.kind in ("gap", "rater")


def standouts(audit: Audit) -> list[tuple[int, list[RaterReport]]]:
    """The annotators to talk with, and their flagged questions; everywhere the same, in one order.

    Everybody with a flag: those first without whom a headline coefficient changes most (not at
    all where that is not known), then those with the smallest p-value. Last those without a flag
    whose habit explains a cluster.
    """
    headlines = {v.question: v.headline.value for v in audit.verdicts}
    found: dict[int, list[tuple[float, float, RaterReport]]] = {}
    for report in audit.raters:
        whole = headlines.get(report.question)
        moved = 0.0
        if report.without is not None and whole is not None:
            moved = round(abs(report.without - whole), 12)
        if report.flags:
            p_value = min(1.0 if f.p_value is None else f.p_value for f in report.flags)
            found.setdefault(report.rater, []).append((-moved, p_value, report))
    for reports in found.values():
        reports.sort(key=lambda row: row[:2])
    ranked = sorted(found.items(), key=lambda item: (*item[1][0][:2], item[0]))
    named = [c.cause.rater for c in audit.clusters if tells(c) and c.cause.kind == "rater"]
    explained = [rater for rater in dict.fromkeys(named) if rater is not None]
    return [(rater, [report for *_, report in reports]) for rater, reports in ranked] + [
        (rater, []) for rater in explained if rater not in found
    ]


def standing_out(audit: Audit, names: Names, most: int = MOST_NAMED) -> str:
    """How many annotators stand out, and who, in the order of :func:`standouts`."""
    raters = [rater for rater, _ in standouts(audit)]
    people = counted(sum(r.kind == "person" for r in audit.round.raters), "annotator")
    if not raters:
        return f"None of {people} stands out."
    stand = "stands" if len(raters) == 1 else "stand"
    return f"{count(len(raters))} of {people} {stand} out: {names.people(raters, most, bare=True)}."


def _cluster(cluster: Cluster, names: Names, anchor: str) -> Finding:
    said = causes.cause(cluster, names)
    title = f"Likely {said[:1].lower()}{said[1:]}: {causes.either(cluster.labels)}"
    about = f" about {causes.words_of(cluster)}" if cluster.words else " without a common content"
    # Votes for a third label on these tasks count in: more than lies between the two labels.
    whatever = ", whatever the labels" if cluster.remainder else ""
    return Finding(
        "cluster",
        title,
        f"{counted(len(cluster.units), 'task')}{about} carry {percent(cluster.share)} of the "
        f"disagreement in {mark(cluster.question)}{whatever}.",
        anchor,
    )


def _largest(audit: Audit, verdict: Verdict, names: Names) -> Iterator[Finding]:
    """Where most of a question's disagreement lies: its largest cluster with a cause that asks
    for something, else its largest label pair. With it, the annotators who lean to one side.
    """
    name = verdict.question
    own = [c for c in audit.clusters if c.question == name and stands_open(c) and is_open(audit, c)]
    clusters = [c for c in own if c.share >= VISIBLE]
    pairs = [p for p in audit.label_pairs if p.question == name]
    if clusters:
        cluster = max(clusters, key=lambda c: c.share)
        found = _cluster(cluster, names, cluster_anchors(audit)[cluster.id])
    elif pairs:
        found = _pair(max(pairs, key=lambda p: p.share))
    else:
        return
    leaning = [
        f" {_capital(names.sentence(rater))} {said}."
        for rater, reports in standouts(audit)[:MOST_PEOPLE]
        for report in reports
        if report.question == name
        for said in causes.flags(
            report, names, [flag for flag in report.flags if flag.kind in ("shift", "habit")]
        )
    ]
    yield replace(found, text=found.text + "".join(leaning[:2]))


def _people(audit: Audit, names: Names) -> list[Finding]:
    """The first annotators who stand out."""
    some = [(rater, reports) for rater, reports in standouts(audit) if reports][:MOST_PEOPLE]
    headlines = {v.question: v.headline.value for v in audit.verdicts}
    return [_annotator(rater, reports, names, headlines) for rater, reports in some]


def _annotator(
    rater: int,
    reports: list[RaterReport],
    names: Names,
    headlines: Mapping[str, float | None],
) -> Finding:
    """What an annotator does, what it changes (where that can be read), how often gold agrees.

    First what holds for every question, then what holds for the one where it changes most.
    """
    who, main = names.sentence(rater), reports[0]
    title = _capital(who) if names.hidden else who
    told = [causes.flag(flag) for flag in personal(reports)]
    own = [flag for flag in main.flags if flag.kind not in causes.PERSONAL]
    said = causes.flags(main, names, own[:3])
    if told:
        title += f" {told.pop(0)}"
    else:
        title += f", in {mark(main.question, 40)}: {said.pop(0)}"
    sentences = [f"{_capital(one)}." for one in told]
    if main.gold_of:
        said.append(f"{count(main.gold_right)} of {counted(main.gold_of, 'gold task')} right")
    if said:
        sentences.append(f"In {mark(main.question, 40)}: {'; '.join(said)}.")
    without, others = [], []
    for report in reports:
        shown, whole = coefficient(report.without), coefficient(headlines.get(report.question))
        if report.without is not None and shown != whole:
            without.append(f"{whole} → {shown} in {mark(report.question, 40)}")
        elif report is not main:
            others.append(mark(report.question, 40))
    if others:
        sentences.append(f"Also in {words.series(others)}.")
    if without:
        sentences.append(f"Without them alpha: {words.series(without)}.")
    return Finding("annotator", title, " ".join(sentences), "annotators")


def personal(reports: Iterable[RaterReport]) -> list[Flag]:
    """The flags that are about an annotator, whatever the question: each kind once, where it
    rests on most.
    """
    found: dict[str, Flag] = {}
    for report in reports:
        for flag in report.flags:
            if flag.kind in causes.PERSONAL:
                found[flag.kind] = max(found.get(flag.kind, flag), flag, key=lambda one: one.of)
    return list(found.values())


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _dominant(audit: Audit) -> Iterator[Finding]:
    places = question_anchors(audit)
    for v in audit.verdicts:
        if v.dominant and v.commonest is not None:
            yield Finding(
                "dominant",
                f"One label dominates {mark(v.question)}",
                f"Always answering {causes.label(v.commonest)} would match "
                f"{words.answers_matched(v)}: look at the rare labels on their own.",
                places[v.question],
            )


def _pair(pair: LabelPair) -> Finding:
    return Finding(
        "pair",
        f"Most disagreement in {mark(pair.question)}: {causes.either(pair.labels)}",
        f"{'All' if pair.share >= 1 else percent(pair.share)} of it lies between these two, on "
        f"{counted(pair.n_units, 'task')}.",
        "label-pairs",
    )


def _tasks(audit: Audit) -> Iterator[Finding]:
    for kind, said in causes.EDGE_CASES.items():
        named = Counter(case.question for case in audit.edge_cases if case.kind == kind)
        n, more = named.total(), any(of == EDGE_CASES_NAMED for of in named.values())
        if n:
            yield Finding(
                "task",
                f"{'At least ' if more else ''}{counted(n, 'task')}: {said}",
                "They are worth a line in the guideline.",
                "edge-cases",
            )


def _nothing(audit: Audit) -> str:
    undecided = [v for v in audit.verdicts if v.state == "cannot_tell"]
    if undecided:
        return f"No cluster, no behaviour: {words.state(undecided[0]).lower().rstrip('.')}."
    return "No cluster of disagreements and no annotator’s behaviour sets itself apart."
