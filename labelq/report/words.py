"""All wording about a round as a whole: verdicts, coefficients, what was read and set aside.

Every function gives a **sentence** (see :mod:`labelq.report.text`): data in it is marked.
People read task, annotator, annotation, label, question; code says unit, rater, rating.
Words about disagreements and people are in :mod:`labelq.report.causes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labelq.labels.model import Aside, Question, Selection
from labelq.measure import registry
from labelq.measure.results import Agreement, CrossCheck, State, Verdict
from labelq.remedy.acts import GuidelineVersion
from labelq.report import causes
from labelq.report.numbers import coefficient, count, counted, interval, percent, small, threshold
from labelq.report.reasons import ASIDES, REASONS
from labelq.report.text import mark

if TYPE_CHECKING:
    from labelq.remember.gates import Gate

STATES: dict[State, tuple[str, str]] = {
    "reliable": ("●", "reliable"),
    "tentative": ("◐", "tentative"),
    "unreliable": ("○", "unreliable"),
    "cannot_tell": ("?", "cannot tell yet"),
}
"""State → a sign that needs no colour, and its word."""


METRICS: dict[str, str] = {row.name: row.title.replace("'", "’") for row in registry.METRICS}
"""What people call a coefficient."""

SHORT: dict[str, str] = {
    "krippendorff_alpha": "Krippendorff alpha",
    "raw_agreement": "raw agreement",
    "raw_agreement_pooled": "raw agreement, pooled",
    "unanimous_units": "unanimous tasks",
    "fleiss_kappa": "Fleiss kappa",
    "cohen_kappa_mean": "mean Cohen kappa",
    "light_kappa": "Light kappa",
    "conger_kappa": "Conger kappa",
    "cohen_kappa": "Cohen kappa",
    "scott_pi": "Scott pi",
    "gwet_ac1": "Gwet AC1",
    "gwet_ac2": "Gwet AC2",
    "brennan_prediger": "Brennan-Prediger",
    "icc_1": "ICC(1,1)",
    "icc_2": "ICC(2,1)",
    "icc_3": "ICC(3,1)",
    "icc_1k": "ICC(1,k)",
    "icc_2k": "ICC(2,k)",
    "icc_3k": "ICC(3,k)",
    "kendall_tau_mean": "mean Kendall tau",
    "kendall_w": "Kendall W",
}
"""What a coefficient is called where there is little room."""

VARIANTS: dict[str, str] = {
    "masi": "MASI",
    "masi_dkpro": "MASI of DKPro",
    "passonneau_2004": "Passonneau 2004",
    "jaccard": "Jaccard",
    "tree": "tree distance",
    "kendall": "Kendall",
}

SHARE = (
    "A share of the observed disagreement: all shares add up to 100 %. A cluster’s is all the "
    "disagreement on its tasks, whatever the labels; a label pair’s only what lies between the "
    "two, so that it can be smaller on the same tasks. “At most” is the "
    "coefficient if these tasks alone were settled; it does not add up."
)
MATCH = (
    "The share of answers that somebody would match who always gives the commonest answer without "
    "looking. Every task counts alike, and one whose annotators are split counts by their shares."
)
EXCESS = (
    "How many times as often two labels are confused as their frequencies explain: of all "
    "disagreements, the share on this pair over the share that falls there by frequency alone."
)
"""What the counts of a verdict and the two numbers about disagreements mean."""

LARGEST_KAPPA = (
    "Largest kappa: what two annotators could reach with the label frequencies they have."
)
PAIR_INDICES = (
    f"{LARGEST_KAPPA} Prevalence: how unequally often the two labels were given (0 to 1); bias: "
    "how far the two annotators differ in how often they gave them."
)
"""What the numbers behind the kappa of a pair mean."""

MANY = 5
"""With more questions than this the verdicts come as a list, worst first."""

LEVEL_WORDS: dict[str, str] = {
    "nominal": "labels without order",
    "ordinal": "ordered labels",
    "interval": "numbers whose differences count",
    "ratio": "numbers with a true zero",
    "ranking": "items in order",
    "set": "several labels at once",
}


def metric(name: str) -> str:
    """What people call a coefficient."""
    return METRICS.get(name, _spaced(name).capitalize())


def metric_of(row: Agreement) -> str:
    """A coefficient with its weights or its distance where it has any but the plain one."""
    variant = _variant(row)
    return f"{metric(row.metric)} ({variant})" if variant else metric(row.metric)


def short_metric(row: Agreement) -> str:
    """As :func:`metric_of`, where there is little room."""
    variant, name = _variant(row), SHORT.get(row.metric) or metric(row.metric)
    return f"{name}, {variant}" if variant else name


def _variant(row: Agreement) -> str:
    variant = row.weights or (row.distance if row.distance != row.level else None)
    return "" if variant is None else VARIANTS.get(variant) or _spaced(variant)


def reason(code: str | None) -> str:
    """Why a coefficient or an interval is missing; unknown codes are shown as they are."""
    return "" if code is None else REASONS.get(code, _spaced(code))


def counts(verdict: Verdict) -> str:
    """The plain counts that every verdict opens with."""
    v = verdict
    if not v.n_multiple:
        return f"None of the {counted(v.n_units, 'task')} was labeled by two or more people."
    said = f"All annotators agreed on {count(v.n_unanimous)} of {counted(v.n_multiple, 'task')}"
    if v.n_multiple == v.n_units:
        said += ". Two or more people labeled every one of these tasks."
    else:
        said += f" that two or more people labeled, of {count(v.n_units)} in all."
    if v.commonest is None:
        return said
    always = f"Always answering {causes.label(v.commonest)} would match {answers_matched(v)}"
    return f"{said} {always}, counting every task."


def answers_matched(verdict: Verdict) -> str:
    """What always giving the commonest answer would match: ``36 % of answers``."""
    return f"{percent(verdict.baseline)} of answers"


def state(verdict: Verdict) -> str:
    """The state of a question in words, with what it follows from."""
    row = verdict.headline
    thresholds = (verdict.tentative_from, verdict.reliable_from)
    low, high = (coefficient(end, thresholds) for end in (row.lower, row.upper))
    tentative, reliable = map(threshold, thresholds)
    if verdict.state == "reliable":
        return f"Reliable: even the lower end of the interval, {low}, reaches {reliable}."
    if verdict.state == "tentative":
        return (
            f"Tentative: the lower end of the interval, {low}, reaches {tentative} "
            f"but not {reliable}."
        )
    if verdict.state == "unreliable":
        return f"Unreliable: even the upper end of the interval, {high}, stays below {tentative}."
    if row.lower is None or row.upper is None:
        why = reason(row.reason) or "there is no interval"
    else:
        why = f"the interval, {low} to {high}, lies on both sides of {tentative}"
    return f"Cannot tell yet: {why}{more(verdict)}."


def more(verdict: Verdict) -> str:
    """What more labels would bring."""
    units, floor = verdict.more_units, verdict.headline.lower is None
    if not units:
        if floor:
            return ""
        return (
            "; the value lies so near it that more tasks would hardly tell: a clearer guideline may"
        )
    tasks = rounded(units)
    if floor:
        return f"; at least {tasks} labeled by two or more people before an interval can be given"
    return f"; about {tasks} labeled by two or more people would probably tell"


def rounded(units: int) -> str:
    """So many more tasks: two digits are as much as such a forecast knows.

    >>> rounded(1), rounded(1991)
    ('1 more task', '2,000 more tasks')
    """
    step = 10 ** max(0, len(str(units)) - 2)
    return counted(-(-units // step) * step, "more task", "more tasks")


def verdict(verdict: Verdict) -> str:
    """A whole verdict: plain counts first, then the state in words, then the rare labels."""
    parts = (counts(verdict), state(verdict), paradox(verdict), rare_labels(verdict))
    return " ".join(filter(None, parts))


def paradox(verdict: Verdict) -> str:
    """Why raw agreement is high and the coefficient low; empty where that is not so."""
    found = verdict.paradox
    if found is None:
        return ""
    name = mark(verdict.commonest) if verdict.commonest is not None else "one label"
    agreement, expected = _told_apart(found.agreement, found.expected)
    ac1 = (
        f"; AC1, which takes chance to be small then, says {coefficient(found.ac1)}"
        if found.ac1 is not None
        else ""
    )
    return (
        f"Pairs of annotators agree on {agreement}, but would agree on {expected} by chance:"
        f" {percent(found.share)} of all labels are {name}. {short_metric(verdict.headline)}"
        f" ({coefficient(verdict.headline.value)}) looks only at what is left{ac1}."
    )


def _told_apart(a: float, b: float) -> tuple[str, str]:
    """Two shares as percentages, with up to two decimals if they read the same otherwise."""
    for decimals in range(3):
        shown = f"{a * 100:.{decimals}f} %", f"{b * 100:.{decimals}f} %"
        if shown[0] != shown[1] and "100 %" not in shown:
            break
    return shown


def rare_labels(verdict: Verdict) -> str:
    """The rare labels on their own, where one label dominates; empty otherwise."""
    if not verdict.dominant:
        return ""
    name = mark(verdict.commonest) if verdict.commonest is not None else "one label"
    said = f"Most answers are {name}, so the rare labels are judged separately"
    # A rare label without variation is one that nobody gave: the config may hold such.
    given = [r for r in verdict.rare_labels if r.label is not None and r.reason != "no_variation"]
    rows = [f"{mark(row.label)} {_value_and_interval(row)}" for row in given[:6]]
    return f"{said}: {'; '.join(rows)}." if rows else f"{said}."


def _value_and_interval(row: Agreement) -> str:
    if row.value is None:
        return f"(none: {reason(row.reason)})"
    spread = interval(row.lower, row.upper)
    return f"{coefficient(row.value)} ({spread})" if spread else coefficient(row.value)


def worst_first(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts, unreliable ones first, each state by its value."""
    order: tuple[State, ...] = ("unreliable", "cannot_tell", "tentative", "reliable")

    def rank(v: Verdict) -> tuple[int, bool, float]:
        value = v.headline.value
        return order.index(v.state), value is None, 0.0 if value is None else value

    return sorted(verdicts, key=rank)


