"""Results as plain values and back: what a dataclass says of its fields is the format.

A code means something beside its round only, so a document holds ids in its place. A field that
holds codes says so by its type (:data:`UnitCode`, :data:`RaterCode`, :data:`VoterCode`), wherever
it stands in it; everything else is written as it is. :func:`from_plain` is the inverse of
:func:`to_plain`, and takes nothing that does not fit.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import types
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import (
    Annotated,
    Any,
    Literal,
    NoReturn,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np

__all__ = [
    "Ids",
    "MisfitError",
    "RaterCode",
    "UnitCode",
    "VoterCode",
    "field_types",
    "from_plain",
    "plain",
    "to_plain",
]

T = TypeVar("T")

UnitCode = Annotated[int, "unit"]
RaterCode = Annotated[int, "rater"]
VoterCode = Annotated[int, "voter"]
"""Positions in ``Round.units``, ``Round.raters`` and ``Round.voters``."""


class Ids:
    """The ids of a round's units, raters and voters (raters first): code ↔ id."""

    def __init__(self, units: Sequence[str], raters: Sequence[str], voters: Sequence[str]) -> None:
        self.of = {"unit": units, "rater": raters, "voter": voters}
        self.codes = {
            kind: {name: code for code, name in enumerate(names)} for kind, names in self.of.items()
        }


class MisfitError(ValueError):
    """A value that is not what its place calls for; says where and why."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        self.where: list[str | int] = []

    def __str__(self) -> str:
        where = "".join(f"[{x}]" if isinstance(x, int) else f".{x}" for x in self.where)
        return f"{where.removeprefix('.')}: {self.problem}" if where else self.problem


# --- there -----------------------------------------------------------------------------------

Encoder = Callable[[Any, Ids], Any]


def to_plain(value: Any, kind: Any, ids: Ids) -> Any:
    """``value``, of the type ``kind``, as dicts, lists, texts, numbers and None; codes as ids."""
    return _encoder(kind)(value, ids)


@cache
def _encoder(kind: Any) -> Encoder:
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        what = parts[1]
        return lambda value, ids: ids.of[what][value]
    if origin in (Union, types.UnionType):
        some = [part for part in parts if part is not types.NoneType]
        if len(some) > 1:  # none of these holds codes
            return lambda value, _: plain(value)
        inner = _encoder(some[0])
        return lambda value, ids: None if value is None else inner(value, ids)
    if origin is tuple and parts[1:] == (...,):
        each = _encoder(parts[0])
        return lambda value, ids: [each(item, ids) for item in value]
    if origin in (dict, Mapping):
        key, item = map(_encoder, parts)
        return lambda value, ids: {str(key(k, ids)): item(v, ids) for k, v in value.items()}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        fields = {name: _encoder(hint) for name, hint in field_types(kind).items()}
        return lambda value, ids: {n: of(getattr(value, n), ids) for n, of in fields.items()}
    return lambda value, _: plain(value)


def plain(value: Any) -> Any:
    """``value`` in JSON's types: sets sorted, tuples as lists, numbers as Python's own."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return [plain(item) for item in sorted(value)]
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


# --- and back --------------------------------------------------------------------------------

Decoder = Callable[[Any, Ids], Any]

LARGEST = 2**64
"""No count, seed or number of a project is larger."""


def from_plain(value: Any, kind: type[T], ids: Ids) -> T:
    """What :func:`to_plain` made of a ``kind``. Fields that are not known are left out, and
    those that are missing have their default.

    Raises:
        MisfitError: it is none, or names a unit or a rater that ``ids`` do not have.
    """
    hint: Any = kind
    return cast("T", _decoder(hint)(value, ids))


@cache
def _decoder(kind: Any) -> Decoder:
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return partial(_code, what=parts[1])
    if origin is Literal:
        return partial(_one_of, allowed=frozenset(parts))
    if origin in (Union, types.UnionType):
        some = [_decoder(part) for part in parts if part is not types.NoneType]
        return partial(_either, some=some, none=types.NoneType in parts)
    if origin is tuple and parts[1:] == (...,):
        return partial(_tuple, each=_decoder(parts[0]))
    if origin is tuple:
        return partial(_parts, each=[*map(_decoder, parts)])
    if origin in (dict, Mapping):
        return partial(_mapping, key=_decoder(parts[0]), item=_decoder(parts[1]))
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        required = {
            f.name: f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
            for f in dataclasses.fields(kind)
            if f.init
        }
        hints = field_types(kind)
        fields = [(name, _decoder(hints[name]), needed) for name, needed in required.items()]
        return partial(_dataclass, kind=kind, fields=fields)
    return _SCALARS[kind]


