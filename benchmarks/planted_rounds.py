"""Simulated rounds with planted causes of disagreement, and the truth about each of them.

Shares no code with what looks for causes: numpy, and the data model to hand a round over.
``planted_round(seed)`` gives the same round for the same seed. What is planted:

* guideline gaps: a content on which raters hold two opposite rules, each keeping mostly to his;
* habits: a rater gives one label where another is right, in one content or everywhere;
* ambiguous units: every rater tosses between two labels, on one content or on single units; half
  of the rounds with up to seven labels have an ordered scale, on which 6 to 20 % of the units
  lie between two neighbours;
* inattentive raters: a fifth to a third of their answers are drawn from all labels;
* slips: one to four of a hundred answers of everybody.

Every vote carries the reason it was given for. The cause of a disagreement is the reason
behind most of its disagreeing pairs of votes; the cause of a cluster is that of most of its
disagreement (``mixed`` where no cause has more than half).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from planted_texts import LANGUAGES, Topic, Writer

from labelq.labels.model import Question, Rater, Ratings, Round, Units

CAUSES = ("slip", "rater", "ambiguous", "gap")
RIGHT, SLIP, RATER, AMBIGUOUS, GAP = -1, 0, 1, 2, 3
QUESTION = "category"
CHANNELS = ("mail", "chat", "phone", "form")


@dataclass(frozen=True)
class Plant:
    """Something planted: a content (or single units, or a rater everywhere) and its labels.

    ``units`` are the codes of all units that it concerns, ``disputed`` those that disagree
    because of it. ``rater`` is the code of the one rater behind a habit or inattention.
    """

    kind: str  # gap, habit, ambiguous, scattered, inattentive
    units: frozenset[int]
    disputed: frozenset[int]
    labels: tuple[str, ...] = ()
    rater: int | None = None


@dataclass(frozen=True)
class Planted:
    """A round, what was planted in it, and what each disagreement comes from.

    ``label`` (U,) is the code of the right label (of a gap: the rule that the lead would
    decide for), ``shares`` (U × 4) how much of a unit's disagreement each of :data:`CAUSES`
    explains (rows of zeros where nobody disagrees). ``topic`` (U,) is a code of what each unit
    is about, -1 where a content of its own was planted.
    """

    round: Round
    plants: tuple[Plant, ...]
    label: np.ndarray
    shares: np.ndarray
    topic: np.ndarray
    facts: dict[str, object] = field(default_factory=dict)

    def of(self, *kinds: str) -> list[Plant]:
        """The plants of some kinds."""
        return [plant for plant in self.plants if plant.kind in kinds]

    def cause_of_unit(self, unit: int) -> str | None:
        """The cause of one unit's disagreement, None where there is none."""
        shares = self.shares[unit]
        return CAUSES[int(shares.argmax())] if shares.any() else None

    def cause_of_cluster(self, units: object) -> str:
        """The cause of most of the disagreements in ``units``, or ``mixed``."""
        shares = self.shares[np.asarray(units, np.intp)]
        counts = np.bincount(shares[shares.any(axis=1)].argmax(axis=1), minlength=4)
        if not counts.sum() or counts.max() <= counts.sum() / 2:
            return "mixed"
        return CAUSES[int(counts.argmax())]


@dataclass
class _Family:
    """Units with a common content and one right label."""

    topic: Topic
    label: int
    also: Topic | None = None
    kind: str = ""
    other: int = -1
    rater: int = -1
    channel: str | None = None


def planted_round(seed: int, *, pure: bool = False, units: int | None = None) -> Planted:
    """The round of a seed. ``pure``: nothing but slips. ``units``: so many instead of a draw.

    A draw whose gaps get fewer than ten disagreements, or whose habits and inattentive raters
    too few answers to show, is drawn again.
    """
    rng = np.random.default_rng([seed, int(pure)])
    while True:
        found = _draw(rng, pure=pure, units=units)
        if all(_shows(plant) for plant in found.plants):
            return found


def _shows(plant: Plant) -> bool:
    least = {"gap": 10, "habit": 10, "inattentive": 10, "ambiguous": 10, "scattered": 0}
    return len(plant.disputed) >= least[plant.kind]