def series(names: Sequence[str]) -> str:
    """Names in a row, the first few of many: ``a, b and c``."""
    shown = [*names[:5], f"{len(names) - 5} more"] if len(names) > 6 else list(names)
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def aside(row: Aside) -> str:
    """One line about what was set aside: the reason, the question, the detail."""
    said = ASIDES.get(row.reason, _spaced(row.reason))
    where = f" (question {mark(row.question)})" if row.question is not None else ""
    return f"{said}{where}: {mark(row.detail, 400)}" if row.detail else f"{said}{where}"


def selection(chosen: Selection) -> str:
    """Which part of the source is the round; empty if all of it."""
    parts = []
    if chosen.since is not None:
        parts.append(f"submitted from {mark(chosen.since)}")
    if chosen.until is not None:
        parts.append(f"submitted to {mark(chosen.until)}")
    parts += [f"where {mark(field)} is {mark(value)}" for field, value in chosen.where]
    parts += [f"without {mark(kind)} answers" for kind in chosen.exclude]
    tab = "" if chosen.tab is None else f"Only the tasks of tab {chosen.tab}."
    answers = f"Only answers {', '.join(parts)}." if parts else ""
    return " ".join(filter(None, (tab, answers)))


def level(question: Question) -> str:
    """The level of measurement, and where it comes from."""
    known = LEVEL_WORDS.get(question.level, question.level)
    return f"{question.level} ({known}), from {mark(question.level_source, 120)}"


