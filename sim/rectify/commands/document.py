"""Keeping ``sim/README.md`` true: its tables are generated from the code, between markers, and tested for staleness.

Run ``python -m rectify.commands.document`` (or ``make docs``) after a change to what they show.
"""

from __future__ import annotations

import inspect
import re

import rectify
from rectify.commands.show import OF_ANY_MODEL, TOPICS, Rows
from rectify.configuration.composing import compose, compose_any, options
from rectify.configuration.run_config import RunConfig
from rectify.configuration.settings import Settings
from rectify.core.paths import CHECKOUT, config_root
from rectify.core.quantity import NUMBERS
from rectify.detection.catalogue import CHANNELS
from rectify.metrics.catalogue import all_metrics
from rectify.metrics.outcomes import OF_AUTHORS, OF_RETURNS, OF_THE_RUN, REBOUND, TARGET_ABSENT, TARGETED
from rectify.parquet import CURVES, SERIES
from rectify.policy.kinds import compile_kinds
from rectify.policy.sanctions import compile_sanctions
from rectify.study.stored import run_columns

README = CHECKOUT / "sim" / "README.md"
NAMED_GROUPS = ("archetypes", "platforms", "kinds", "sanctions", "campaigns", "offices", "seasons", "events")
"""Groups whose entries are named by their YAML files: their parameters are described once for all entries."""
NAMED_PARTS = {"published", "meetings", "terms"}
"""Parts of a campaign whose entries are named likewise."""

MARKED = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end of generated -->)", re.DOTALL)


def metrics(config: RunConfig) -> Rows:
    """Every metric: name, unit, kind of number, whether it scales, how it is broken down, meaning."""
    sanctions = compile_sanctions(config.sanctions, compile_kinds(config.kinds, config.kinds_used))
    channels = [(channel.name, channel.label) for channel in CHANNELS]
    return [
        {
            "metric": metric.name,
            "unit": metric.unit,
            "number": metric.number,
            "scales": "yes" if metric.scales else "no",
            "by": "platform and kind" if metric.by == "kind" else "platform",
            "meaning": metric.meaning,
        }
        for metric in all_metrics(sanctions, with_feeds=True, with_channels=channels)
    ]


def numbers(_: RunConfig) -> Rows:
    """Every kind of number, and over what it adds up."""
    return [{"number": name, "meaning": meaning} for name, meaning in NUMBERS.items()]


def outcomes(_: RunConfig) -> Rows:
    """Numbers of the summary that are no statistic of a metric; CAMPAIGN and others in capitals stand for a name."""
    of_campaigns = {f"CAMPAIGN.{name}": scalar for name, scalar in REBOUND.items()}
    rows = [
        {
            "name": name,
            "unit": scalar.unit,
            "number": scalar.number,
            "scales": "yes" if scalar.scales_with_population else "no",
            "meaning": scalar.meaning,
            "absent when": scalar.absent_when,
        }
        for name, scalar in {**OF_THE_RUN, **OF_AUTHORS, **OF_RETURNS, **of_campaigns}.items()
    ]
    of_its_metric = {"unit": "of the metric", "number": "of the metric", "scales": "as the metric"}
    rows += [
        {"name": f"CAMPAIGN.target.TARGET_{when}", **of_its_metric, "meaning": f"The target's metric. {words}",
         "absent when": TARGET_ABSENT}
        for when, words in TARGETED.items()
    ]  # fmt: skip
    words = "What is to be set beside the published figure of that name."
    of_figure = {"unit": "accounts or posts", "number": "count", "scales": "yes", "meaning": words, "absent when": ""}
    return [*rows, {"name": "published.FIGURE", **of_figure}]


def tables(_: RunConfig) -> Rows:
    """Columns of all Parquet tables; FACTOR and OUTCOME stand for the names that an experiment gives."""
    files = {
        "series.parquet": SERIES,
        "runs-*.parquet": run_columns({"FACTOR": ("Value of the factor; none in the reference.", "")}, ["OUTCOME"], {}),
        "curves-*.parquet": CURVES,
    }
    return [
        {"file": file, "column": name, "holds": column.kind, "unit": column.unit, "meaning": column.meaning}
        for file, columns in files.items()
        for name, column in columns.items()
    ]


def parameters(config: Settings) -> Rows:
    """Every parameter's meaning, once: ``*`` stands for a name; single values with their sources, others in YAML."""
    rows: dict[str, dict[str, str]] = {}
    for row in OF_ANY_MODEL["params"](config):
        parts = row["key"].split(".")
        named = parts[0] in NAMED_GROUPS
        if named:
            parts[1] = "*"
        if len(parts) > 3 and parts[2] in NAMED_PARTS:
            parts[3] = "*"
        key = ".".join(parts)
        value, source = ("", "see configs/") if named else (row["value"], row["source"])
        rows[key] = {**row, "key": key, "value": value, "source": source}
    return list(rows.values())


def all_parameters(config: RunConfig) -> Rows:
    """The same with those that only other scenarios of accounts use."""
    rows = {row["key"]: row for row in parameters(config)}
    for scenario in options("scenario", [config_root()]):
        other = compose_any([f"scenario={scenario}"])
        if isinstance(other, RunConfig):
            rows = {row["key"]: row for row in parameters(other)} | rows
    return sorted(rows.values(), key=lambda row: list(RunConfig.model_fields).index(row["key"].split(".")[0]))


def message_parameters(_: RunConfig) -> Rows:
    """The same for runs of messages on a fixed graph."""
    return parameters(compose_any(["scenario=takedown_docking"]))


def public(_: RunConfig) -> Rows:
    """Every name that the package offers: how it is called, and what it is."""
    rows = []
    for name in rectify.__all__:
        offered = getattr(rectify, name)
        called = "" if inspect.isclass(offered) else f"({', '.join(inspect.signature(offered).parameters)})"
        meaning = (inspect.getdoc(offered) or "").split("\n\n")[0].replace("\n", " ").replace("``", "`")
        rows.append({"name": f"`rectify.{name}{called}`", "what it is": re.sub(r":\w+:`([^`]*)`", r"`\1`", meaning)})
    return rows


def markdown(rows: Rows) -> str:
    """Rows as a Markdown table."""
    if not rows:
        return ""
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row.values()) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def render(text: str) -> str:
    """*text* with every generated table made anew. Raises ``KeyError`` for a marker that names no topic."""
    config = compose()
    topics = {
        **TOPICS,
        "metrics": metrics,
        "numbers": numbers,
        "outcomes": outcomes,
        "tables": tables,
        "params": all_parameters,
        "message_params": message_parameters,
        "public": public,
    }
    return MARKED.sub(lambda found: found[1] + markdown(topics[found[2]](config)) + found[3], text)


if __name__ == "__main__":
    README.write_text(render(README.read_text(encoding="utf-8")), encoding="utf-8")