def _code(value: Any, ids: Ids, *, what: str) -> int:
    code = ids.codes[what].get(value) if isinstance(value, str) else None
    if code is None:
        raise MisfitError(f"there is no {what} {_shown(value)} in the round")
    return code


def _one_of(value: Any, _: Ids, *, allowed: frozenset[str]) -> str:
    if isinstance(value, str) and value in allowed:
        return value
    raise MisfitError(f"{_shown(value)} is none of {', '.join(sorted(allowed))}")


def _either(value: Any, ids: Ids, *, some: list[Decoder], none: bool) -> Any:
    if value is None and none:
        return None
    for one in some[:-1]:
        try:
            return one(value, ids)
        except MisfitError:
            pass
    return some[-1](value, ids)


def _tuple(value: Any, ids: Ids, *, each: Decoder) -> tuple[Any, ...]:
    rows = _list(value)
    found: list[Any] = []
    try:
        found.extend(each(item, ids) for item in rows)
    except MisfitError as misfit:
        misfit.where.insert(0, len(found))
        raise
    return tuple(found)


def _parts(value: Any, ids: Ids, *, each: list[Decoder]) -> tuple[Any, ...]:
    if len(_list(value)) != len(each):
        raise MisfitError(f"{_shown(value)} does not have {len(each)} parts")
    return tuple(of(item, ids) for of, item in zip(each, value, strict=True))


def _mapping(value: Any, ids: Ids, *, key: Decoder, item: Decoder) -> dict[Any, Any]:
    found, name = {}, ""
    try:
        for name, told in _dict(value).items():
            found[key(name, ids)] = item(told, ids)
    except MisfitError as misfit:
        misfit.where.insert(0, name)
        raise
    return found


def _dataclass(
    value: Any, ids: Ids, *, kind: type[Any], fields: list[tuple[str, Decoder, bool]]
) -> Any:
    told, found, name = _dict(value), {}, ""
    try:
        for name, decode, needed in fields:
            if name in told:
                found[name] = decode(told[name], ids)
            elif needed:
                _missing()
    except MisfitError as misfit:
        misfit.where.insert(0, name)
        raise
    return kind(**found)


def _missing() -> NoReturn:
    raise MisfitError("is missing")


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    raise MisfitError(f"{_shown(value)} is no list")


def _dict(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise MisfitError(f"{_shown(value)} is no object")


def _text(value: Any, _: Ids) -> str:
    if isinstance(value, str):
        return value
    raise MisfitError(f"{_shown(value)} is no text")


def _truth(value: Any, _: Ids) -> bool:
    if isinstance(value, bool):
        return value
    raise MisfitError(f"{_shown(value)} is neither true nor false")


def _whole(value: Any, _: Ids) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST:
        return value
    raise MisfitError(f"{_shown(value)} is no whole number")


def _number(value: Any, _: Ids) -> float:
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST:
        return value
    raise MisfitError(f"{_shown(value)} is no number")


def _date(value: Any, ids: Ids) -> dt.date:
    try:
        return dt.date.fromisoformat(_text(value, ids))
    except ValueError:
        raise MisfitError(f"{_shown(value)} is no date") from None


def _anything(value: Any, _: Ids) -> Any:
    return value


_SCALARS: dict[Any, Decoder] = {
    str: _text,
    bool: _truth,
    int: _whole,
    float: _number,
    dt.date: _date,
    Any: _anything,
}


def _shown(value: Any) -> str:
    return (
        "an object"
        if isinstance(value, dict)
        else "a list"
        if isinstance(value, list)
        else ("null" if value is None else repr(value)[:60])
    )


@cache
def field_types(kind: Any) -> dict[str, Any]:
    """Field → type of a dataclass, with what is a code marked as such."""
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}
