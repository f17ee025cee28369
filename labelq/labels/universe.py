"""The final form of each question: its level, its universe of labels, its values in order.

The universe comes from the labeling config where there is one, else from what occurs; the
order of ordinal labels is never guessed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelq.errors import SettingsError, SourceError
from labelq.labels.model import LEVELS, Level, Question, Ranking, Value, field_text, label_text
from labelq.labels.submissions import Submissions


def universes(
    s: Submissions,
    used: list[set[int]],
    golden: list[set[int]],
    levels: Mapping[str, str],
    map_labels: Mapping[tuple[str, str], str],
) -> tuple[list[Question], list[NDArray[np.int32]], list[tuple[Value, ...]]]:
    """Per question: its final form, a table from source codes to value codes, the values.

    ``used`` holds, per question, the source codes that occur in what is measured: only these
    make up an observed universe. ``golden`` are those of gold: numbers and sets that only gold
    holds are values too, but a label that nobody gave is no label of the round.
    """
    names = {question.name for question in s.questions}
    for wanted in [*levels, *(q for q, _ in map_labels)]:
        if wanted and wanted not in names:
            raise SettingsError(
                f"there is no question {wanted!r}; the source has {', '.join(sorted(names))}"
            )
    known: dict[str, Level] = {level: level for level in LEVELS}
    for wanted, name in levels.items():
        if name not in known:
            raise SettingsError(
                f"--level {wanted + '=' if wanted else ''}{name}: not a level; use one of"
                f" {', '.join(LEVELS)}"
            )
    questions: list[Question] = []
    tables: list[NDArray[np.int32]] = []
    values: list[tuple[Value, ...]] = []
    for q, (source, codes) in enumerate(zip(s.questions, s.values, strict=True)):
        mapped = [_mapped(value, source.name, map_labels) for value in codes]
        level = known[levels.get(source.name, levels.get("", source.level))]
        labels = level in ("nominal", "ordinal")
        occurring = used[q] if labels else used[q] | golden[q]
        seen = [value for code, value in enumerate(mapped) if code in occurring]
        question, universe = _universe(source, level, seen, explicit=source.name in levels)
        position = {value: i for i, value in enumerate(universe)}
        coded = np.full(len(mapped), -1, np.int32)
        for code, value in enumerate(mapped):
            if code in occurring or source.level == question.level:
                coded[code] = position.get(_at_level(value, question), -1)
        tables.append(coded)
        questions.append(question)
        values.append(universe)
    return questions, tables, values


def within(
    s: Submissions,
    q: int,
    question: Question,
    codes: list[int],
    map_labels: Mapping[tuple[str, str], str],
) -> dict[int, Value]:
    """Source codes of question ``q`` → values in its final form, where it has such a value.

    ``question`` is that final form. Labels outside its universe are left out, and so is what
    is no number where numbers are asked for.
    """
    given = list(s.values[q])
    universe: set[Any] = set(question.labels)
    if question.level in ("nominal", "ordinal"):
        universe = set(in_order(question, ()))
    found: dict[int, Value] = {}
    for code in codes:
        try:
            value = _at_level(_mapped(given[code], s.questions[q].name, map_labels), question)
        except SourceError:
            continue
        if question.level in ("interval", "ratio"):
            inside = question.level == "interval" or float(value) >= 0  # type: ignore[arg-type]  # a number
        elif question.level == "ranking":
            inside = True
        else:
            labels: Iterable[Any] = value if isinstance(value, frozenset) else (value,)
            inside = universe.issuperset(labels)
        if inside:
            found[code] = value
    return found


def in_order(question: Question, values: Iterable[Value]) -> tuple[Value, ...]:
    """What a rating's codes point into: the labels, or the distinct ``values``, sorted."""
    if question.level in ("nominal", "ordinal"):
        return tuple(str(label) for label in question.labels)
    key: Any = _set_order if question.level == "set" else None
    return tuple(sorted(set(values), key=key))


