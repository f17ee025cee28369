"""The audits that the browser looks at, each a directory written as `labelq audit` writes it."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from labelq.auditing import Audit, audit
from labelq.cli import main
from labelq.labels.coding import letters
from labelq.labels.model import Ratings, Round, Units
from labelq.remedy.decisions import Decision, Evidence, Scope
from labelq.report.directory import write_audit
from labelq.report.feedback import casebook, feedback_html
from labelq.report.html import private_annotators_html, report_html, rules_html
from tests.hostile import CORPUS, LONG_LINE
from tests.report.conftest import make_audit
from tests.rounds import make_round

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample_data/support_triage"
GUIDELINE = ROOT / "guidelines/support_triage.md"
TEXTS = list(CORPUS.values())

Made = Callable[[str], Path]


def _written(found: Audit, target: Path) -> None:
    manifest = {"schema": "labelq/manifest/1", "options": {}, "inputs": {}}
    write_audit(found, target, manifest=manifest)
    _feedback(found, target)


def _pages(found: Audit, target: Path) -> None:
    """The pages alone, quickly; and no table of a hand-made round holds half characters."""
    (target / "private").mkdir(parents=True)
    for name, page in (
        ("report.html", report_html(found)),
        ("rules.html", rules_html(found)),
        ("private/annotators.html", private_annotators_html(found)),
    ):
        (target / name).write_bytes(page.encode("utf-8", "backslashreplace"))

    _feedback(found, target)


def _feedback(found: Audit, target: Path) -> None:
    """The page of the second annotator, who is told the most."""
    page = feedback_html(found, casebook(found).of(1))
    (target / "private/feedback-B.html").write_bytes(page.encode("utf-8", "backslashreplace"))


def _quick(round_: Round, **options: Any) -> Audit:
    return audit(round_, cross_check=False, **options)


def _run(*command: str) -> None:
    """What the command line makes."""
    try:
        main(command)
    except SystemExit as ended:
        assert ended.code == 0  # noqa: PT017 -- click ends like this where all is well


def _audited(source: Path, target: Path, *options: str) -> None:
    """What `labelq audit` makes of a file, in its fewest seconds."""
    _run("audit", str(source), "--guideline", str(GUIDELINE), "--out", str(target),
         "--no-cross-check", *options)  # fmt: skip


def sample(target: Path, made: Made) -> None:
    """The sample round, as `labelq demo` shows it."""
    _audited(SAMPLE / "round_1.json", target)
    _run("report", str(target), "--rater", "B")


def against(target: Path, made: Made) -> None:
    """The sample's second round, compared with the first."""
    _audited(SAMPLE / "round_2.json", target, "--against", str(made("sample")))


def many_questions(target: Path, made: Made) -> None:
    """Six questions, of three kinds, each about the same 30 tasks."""
    drawn = random.Random(2)
    rounds = []
    for i in range(6):
        level, labels = (
            ("nominal", "ABC"),
            ("ordinal", (1.0, 2.0, 3.0, 4.0, 5.0)),
            ("set", "xyz"),
        )[i % 3]
        rows = []
        for unit in range(30):
            true = drawn.choice(labels)
            for rater in drawn.sample("abcde", 3):
                given = true if drawn.random() < 0.75 else drawn.choice(labels)
                value = {given, drawn.choice(labels)} if level == "set" else given
                rows.append((f"t{unit:02}", rater, value, f"a text about {true} number {unit}"))
        rounds.append(make_round(rows, level=level, question=f"question_{i:02}", name="many"))
    first = rounds[0]
    raters = {r.id: r for round_ in rounds for r in round_.raters}
    assert tuple(raters.values()) == first.raters
    _written(
        _quick(
            dataclasses.replace(
                first,
                questions=tuple(r.questions[0] for r in rounds),
                ratings={q: table for r in rounds for q, table in r.ratings.items()},
            )
        ),
        target,
    )


def large(target: Path, made: Made) -> None:
    """20,000 tasks, three answers each by 60 annotators, 24 labels: the report alone."""
    drawn = random.Random(3)
    labels = [f"Topic {i:02} of support" for i in range(24)]
    words = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("ll", "rd", "sk", "n")]
    raters = [f"annotator{i:02}" for i in range(60)]
    rows = []
    for unit in range(20_000):
        true = drawn.randrange(24)
        # One in eighty is disputed, between neighbours: what is disputed is what a page shows.
        disputed = unit % 80 == 0
        text = " ".join([labels[true], *drawn.choices(words, k=40)]) if disputed else ""
        for place, rater in enumerate(drawn.sample(raters, 3)):
            label = labels[(true + (disputed and place == 2)) % 24]
            rows.append((f"task{unit:05}", rater, label, text or f"{labels[true]} {unit}"))
    _pages(_quick(_big_round(rows, labels), resamples=200), target)


