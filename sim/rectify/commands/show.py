"""``rectify show``: parts of the model as tables: plan of a day, parameters, columns, sources, documents, and more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table as RichTable

from rectify.assembly import small
from rectify.commands.documents import document_lines
from rectify.configuration.composing import compose, compose_any
from rectify.configuration.run_config import RunConfig
from rectify.configuration.settings import Settings
from rectify.core.params import walk
from rectify.core.paths import config_root
from rectify.core.table import Table
from rectify.model import RectificationModel
from rectify.world.accounts import Accounts
from rectify.world.ledgers import Appeals, Cases, Decisions
from rectify.world.operators import Operators
from rectify.world.platforms import Platforms

Rows = list[dict[str, str]]

PLAN_ROWS = 100
"""Rows of the world that a day's plan is read off: enough for some to be open."""
TABLES: dict[str, type[Table]] = {
    "accounts": Accounts, "operators": Operators, "platforms": Platforms, "cases": Cases, "decisions": Decisions,
    "appeals": Appeals,
}  # fmt: skip


def plan(config: RunConfig) -> Rows:
    """The day in order: phase, process, what it does, columns it reads and writes."""
    return RectificationModel(small(config, PLAN_ROWS)).schedule.plan()


def params(config: Settings) -> Rows:
    """Every parameter: key, value, unit, role, source, meaning."""
    rows = []
    for path, group, name in walk(config):
        field = type(group).model_fields[name]
        about: dict[str, Any] = field.json_schema_extra  # type: ignore[assignment]
        rows.append(
            {
                "key": path,
                "value": str(getattr(group, name)),
                "unit": str(about["unit"]),
                "role": str(about["role"]),
                "source": group.source(name),
                "meaning": field.description or "",
            }
        )
    return rows


def columns(config: RunConfig) -> Rows:
    """Every column of every table: type, unit, meaning."""
    return [
        {"column": f"{table}.{name}", "type": column.dtype, "unit": column.unit, "meaning": column.meaning}
        for table, kind in TABLES.items()
        for name, column in kind.columns.items()
    ]


def sources(config: Settings) -> Rows:
    """Source keys: what they stand for, and how many parameters refer to each."""
    known = yaml.safe_load((config_root() / "sources.yaml").read_text(encoding="utf-8"))
    used: dict[str, int] = {}
    for _, group, name in walk(config):
        key = group.source(name).split(":")[0]
        used[key] = used.get(key, 0) + 1
    return [{"key": key, "parameters": str(used.get(key, 0)), "source": text} for key, text in known.items()]


def sanctions(config: RunConfig) -> Rows:
    """Every sanction: its label, how it is counted, and the effects that differ from none."""
    rows = []
    for name, sanction in sorted(config.sanctions.items()):
        effects = {
            field: value
            for field, value in sanction.model_dump(exclude={"label", "counted_as", "severity", "sources"}).items()
            if value != type(sanction).model_fields[field].default
        }
        rows.append(
            {
                "sanction": name,
                "label": sanction.label,
                "counted as": sanction.counted_as,
                "severity": f"{sanction.severity:g}",
                "effects": ", ".join(f"{field} {value}" for field, value in effects.items()),
            }
        )
    return rows


def kinds(config: RunConfig) -> Rows:
    """Every violation kind: whether it is in use, its basis, harm, and how it is found."""
    return [
        {
            "kind": name,
            "label": kind.label,
            "in use": "yes" if name in config.kinds_used else "no",
            "basis": kind.basis,
            "checked by": kind.checked_by.replace("_", " "),
            "harm": f"{kind.harm:g}",
            "attention": f"{kind.premium:g}",
            "d′": f"{kind.discriminability:g}",
        }
        for name, kind in sorted(config.kinds.items())
    ]


def documents(_: Settings) -> Rows:
    """What the documents say, line by line: mechanism, scenario, override that switches it off, test, metric."""
    return [
        {
            "document": line.document,
            "line": line.line,
            "mechanism": line.mechanism,
            "scenario": " ".join([line.scenario, *line.base]),
            "switched off by": " ".join(line.without),
            "test": line.test,
            "metric": line.metric,
        }
        for line in document_lines()
    ]


OF_ANY_MODEL: dict[str, Callable[[Settings], Rows]] = {"params": params, "sources": sources, "documents": documents}
TOPICS: dict[str, Callable[[RunConfig], Rows]] = {
    "plan": plan, "columns": columns, "sanctions": sanctions, "kinds": kinds, **OF_ANY_MODEL,
}  # fmt: skip


def show(topic: str, overrides: Sequence[str], config_folder: str | None = None) -> None:
    """Print one topic's table for the configuration that *overrides* make. Raises ``ConfigError`` for bad ones."""
    if topic in OF_ANY_MODEL:
        rows = OF_ANY_MODEL[topic](compose_any(overrides, config_folder))
    else:
        rows = TOPICS[topic](compose(overrides, config_folder))
    table = RichTable(title=TOPICS[topic].__doc__)
    for heading in rows[0] if rows else ():
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row.values())
    console = Console()
    if not console.is_terminal:
        console = Console(width=220)  # a pipe has no width of its own: keep rows on one line
    console.print(table)