def refuse_idle_mappings(s: Submissions, map_labels: Mapping[tuple[str, str], str]) -> None:
    """Refuse a mapping of a label that nobody gave: most likely it is misspelt.

    Raises:
        SettingsError: no answer to the question carries the label.
    """
    for (question, old), new in map_labels.items():
        given: set[str] = set()
        for asked, codes in zip(s.questions, s.values, strict=True):
            if question in ("", asked.name):
                for value in codes:
                    given.update(
                        map(label_text, value if isinstance(value, frozenset) else [value])
                    )
        if old not in given:
            near = difflib.get_close_matches(old, sorted(given), 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise SettingsError(
                f"--map-label {question + ':' if question else ''}{old}={new}: no answer"
                f" is {old!r}{hint}"
            )


def in_config(s: Submissions, map_labels: Mapping[tuple[str, str], str]) -> list[NDArray[np.bool_]]:
    """Per question, which source codes are labels of the config (all, where there is none)."""
    found: list[NDArray[np.bool_]] = []
    for question, codes in zip(s.questions, s.values, strict=True):
        inside = np.ones(len(codes), bool)
        if question.labels_source == "config":
            known = set(question.labels)
            for code, value in enumerate(codes):
                mapped = _mapped(value, question.name, map_labels)
                labels = mapped if isinstance(mapped, frozenset) else {field_text(mapped)}
                inside[code] = known.issuperset(labels)
        found.append(inside)
    return found


def _at_level(value: Value, question: Question) -> Value:
    """The value as the question's level has it: a number, a set, or a label as text."""
    if question.level in ("interval", "ratio"):
        return _number(value, question)
    return value if question.level in _SHAPES else field_text(value)


def _mapped(value: Value, question: str, table: Mapping[tuple[str, str], str]) -> Value:
    if not table:
        return value

    def one(label: Any) -> Any:
        return table.get((question, label), table.get(("", label), label))

    if isinstance(value, frozenset):
        return frozenset(one(v) if isinstance(v, str) else v for v in value)
    return value if isinstance(value, float | Ranking) else str(one(value))


def _universe(
    question: Question, level: Level, values: list[Value], *, explicit: bool
) -> tuple[Question, tuple[Value, ...]]:
    """The question at its final level, and the values that its codes will point into."""
    if level != question.level and {level, question.level} & _SHAPES.keys():
        if not explicit:  # `--level ordinal` for all leaves multiple choice as it is
            level = question.level
        else:
            shape = _SHAPES.get(question.level, "a single value")
            raise SettingsError(
                f"--level {question.name}={level}: every answer to {question.name} is {shape}"
            )
    if level != question.level:
        question = replace(question, level=level, level_source="--level")
    if level in ("interval", "ratio"):
        numbers = sorted({_number(v, question) for v in values})
        if level == "ratio" and numbers and numbers[0] < 0:
            raise SettingsError(
                f"question {question.name} is ratio, which has no values below 0, but"
                f" {numbers[0]:g} occurs; measure it with --level {question.name}=interval"
            )
        return replace(question, labels=(), labels_source="observed"), tuple(numbers)
    if level == "ranking":
        return replace(question, labels=(), labels_source="observed"), in_order(question, values)
    if level == "set":
        sets = [value for value in values if isinstance(value, frozenset)]
        labels: tuple[Any, ...] = question.labels
        if question.labels_source == "observed":
            labels = tuple(sorted({label for value in sets for label in value}))
        inside = {value for value in sets if value <= set(labels)}
        return replace(question, labels=labels), tuple(sorted(inside, key=_set_order))
    if question.labels_source == "config":
        return question, tuple(str(label) for label in question.labels)
    observed = _ordered({field_text(v) for v in values}, question)
    return replace(question, labels=observed), observed


_SHAPES: Mapping[Level, str] = {"set": "a set of labels", "ranking": "a ranking"}
"""Levels whose answers have a shape of their own: no option turns one into another."""


def _set_order(value: Value) -> tuple[int, list[Any]]:
    assert isinstance(value, frozenset)
    return len(value), sorted(value)


_HUGE = 1e100
"""Squares and sums of larger numbers overflow; nobody labels with them."""


def _number(value: Value, question: Question) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]  # a set raises TypeError, as it should
    except (TypeError, ValueError):
        number = float("nan")
    if not abs(number) < _HUGE:
        raise SourceError(
            f"question {question.name} is {question.level}, but {value!r} is no number;"
            f" measure it with --level {question.name}=nominal"
        )
    return number


def _ordered(labels: set[str], question: Question) -> tuple[str, ...]:
    """Observed labels in order: numbers by size, words alphabetically (nominal only)."""
    if all(_is_number(label) for label in labels):
        return tuple(sorted(labels, key=lambda label: (float(label), label)))
    if question.level == "ordinal":
        raise SettingsError(
            f"question {question.name} is ordinal, but the order of its labels"
            f" ({', '.join(sorted(labels)[:5])}) is not known: give a --label-config"
            " that lists them in order"
        )
    return tuple(sorted(labels))


def _is_number(label: str) -> bool:
    try:
        return bool(np.isfinite(float(label)))
    except ValueError:
        return False
