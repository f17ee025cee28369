"""``labelq.toml`` and the command line → typed settings.

The file holds the long options of ``labelq audit`` by their names, with underscores, and with
the same syntax; an option given on the command line wins. A list replaces, it does not add::

    # labelq.toml
    label_config = "label_config.xml"
    level = ["urgency=ordinal"]
    fail_under = ["category:krippendorff_alpha=.667"]
"""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from labelq.errors import SettingsError

FILE_NAME = "labelq.toml"


@dataclass(frozen=True, slots=True)
class GateRule:
    """``[QUESTION:]METRIC=VALUE``: the interval's lower end must reach ``at_least``.

    With ``change`` (``METRIC.change``) it is the interval of the difference from an earlier round.
    """

    question: str | None
    metric: str
    at_least: float
    change: bool = False


CHANGE = ".change"
"""Behind a metric: the difference from an earlier round."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What more labels may cost: ``labels`` answers, or ``seconds`` of people's time."""

    labels: int | None = None
    seconds: float | None = None


CostTable = Mapping[str, Mapping[str, float] | float]
"""label → other label → number; "*" → the number of all pairs that are not named."""


INTERVALS = ("jackknife", "percentile", "bca", "analytic")
"""How intervals are made; the same names as in ``labelq.measure.intervals.plan``."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be chosen for an audit, with its default."""

    url: str | None = None
    ca_bundle: Path | None = None
    project: tuple[int, ...] = ()
    view: int | None = None
    queues: bool = True
    join: str | None = None
    rater_from: str | None = None
    reviewer: tuple[str, ...] = ()
    round: str | None = None
    label_config: Path | None = None
    guideline: Path | None = None
    adjudicated: Path | None = None
    sections: Mapping[str, str] = field(default_factory=dict)
    decisions: Path | None = None
    text_field: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    level: Mapping[str, str] = field(default_factory=dict)
    map_label: Mapping[tuple[str, str], str] = field(default_factory=dict)
    cost: Mapping[str, Path | CostTable] = field(default_factory=dict)
    weight: Mapping[str, Path | CostTable] = field(default_factory=dict)
    since: str | None = None
    until: str | None = None
    where: tuple[tuple[str, str], ...] = ()
    exclude: tuple[str, ...] = ()
    skip_bad_records: bool = False
    resamples: int = 2000
    seed: int = 0
    confidence: float = 0.95
    interval: Literal["jackknife", "percentile", "bca", "analytic"] = "jackknife"
    group: str | None = None
    resample_raters: bool = False
    reliable_from: float = 0.8
    tentative_from: float = 0.667
    fail_under: tuple[GateRule, ...] = ()
    against: Path | None = None
    cross_check: bool | None = None
    embedder: Path | None = None
    budget: Budget | None = None
    raters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    out: Path | None = None
    replace: bool = False
    names: bool = False
    no_text: bool = False


PATHS = (
    "label_config", "guideline", "decisions", "adjudicated", "against", "out", "ca_bundle",
    "embedder",
)  # fmt: skip

SWITCHES = (
    "skip_bad_records", "replace", "names", "no_text", "cross_check", "queues", "resample_raters",
)  # fmt: skip


def load(file: Path | None, options: Mapping[str, Any]) -> Settings:
    """Settings from ``file`` (default: ``labelq.toml`` here, if there is one) and ``options``.

    ``options`` are those given on the command line, by name; None and () mean not given.

    Raises:
        SettingsError: a setting is unknown or malformed; the line says which and where.
    """
    chosen: dict[str, Any] = {}
    path = file or Path(FILE_NAME)
    if file is not None or path.is_file():
        for name, value in _with_sections(_read(path), path).items():
            chosen[name] = _parse(name, value, where=f"{path}: {name}", base=path.parent)
    for name, value in options.items():
        if value is not None and value != ():
            option = {"since": "from", "until": "to"}.get(name, name)
            chosen[name] = _parse(name, value, where=f"--{option.replace('_', '-')}", base=None)
    settings = Settings(**chosen)
    if not settings.tentative_from <= settings.reliable_from <= 1:
        raise SettingsError(
            f"--tentative-from {settings.tentative_from} must not exceed --reliable-from"
            f" {settings.reliable_from}, and neither may exceed 1"
        )
    if settings.against is None and any(rule.change for rule in settings.fail_under):
        raise SettingsError(
            "--fail-under: a change is measured against an earlier audit; name it by --against DIR"
        )
    return settings