def _big_round(rows: list[tuple[str, str, str, str]], labels: list[str]) -> Round:
    """``make_round`` for many rows: it looks positions up in lists."""
    import numpy as np

    few = make_round([(unit, rater, labels[0]) for unit, rater, _, _ in rows[:3]], labels=labels)
    units = {row[0]: row[3] for row in rows}
    ids = sorted({row[1] for row in rows})
    place = {unit: i for i, unit in enumerate(units)}
    seat = {rater: i for i, rater in enumerate(ids)}
    code = {label: i for i, label in enumerate(labels)}
    table = np.array(sorted((place[u], seat[r], code[v]) for u, r, v, _ in rows), np.int32)
    n = len(table)
    ratings = Ratings(
        *(table[:, i].copy() for i in range(3)), tuple(labels), np.full(n, 20, np.float32),
        np.full(n, "NaT", "datetime64[s]"), np.zeros(n, bool), np.zeros(n, bool),
    )  # fmt: skip
    rater = few.raters[0]
    return dataclasses.replace(
        few,
        name="large",
        units=Units(tuple(units), tuple(units.values()), {}),
        raters=tuple(
            dataclasses.replace(rater, id=i, name=i.title(), letter=letters(n))
            for n, i in enumerate(ids)
        ),
        ratings={"value": ratings},
    )


def hostile(target: Path, made: Made) -> None:
    """A round in which everything that anybody wrote is out of the corpus, through the audit."""
    drawn = random.Random(4)
    # As labelq reads exports: half a character is a question mark.
    few = [text[:400].encode("utf-8", "replace").decode("utf-8") for text in TEXTS if text.strip()]
    few.remove(CORPUS["long line"][:400])
    labels, raters, question = few[:9], few[9:18], few[18]
    rows, fields = [], {few[19]: {}, few[20]: {}}
    for unit in range(72):
        true = unit % 9
        text = f"{few[unit % len(few)]} {few[(unit * 7) % len(few)]} word{true}"
        name = f"{few[unit % 13][:40]} {unit}"
        for place, rater in enumerate(drawn.sample(raters, 3)):
            label = labels[(true + (place == 2 and unit % 3 < 2)) % 9]
            rows.append((name, rater, label, text))
        for column in fields.values():
            column[name] = few[(unit + 5) % 11]
    round_ = make_round(rows, labels=labels, name=few[21], question=question, fields=fields)
    decision = Decision(
        "a-rule", question, tuple(labels[:2]), "label", Scope(words=(few[22], "word0")),
        label=labels[0], rule="\n\n".join(few), who=(few[23],),
        evidence=Evidence(few[24], few[25], (few[26],), 3, 0.1),
    )  # fmt: skip
    text = "# " + "\n\n## ".join(few)
    _written(
        _quick(round_, guideline=(few[27], text), decisions=(decision,), resamples=200), target
    )


def hand_made(shift: int) -> Callable[[Path, Made], None]:
    """The hand-made audit, every section in it, with each data text another one of the corpus."""

    def write(target: Path, made: Made) -> None:
        base = make_audit()
        texts = {text: TEXTS[(i + shift) % len(TEXTS)] for i, text in enumerate(_data_texts(base))}
        found = exchanged(base, texts)
        if shift == 0:
            units = found.round.units
            line = (*units.text[:8], LONG_LINE, *units.text[9:])
            found = dataclasses.replace(
                found,
                round=dataclasses.replace(found.round, units=dataclasses.replace(units, text=line)),
            )
        _pages(found, target)

    return write


def _data_texts(base: Audit) -> list[str]:
    """Whatever people wrote in the hand-made audit, each text once."""
    source = base.round
    texts: list[Any] = [source.name, *source.units.ids, *filter(None, source.units.text)]
    for question in source.questions:
        texts += [question.name, *question.labels]
        texts += [label for value in source.ratings[question.name].values
                  for label in (value if isinstance(value, frozenset) else (value,))]  # fmt: skip
    texts += [text for rater in source.raters for text in (rater.id, rater.name)]
    texts += [text for pair in source.selection.where for text in pair]
    texts += [*source.intake.notes, *(aside.detail for aside in source.intake.aside)]
    texts += [word for cluster in base.clusters for word in cluster.words]
    texts += [text for rule in base.draft.rules for text in (rule.heading, rule.text)]
    texts += [base.draft.name, base.draft.original, base.draft.text, *base.options.values()]
    return list(dict.fromkeys(text for text in texts if isinstance(text, str) and text))


def exchanged(thing: Any, texts: Mapping[str, str]) -> Any:
    """``thing`` with every text in it exchanged, dataclasses and containers all the way down."""
    if isinstance(thing, str):
        return texts.get(thing, thing)
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        changes = {f.name: exchanged(getattr(thing, f.name), texts)
                   for f in dataclasses.fields(thing) if f.init}  # fmt: skip
        return dataclasses.replace(thing, **changes)
    if isinstance(thing, dict):
        return {exchanged(k, texts): exchanged(v, texts) for k, v in thing.items()}
    if isinstance(thing, tuple | list | frozenset):
        return type(thing)(exchanged(item, texts) for item in thing)
    return thing


AUDITS: dict[str, Callable[[Path, Made], None]] = {
    "sample": sample,
    "against": against,
    "many_questions": many_questions,
    "large": large,
    "hostile": hostile,
    **{f"hand_made_{i}": hand_made(shift) for i, shift in enumerate((0, 21, 42))},
}
"""By name: writes the audit into a directory; others that it needs are given by name."""