def labels_source(question: Question) -> str:
    """Where the universe of labels comes from."""
    if question.level == "ranking":
        return "each task's own items"
    if not question.labels:
        return "free numbers"
    source = "the label config" if question.labels_source == "config" else "the labels in use"
    return f"{counted(len(question.labels), 'label')}, from {source}"


def cross_check(check: CrossCheck) -> str:
    """How our numbers compare with those of reference packages."""
    if check.skipped is not None or not check.n_compared:
        return f"Not cross-checked: {mark(check.skipped or 'nothing to compare', 200)}."
    packages = " and ".join(f"{mark(p)} ({count(n)})" for p, n in sorted(check.packages.items()))
    return (
        f"{counted(check.n_compared, 'number')} recomputed with {packages}; "
        f"the largest difference is {small(check.largest)}."
    )


def guideline(used: GuidelineVersion) -> str:
    """Which guideline the annotators had."""
    name = mark(used.name)
    if used.version is None:
        return f"{name}, which records no version."
    if used.edited:
        return f"{name}, edited since version {used.version}."
    return f"{name}, version {used.version}."


def gate(rule: Gate) -> str:
    """One ``--fail-under`` rule and how it went."""
    what = f"change of {metric(rule.metric)}" if rule.change else metric(rule.metric)
    said = f"{what} of {mark(rule.question)} at least {threshold(rule.at_least)}"
    said = said[0].upper() + said[1:]
    if rule.lower is None:
        return f"{said}: failed, {reason(rule.reason) or 'there is no interval'}."
    low = coefficient(rule.lower, [rule.at_least])
    return f"{said}: {'passed' if rule.passed else 'failed'}, the lower end is {low}."


def interval_target(
    confidence: float, group: str | None = None, *, resample_raters: bool = False
) -> str:
    """What an interval is about."""
    drawn = "the tasks" if group is None else f"groups of tasks with the same {mark(group)}"
    if resample_raters:
        return (
            f"Intervals cover {percent(confidence)}: {drawn} and, from 10 annotators up, the "
            "annotators too are taken as a random draw. With fewer they hold for these annotators "
            "only."
        )
    return (
        f"Intervals cover {percent(confidence)}: the annotators are taken as they are, {drawn} "
        "as a random draw. They hold for these annotators."
    )


def _spaced(code: str) -> str:
    """A code nobody wrote a sentence for, safe to stand among our own words."""
    return (
        mark(code.replace("_", " "), 200)
        if not code.isascii()
        or not code.replace("_", "").replace(" ", "").replace(",", "").isalnum()
        else code.replace("_", " ")
    )