def _draw(rng: np.random.Generator, *, pure: bool, units: int | None) -> Planted:
    n = units or round(float(np.exp(rng.uniform(np.log(200), np.log(5000)))))
    n_raters, n_labels = int(rng.integers(3, 13)), round(np.exp(rng.uniform(np.log(3), np.log(30))))
    languages = rng.choice(LANGUAGES, int(rng.integers(1, 4)), replace=False).tolist()
    tongue = rng.dirichlet(np.full(len(languages), 0.8))
    writer = Writer(rng, languages)

    def language() -> str:
        return str(rng.choice(languages, p=tongue))

    families, sizes = _families(rng, writer, language, n, n_raters, n_labels, pure=pure)
    family = np.repeat(np.arange(len(families)), sizes)
    family = family[rng.permutation(len(family))]
    texts = tuple(writer.text(families[f].topic, families[f].also) for f in family)
    unit, rater = _assigned(rng, n, n_raters)
    people = _people(rng, n_raters, n_labels, pure=pure)
    truth = np.array([families[f].label for f in family])
    value, reason, plants = _answers(rng, families, family, unit, rater, people, truth, n_labels,
                                     pure=pure)  # fmt: skip
    shares = _shares(unit, value, reason, n)
    seconds = _seconds(rng, texts, unit, rater, reason, people)
    question = Question(
        QUESTION,
        "ordinal" if people["blurred"] else "nominal",
        "simulated",
        tuple(f"Label {i + 1:02}" for i in range(n_labels)),
    )
    made = Round(
        name="simulated",
        questions=(question,),
        units=Units(
            tuple(f"{i + 1:05}" for i in range(n)),
            texts,
            {
                "channel": tuple(
                    families[f].channel or str(c)
                    for f, c in zip(family, rng.choice(CHANNELS, n), strict=True)
                ),
                "language": tuple(families[f].topic.language for f in family),
            },
        ),
        raters=tuple(Rater(f"r{i:02}", f"R{i:02}", chr(65 + i)) for i in range(n_raters)),
        ratings={
            QUESTION: Ratings(
                unit.astype(np.int32),
                rater.astype(np.int32),
                value.astype(np.int32),
                question.labels,
                seconds.astype(np.float32),
                np.full(len(unit), "NaT", "datetime64[s]"),
                np.zeros(len(unit), bool),
                np.zeros(len(unit), bool),
            )
        },
    )
    disputed = shares.any(axis=1)
    found = tuple(
        Plant(kind, frozenset(where.tolist()),
              frozenset(where[shares[where, cause] > 0].tolist() if kind != "scattered"
                        else where[disputed[where]].tolist()),
              tuple(question.labels[code] for code in labels), who)
        for kind, where, cause, labels, who in plants
    )  # fmt: skip
    facts = {"units": n, "raters": n_raters, "labels": n_labels, "votes": len(unit),
             "languages": languages,
        "level": question.level, "times": bool(np.isfinite(seconds).any())}  # fmt: skip
    topic = np.array([-1 if f.kind else i for i, f in enumerate(families)])[family]
    return Planted(made, found, truth, shares, topic, facts)