def _with_sections(document: dict[str, Any], path: Path) -> dict[str, Any]:
    """``[guideline]`` may be a table of its ``file`` and ``sections`` (label → heading)."""
    told = document.get("guideline")
    if not isinstance(told, dict):
        return document
    for name in told:
        if name not in ("file", "sections"):
            raise SettingsError(f"{path}: guideline.{name}: known are file and sections")
    rest = {name: value for name, value in document.items() if name != "guideline"}
    file = {"guideline": told["file"]} if "file" in told else {}
    return rest | file | ({"sections": told["sections"]} if "sections" in told else {})


def _read(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None
    known = [f.name for f in fields(Settings) if f.name != "sections"]
    for name in document:
        if name in ("api_key", "token"):
            raise SettingsError(
                f"{path}: {name}: a key never stands in a file; set LABEL_STUDIO_API_KEY"
            )
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise SettingsError(
                f"{path}: unknown setting {name}{hint or '; known: ' + ', '.join(known)}"
            )
    return document


def _parse(name: str, value: Any, *, where: str, base: Path | None) -> Any:
    """One setting in its final type. Paths in a file are relative to the file."""
    if name in PATHS:
        path = Path(_text(value, where))
        return path if base is None else base / path
    if name in SWITCHES:
        if not isinstance(value, bool):
            raise SettingsError(f"{where}: must be true or false")
        return value
    if name in ("resamples", "seed"):
        most = 1_000_000 if name == "resamples" else 2**63 - 1
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise SettingsError(f"{where}: must be a whole number from 0 to {most:,}")
        return value
    if name == "project":
        ids = value if isinstance(value, (list, tuple)) else [value]
        return tuple(dict.fromkeys(_number(item, where) for item in ids))
    if name == "view":
        return _number(value, where)
    if name == "reviewer":
        return tuple(_texts(value, where))
    if name == "interval":
        if value not in INTERVALS:
            raise SettingsError(f"{where} {value}: can only be {', '.join(INTERVALS)}")
        return value
    if name == "rater_from":
        if value != "filename":
            raise SettingsError(f"{where} {value}: can only be filename")
        return "filename"
    if name in ("confidence", "reliable_from", "tentative_from"):
        return _share(value, where)
    if name == "columns":
        parts = [part for item in _texts(value, where) for part in item.split(",")]
        return dict(_pair(part, where, "unit=task_id,rater=worker") for part in parts)
    if name == "where":
        return tuple(_pair(item, where, "channel=email") for item in _texts(value, where))
    if name == "level":
        return dict(_level(item, where) for item in _texts(value, where))
    if name == "map_label":
        return dict(_label(item, where) for item in _texts(value, where))
    if name == "sections":
        if not isinstance(value, dict):
            raise SettingsError(f'{where}: write it as a table: Refund = "Money back"')
        return {label: _text(heading, f"{where}.{label}") for label, heading in value.items()}
    if name in ("cost", "weight"):
        return _matrices(value, where, base)
    if name == "fail_under":
        return tuple(_gate(item, where) for item in _texts(value, where))
    if name == "budget":
        return _budget(value, where)
    if name == "raters":
        return _raters(value, where)
    if name == "exclude":
        return _exclude(_texts(value, where), where)
    return _text(str(value) if name in ("since", "until") else value, where)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, (str, Path)) or not str(value):
        raise SettingsError(f"{where}: must be a text")
    return str(value)


