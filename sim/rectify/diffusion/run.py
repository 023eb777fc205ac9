"""A run of messages on a fixed graph: build the graph, make the steps, and put what they counted into tidy tables."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pandas as pd
import psutil

from rectify.audience.diffusion import Fading, MessageDiffusion, StepRecords
from rectify.audience.graph_file_params import graph_of_file
from rectify.audience.network import random_walk_growth
from rectify.core.errors import UserError
from rectify.core.kernel import use_threads
from rectify.core.notes import note
from rectify.core.quantity import present
from rectify.core.table import Array
from rectify.diffusion.config import DiffusionConfig
from rectify.diffusion.measures import METRICS, outcomes
from rectify.results import RunResult

PLATFORM = "network"
"""Name of the one platform in the tidy series."""

FIRST, LAST = 21, 60
"""Steps of the published mean: the first twenty fill the feeds."""

BYTES_PER_NODE = 500
"""Memory of an agent besides its feed and its follows, its messages included."""


def memory_needed(config: DiffusionConfig) -> int:
    """Bytes that a run of *config* takes at its peak, roughly."""
    audience = config.audience
    if audience.graph == "file":
        graph, _ = graph_of_file(audience)
        return graph.nodes * (BYTES_PER_NODE + 10 * audience.feed_length) + 16 * graph.edges
    return audience.nodes * (BYTES_PER_NODE + 10 * audience.feed_length + 16 * audience.k)


def tidy(records: StepRecords, start: np.datetime64) -> pd.DataFrame:
    """All counts as a tidy series (date, platform, kind, metric, value); step 1 falls on *start*.

    Counts stand under the platform ``network`` by kind, and as a total under ``all``, ``all``; levels under kind
    ``all``. *views* are messages in the feeds of agents that acted; ``prevalence`` is the illegal share of these, and
    ``feed_prevalence`` that of filled feed slots.
    """
    steps = len(records)

    def column(name: str) -> Array:
        return records.column(name).astype(np.float64)

    parts: list[tuple[str, str, str, Array]] = []
    for metric, of_all, illegal in (
        ("posts", "written", "written_illegal"),
        ("views", "impressions", "impressions_illegal"),
        ("messages_in_feeds", "distinct", "distinct_illegal"),
    ):
        parts.append((PLATFORM, "illegal", metric, column(illegal)))
        parts.append((PLATFORM, "lawful", metric, column(of_all) - column(illegal)))
        parts.append(("all", "all", metric, column(of_all)))
    for metric, name in (("posts_removed", "takedowns"), ("exposed_agents", "exposed")):
        parts.append((PLATFORM, "illegal", metric, column(name)))
        parts.append(("all", "all", metric, column(name)))
    views = column("impressions")
    taken_down = column("takedowns")
    for metric, values in (
        ("prevalence", np.divide(column("impressions_illegal"), views, out=np.zeros(steps), where=views > 0)),
        ("feed_prevalence", records.prevalence),
        ("takedown_delay", np.where(taken_down > 0, records.mean_takedown_age, np.nan)),
    ):
        parts += [(platform, "all", metric, values) for platform in (PLATFORM, "all")]
    table = pd.DataFrame(
        {
            "date": np.tile(start + np.arange(steps), len(parts)),
            "platform": pd.Categorical(np.repeat([part[0] for part in parts], steps)),
            "kind": pd.Categorical(np.repeat([part[1] for part in parts], steps)),
            "metric": pd.Categorical(np.repeat([part[2] for part in parts], steps)),
            "value": np.concatenate([part[3] for part in parts]),
        }
    )
    return table[table["value"].notna()].reset_index(drop=True)


def summarise(diffusion: MessageDiffusion, fading: Fading) -> dict[str, float]:
    """The run's numbers. ``prevalence_21_60`` is there only where the run has 60 steps.

    ``attention_half_life`` (steps) is that of :meth:`Fading.half_life`, over the same steps or, in a shorter run, all.
    """
    records = diffusion.records

    def total(name: str) -> float:
        return float(records.column(name).sum())

    summary = {
        "prevalence_mean": float(records.prevalence.mean()),
        "impressions_per_illegal_message": records.impressions_per_illegal(),
        "agents_reached_per_illegal_message": diffusion.reach(),
        "attention_half_life": fading.half_life(),
        "messages_total": total("written"),
        "illegal_messages_total": total("written_illegal"),
        "impressions_total": total("impressions"),
        "illegal_impressions_total": total("impressions_illegal"),
        "takedowns_total": total("takedowns"),
    }
    if len(records) >= LAST:
        summary = {f"prevalence_{FIRST}_{LAST}": records.mean_prevalence(FIRST, LAST), **summary}
    return summary


def run_diffusion(config: DiffusionConfig) -> RunResult[DiffusionConfig]:
    """Run *config*; says how a graph was read from a file as notes.

    Raises :class:`UserError` for a file that cannot be read, for want of memory, or where agents would act too often to
    be counted.
    """
    needed, at_hand = memory_needed(config), psutil.virtual_memory().available
    if needed > at_hand:
        read = config.audience.graph == "file"
        key = "audience.file: its" if read else f"audience.nodes: {config.audience.nodes:,}"
        raise UserError(
            f"{key} agents need about {needed / 2**30:,.1f} GiB of memory, "
            f"and this machine has {at_hand / 2**30:,.1f} GiB at hand"
        )
    started = perf_counter()
    threads = use_threads(config.threads or 1)
    audience = config.audience
    if audience.graph == "file":
        graph, remarks = graph_of_file(audience)
        remarks.append(f"audience.nodes, k and friend_probability: not used; the graph has {graph.nodes:,} agents")
        for remark in remarks:
            note(remark)
    else:
        graph = random_walk_growth(config.seed, audience.nodes, audience.k, audience.friend_probability)
    try:
        diffusion = MessageDiffusion(graph, audience, config.seed)
    except ValueError as error:
        raise UserError(f"audience: {error}") from None
    fading, before = Fading(), FIRST - 1 if config.steps >= LAST else 0
    diffusion.run(before)
    for _ in range(before, config.steps):
        diffusion.step()
        fading.observe(diffusion)
    known = outcomes(FIRST, LAST)
    summary, absent = present(summarise(diffusion, fading), known)
    return RunResult(
        given=config,
        series=tidy(diffusion.records, np.datetime64(config.start, "D")),
        summary=summary,
        absent=absent,
        published=pd.DataFrame(columns=["figure", "published", "simulated", "ratio"]),
        metrics=dict(METRICS),
        outcomes=known,
        accounts=graph.nodes,
        threads=threads,
        seconds=perf_counter() - started,
    )