def _families(rng, writer, language, n, n_raters, n_labels, *, pure):
    """Families and how many units each has: special ones first, ordinary ones share the rest."""
    frequency = 1 / np.arange(1, n_labels + 1) ** rng.uniform(0.4, 1.2)
    frequency /= frequency.sum()
    ordinary = [
        _Family(writer.topic(language()), label)
        for label in range(n_labels)
        for _ in range(int(rng.integers(1, 4)))
    ]
    families: list[_Family] = []
    sizes: list[int] = []

    def special(kind: str, rater: int = -1) -> None:
        likely = frequency + 0.5 / n_labels
        label, other = rng.choice(n_labels, 2, replace=False, p=likely / likely.sum())
        lender = None
        if rng.random() < 0.4:
            lender = next(f.topic for f in ordinary if f.label == label)
        channel = str(rng.choice(CHANNELS)) if rng.random() < 0.2 else None
        families.append(
            _Family(writer.topic(language()), int(label), lender, kind, int(other), rater, channel)
        )
        low, high = max(24, 0.015 * n), max(34, 0.05 * n)
        sizes.append(int(rng.uniform(low, high)))

    if not pure:
        most = max(1, min(4, n // 130))
        for _ in range(int(rng.integers(1, most + 1))):
            special("gap")
        for _ in range(int(rng.integers(0, 1 + min(2, n // 200)))):
            special("ambiguous")
        for who in rng.permutation(n_raters)[: int(rng.integers(0, 3 if n_raters > 4 else 2))]:
            special("habit" if rng.random() < 0.6 else "habit everywhere", int(who))
    weight = np.array([frequency[f.label] for f in ordinary]) * rng.dirichlet(
        np.full(len(ordinary), 3.0)
    )
    rest = rng.multinomial(n - sum(sizes), weight / weight.sum())
    return families + ordinary, np.append(np.array(sizes, int), rest)


def _assigned(rng, n, n_raters):
    """Who answers what: 2 to 5 votes per unit, some raters more often than others."""
    design = rng.random()
    if design < 0.08:
        votes = np.full(n, 2)
    elif design < 0.65:
        votes = np.full(n, min(n_raters, int(rng.integers(3, 6))))
    else:
        votes = rng.choice([2, 3, 4, 5], n, p=rng.dirichlet([1, 3, 1.5, 1.5]))
    votes = np.minimum(votes, n_raters)
    load = rng.dirichlet(np.full(n_raters, 8.0)) if rng.random() < 0.5 else np.ones(n_raters)
    order = np.argsort(-np.log(rng.random((n, n_raters))) / load, axis=1)
    chosen = np.arange(n_raters) < votes[:, None]
    unit = np.repeat(np.arange(n), votes)
    rater = order[chosen]
    by = np.lexsort((rater, unit))
    return unit[by], rater[by]


def _people(rng, n_raters, n_labels, *, pure):
    """Per rater: slips, share of random answers, pace, and whether times are known."""
    random = np.zeros(n_raters)
    fast = np.ones(n_raters)
    if not pure:
        n_random = int(rng.integers(0, 1 + (2 if n_raters >= 6 else 1)))
        for who in rng.permutation(n_raters)[:n_random]:
            random[who] = rng.uniform(0.2, 0.35) * n_labels / (n_labels - 1)
            fast[who] = rng.uniform(0.12, 0.3) if rng.random() < 0.6 else 1.0
    return {
        "slip": rng.uniform(0.01, 0.04, n_raters),
        "random": random,
        "pace": rng.lognormal(0, 0.25, n_raters) * fast,
        "times": rng.random() < 0.6,
        "blurred": n_labels <= 7 and rng.random() < 0.5,
    }


def _answers(rng, families, family, unit, rater, people, truth, n_labels, *, pure):
    """The votes, the reason behind each, and the plants before they are counted."""
    value, reason = truth[unit].copy(), np.full(len(unit), RIGHT)
    n_raters, plants = len(people["slip"]), []
    taken: set[int] = set()
    for f, one in enumerate(families):
        if not one.kind:
            continue
        where = np.flatnonzero(family == f)
        votes = np.flatnonzero(family[unit] == f)
        who = rater[votes]
        if one.kind in ("gap", "ambiguous"):
            if one.kind == "gap":
                keeps = rng.uniform(0.85, 0.95)
                least = 2 if n_raters >= 4 else 1
                side = int(rng.integers(least, n_raters - least + 1))
                holds = rng.permutation(n_raters) < side
                first = np.where(rng.random(len(votes)) < keeps, holds[who], ~holds[who])
            else:
                first = rng.random(len(votes)) < rng.uniform(0.35, 0.65)
            value[votes] = np.where(first, one.label, one.other)
            reason[votes] = GAP if one.kind == "gap" else AMBIGUOUS
            plants.append((one.kind, where, GAP if one.kind == "gap" else AMBIGUOUS,
                           (one.label, one.other), None))  # fmt: skip
            continue
        if one.kind == "habit everywhere":
            special = np.array([bool(g.kind) for g in families])[family]
            where = np.flatnonzero((truth == one.label) & ~special | (family == f))
            votes = np.flatnonzero(np.isin(unit, where))
            who = rater[votes]
        if one.rater in taken:
            continue
        taken.add(one.rater)
        does = votes[(who == one.rater) & (rng.random(len(votes)) < rng.uniform(0.75, 0.95))]
        value[does], reason[does] = one.other, RATER
        seen = np.unique(unit[votes[who == one.rater]])
        plants.append(("habit", seen, RATER, (one.label, one.other), one.rater))
    if not pure:
        plain = np.flatnonzero(~np.array([bool(g.kind) for g in families])[family])
        share = rng.uniform(0.06, 0.2) if people["blurred"] else rng.uniform(0.005, 0.035)
        some = np.sort(rng.choice(plain, int(share * len(plain)), False))
        other = (truth[some] + rng.integers(1, n_labels, len(some))) % n_labels
        if people["blurred"]:  # between neighbours on the scale
            up = rng.random(len(some)) < 0.5
            other = np.where(up, truth[some] + 1, truth[some] - 1)
            other = np.where(other < 0, 1, np.where(other == n_labels, n_labels - 2, other))
        at = np.searchsorted(some, unit)
        hit = np.flatnonzero(np.isin(unit, some))
        toss = rng.random(len(hit)) < 0.5
        value[hit] = np.where(toss, other[at[hit]], truth[unit[hit]])
        reason[hit] = AMBIGUOUS
        plants.append(("scattered", some, AMBIGUOUS, (), None))
    # A random answer, or a slip, stands in for whatever the rater would have said.
    would = value.copy()
    drawn = rng.random(len(unit)) < people["random"][rater]
    value[drawn] = rng.integers(0, n_labels, int(drawn.sum()))
    slip = ~drawn & (rng.random(len(unit)) < people["slip"][rater])
    value[slip] = (value[slip] + rng.integers(1, n_labels, int(slip.sum()))) % n_labels
    reason[drawn & (value != would)] = RATER
    reason[slip] = SLIP
    for who in np.flatnonzero(people["random"] > 0):
        seen = np.unique(unit[drawn & (rater == who)])
        plants.append(("inattentive", seen, RATER, (), int(who)))
    return value, reason, plants


def _shares(unit, value, reason, n):
    """Per unit (n × 4): what each cause explains of its disagreeing pairs of votes."""
    shares = np.zeros((n, 4))
    start = np.append(0, np.cumsum(np.bincount(unit, minlength=n)))
    m = np.diff(start)
    for k in np.unique(m[m > 1]):
        of = np.flatnonzero(m == k)
        for i in range(k):
            for j in range(i + 1, k):
                a, b = start[of] + i, start[of] + j
                differ = value[a] != value[b]
                where, first, second = of[differ], reason[a[differ]], reason[b[differ]]
                own = np.isin(first, (SLIP, RATER)), np.isin(second, (SLIP, RATER))
                neither = ~own[0] & ~own[1]
                common = np.maximum(first, second)  # both votes carry the unit's reason
                np.add.at(shares, (where[neither], common[neither]), 1.0)
                for side, code in ((0, first), (1, second)):
                    weight = np.where(own[0] & own[1], 0.5, 1.0)
                    mine = own[side]
                    np.add.at(shares, (where[mine], code[mine]), weight[mine])
    total = shares.sum(axis=1, keepdims=True)
    return np.divide(shares, total, out=np.zeros_like(shares), where=total > 0)


def _seconds(rng, texts, unit, rater, reason, people):
    """Times by length of text and person; slips are given somewhat faster."""
    if not people["times"]:
        return np.full(len(unit), np.nan)
    length = np.array([len(text) for text in texts], float)
    usual = 4 + 12 * length / length.mean()
    hurried = np.where(reason == SLIP, 0.7, 1.0)
    return usual[unit] * people["pace"][rater] * hurried * rng.lognormal(0, 0.4, len(unit))


def adjudicated(planted: Planted, n: int, seed: int) -> Round:
    """The round with ``n`` of its disputed units decided by a person, drawn at random."""
    from dataclasses import replace

    rng = np.random.default_rng(seed)
    disputed = np.flatnonzero(planted.shares.any(axis=1))
    some = np.sort(rng.choice(disputed, min(n, len(disputed)), replace=False))
    labels = planted.round.questions[0].labels
    decided = {int(u): labels[planted.label[u]] for u in some}
    return replace(planted.round, adjudicated={QUESTION: decided})