def _texts(value: Any, where: str) -> list[str]:
    items: Iterable[Any] = value if isinstance(value, (list, tuple)) else [value]
    return [_text(item, where) for item in items]


def _number(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise SettingsError(f"{where}: must be the number in its address in Label Studio")
    return value


def _share(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1:
        raise SettingsError(f"{where}: must be a number between 0 and 1")
    return float(value)


def _pair(text: str, where: str, example: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise SettingsError(f"{where} {text}: write it as {example}")
    return name.strip(), value.strip()


def _level(text: str, where: str) -> tuple[str, str]:
    question, equals, level = text.rpartition("=")
    if equals and not question:
        raise SettingsError(f"{where} {text}: write it as urgency=ordinal, or ordinal for all")
    return question, level


def _label(text: str, where: str) -> tuple[tuple[str, str], str]:
    old, new = _pair(text, where, "category:Refunds=Refund")
    question, _, label = old.rpartition(":")
    return (question, label), new


def _matrices(value: Any, where: str, base: Path | None) -> dict[str, Path | CostTable]:
    """Per question a file, or the matrix itself as nested tables."""
    if not isinstance(value, dict):
        pairs = [_pair(text, where, "category=costs.csv") for text in _texts(value, where)]
        return {question: Path(_text(file, where)) for question, file in pairs}
    found: dict[str, Path | CostTable] = {}
    for question, given in value.items():
        here = f"{where}.{question}"
        if isinstance(given, str):
            found[question] = (base or Path()) / _text(given, here)
        elif isinstance(given, dict):
            found[question] = {label: _row(label, row, here) for label, row in given.items()}
        else:
            raise SettingsError(f"{here}: must be a file or a table of labels")
    return found


def _row(label: str, row: Any, where: str) -> Mapping[str, float] | float:
    """One label against the others; ``*`` stands for all pairs that are not named."""
    if label == "*" and not isinstance(row, dict):
        return _any_number(row, f"{where}.{label}")
    if not isinstance(row, dict):
        raise SettingsError(f"{where}.{label}: write it as {{ OtherLabel = 0.5 }}")
    return {other: _any_number(x, f"{where}.{label}.{other}") for other, x in row.items()}


def _any_number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise SettingsError(f"{where}: must be a number")
    return float(value)


def _gate(text: str, where: str) -> GateRule:
    left, right = _pair(text, where, "category:krippendorff_alpha=.667")
    question, _, metric = left.rpartition(":")
    name = metric.removesuffix(CHANGE)
    try:
        at_least = float(right)
    except ValueError:
        at_least = math.nan
    if not math.isfinite(at_least):
        raise SettingsError(f"{where} {text}: {right!r} is not a number")
    return GateRule(question or None, name, at_least, change=name != metric)


def _budget(value: Any, where: str) -> Budget:
    text = str(value).strip().lower() if isinstance(value, str | int) else ""
    number, unit = (text[:-1], text[-1]) if text[-1:] in ("h", "m") else (text, "")
    try:
        amount = float(number)
    except ValueError:
        amount = math.nan
    if isinstance(value, bool) or not 0 < amount <= 1e9 or (not unit and amount % 1):
        raise SettingsError(f"{where} {value}: write labels as 400, or people's time as 6h or 90m")
    if unit:
        return Budget(seconds=amount * (3600 if unit == "h" else 60))
    return Budget(labels=int(amount))


def _raters(value: Any, where: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict) or set(value) - {"active"}:
        raise SettingsError(f'{where}: write it as [raters] and active = ["ann@example.com"]')
    return {name: tuple(_texts(ids, f"{where}.{name}")) for name, ids in value.items()}


def _exclude(items: list[str], where: str) -> tuple[str, ...]:
    chosen = tuple(part.strip() for item in items for part in item.split(","))
    for part in chosen:
        if part not in ("edited", "prelabeled"):
            raise SettingsError(f"{where} {part}: can exclude edited, prelabeled, or both")
    return chosen
