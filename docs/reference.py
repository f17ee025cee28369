"""Write the reference pages that are generated: ``make docs``. A test checks they are current.

- ``cli.md``: every command with its ``--help``
- ``coefficients.md``: every registered metric with its convention and reference
- ``control-tags.md``: every Label Studio tag that is read
- ``audit.schema.json``: what may stand where in ``audit.json``
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import click

HERE = Path(__file__).parent


def cli() -> str:
    """Every command with its ``--help``, as a person with an 80-column terminal sees it."""
    from labelq.cli import labelq

    parts = [
        "# Command line\n",
        (
            "Generated from the commands by `make docs`. Exit codes: 0 done; 1 audited and below a"
            " gate; 2 bad usage or input (one line on stderr); 3 internal error; 130 interrupted.\n"
        ),
    ]
    pages: list[tuple[str, click.Command]] = [("labelq", labelq)]
    for name, command in sorted(labelq.commands.items()):
        pages.append((f"labelq {name}", command))
        if isinstance(command, click.Group):
            pages += [
                (f"labelq {name} {below}", command.commands[below]) for below in command.commands
            ]
    for name, command in pages:
        context = click.Context(command, info_name=name, max_content_width=80, terminal_width=80)
        context.help_option_names = ["-h", "--help"]
        parts.append(f"## `{name}`\n\n```text\n{command.get_help(context).rstrip()}\n```\n")
    return "\n".join(parts)


def coefficients() -> str:
    """Every registered metric: what it says, how, its other names, variants, convention."""
    from labelq.measure.metric import COST
    from labelq.measure.registry import METRICS

    parts = [
        "# Coefficients\n",
        (
            "Generated from `labelq/measure/registry.py` by `make docs`. Names hide different"
            " formulas; this page says which ones labelq means. What every number shares"
            " (intervals, reasons, verdicts) is in [method.md](method.md). `labelq agreement"
            " --metric NAME` takes any of the names; `--all` computes everything. An audit shows"
            " the metrics and weights that are not marked *on request*.\n"
        ),
    ]
    for metric in METRICS:
        levels = ", ".join(
            f"{level} ({', '.join(variant or 'unweighted' for variant in variants)})"
            if variants != (None,)
            else level
            for level, variants in metric.variants.items()
        )
        more = ", ".join(
            f"{level} ({', '.join(variant or 'unweighted' for variant in variants)})"
            for level, variants in metric.more.items()
        )
        if more:
            levels += f"; on request {more}"
        if metric.of_paths:
            levels += f"; taxonomies also {', '.join(metric.of_paths)} (depth_1, depth_2 …)"
        if metric.pairwise:
            levels += "; preferences between two sides"
        if metric.takes_costs:
            levels += f"; {COST}, where the labels have costs"
        per_label = metric.per_label_convention or "none: the literature defines none"
        aliases = f"- **Also called:** {'; '.join(metric.aliases)}\n" if metric.aliases else ""
        request = "" if metric.shown else " *On request.*"
        parts.append(
            f"## `{metric.name}`: {metric.title}\n\n"
            f"{metric.words}{request}\n\n"
            f"```text\n{metric.formula}\n```\n\n"
            f"{aliases}"
            f"- **Levels:** {levels}\n"
            f"- **Convention:** {metric.convention}\n"
            f"- **Per label:** {per_label}\n"
            f"- **Missing ratings:** {'taken as they are' if metric.missing else 'not allowed'}\n"
            f"- **Reference:** {metric.reference}\n"
        )
    return "\n".join(parts)


def control_tags() -> str:
    """Every Label Studio tag that is read, with the level it is measured at."""
    from labelq.label_studio.control_tags import CONTROL_TAGS

    rows = "\n".join(
        f"| `{tag.tag}` | `{tag.result_type}` | `{tag.value_key}` | {tag.level} |"
        for tag in CONTROL_TAGS
    )
    return (
        "# Control tags\n\n"
        "Generated from `labelq/label_studio/control_tags.py` by `make docs`. Every other tag"
        " in a source is listed in the audit as not measured yet, with its count.\n\n"
        "| tag | result type | value at | default level |\n|---|---|---|---|\n" + rows + "\n"
    )


def audit_schema() -> str:
    """The JSON Schema of ``audit.json``, from the dataclasses that it is written from.

    Unknown fields are allowed: within a version fields may be added. Fields with a default were
    added within the version, so that they need not be there.
    """
    from labelq.report.document import SCHEMA, Document

    definitions: dict[str, Any] = {}
    root = _schema(Document, definitions)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"audit.json of labelq ({SCHEMA})",
        "description": "Generated by `make docs`; audit-json.md says what the fields mean.",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


_SCALARS = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def _schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of one type; those of dataclasses go to ``definitions``."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return {"type": "string", "description": f"id of a {parts[1]}"}
    if origin is Literal:
        return {"enum": list(parts)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(part, definitions) for part in parts]}
    if origin is tuple and parts[1:] == (...,):
        return {"type": "array", "items": _schema(parts[0], definitions)}
    if origin is tuple:
        each = [_schema(part, definitions) for part in parts]
        return {"type": "array", "prefixItems": each, "minItems": len(each), "items": False}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _schema(parts[1], definitions)}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        name = f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"
        if name not in definitions:
            definitions[name] = {}  # one that holds itself would find it here
            definitions[name] |= _object(kind, definitions)
        return {"$ref": f"#/$defs/{name}"}
    if kind is dt.date:
        return {"type": "string", "format": "date"}
    return {"type": _SCALARS[kind]}


def _object(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    from labelq.labels.plain import field_types

    missing = dataclasses.MISSING
    required = [
        f.name
        for f in dataclasses.fields(kind)
        if f.default is missing and f.default_factory is missing
    ]
    summary = (kind.__doc__ or "").partition("\n\n")[0]
    properties = {name: _schema(told, definitions) for name, told in field_types(kind).items()}
    return {
        "description": " ".join(summary.split()),
        "type": "object",
        "properties": properties,
        "required": required,
    }


PAGES = {
    "cli.md": cli,
    "coefficients.md": coefficients,
    "control-tags.md": control_tags,
    "audit.schema.json": audit_schema,
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
        print(f"docs/{name}")
