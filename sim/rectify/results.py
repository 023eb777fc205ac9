"""RunResult: what any run gives, whatever it simulates, fresh from the model or read back from its folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import pandas as pd

from rectify.configuration.settings import Settings
from rectify.core.errors import UserError, unknown
from rectify.core.quantity import Quantity, Scalar
from rectify.core.showing import Figures, as_html

Part = Literal["platform", "kind"]

ALL = "all"
TELLING = (
    "prevalence_mean", "harm_total", "closed_total", "wrongly_closed_total", "lesser_total", "returned_share",
    "reversals_total", "posts_unwritten_total",
)  # fmt: skip
"""Outcomes that a notebook shows of a run, where it has them."""
SHOWN_AT_MOST = 8


def curves_of(series: pd.DataFrame, metrics: dict[str, Quantity], metric: str, by: Part | None = None) -> pd.DataFrame:
    """Daily values of one *metric* of tidy *series*; see :meth:`RunResult.curves`."""
    known = metrics or dict.fromkeys(map(str, series["metric"].unique()))
    if metric not in known:
        raise UserError(unknown("curves", metric, known))
    about = metrics.get(metric)
    if by is not None and by not in ("platform", "kind"):
        raise UserError(unknown("curves: by", by, ("platform", "kind")))
    if about is not None and by is not None and by not in about.by:
        raise UserError(f"curves: {metric} is not known by {by}; by {' and '.join(about.by) or 'nothing'}")
    rows = series[series["metric"] == metric]
    whole = (rows["platform"] == ALL) & (rows["kind"] == ALL)
    table = rows[whole].set_index("date")[["value"]].rename(columns={"value": ALL})
    if by is not None:
        parts = rows[~whole].pivot_table(index="date", columns=by, values="value", aggfunc="sum", observed=True)
        parts.columns = [str(name) for name in parts.columns]
        table = table.join(parts)[[*parts.columns, ALL]]
    table.attrs = {"metric": metric, **({"unit": about.unit, "meaning": about.meaning} if about is not None else {})}
    return table


@dataclass(frozen=True)
class StoredConfig[Config: Settings]:
    """The plain values of a configuration that was read from a file, and what validates them when it is asked for."""

    values: dict[str, Any]
    validate: Callable[[dict[str, Any]], Config]

    @cached_property
    def config(self) -> Config:
        """The configuration. Raises ``ConfigError`` where this version of Rectify does not take it."""
        return self.validate(self.values)


@dataclass(frozen=True, repr=False, eq=False)
class RunResult[Config: Settings]:
    """What a run gives: ``series`` (tidy: date, platform, kind, metric, value), ``summary`` and ``published``.

    absent: why a number is not in the summary that could be. metrics, outcomes: what the numbers of the series and of
    the summary are. All by name. folder: where it is stored; None: nowhere.

    >>> import rectify
    >>> result = rectify.run(["campaign=none", "population.accounts=300", "end=2023-01-07", "burn_in_days=0"])
    >>> result
    <RunResult selfmedia_2023: 7 days, seed 1, 300 accounts>
    >>> result.curves("prevalence").index[-1].date().isoformat()
    '2023-01-07'
    """

    given: Config | StoredConfig[Config]
    series: pd.DataFrame
    summary: dict[str, float]
    absent: dict[str, str]
    published: pd.DataFrame
    metrics: dict[str, Quantity]
    outcomes: dict[str, Scalar]
    accounts: int
    threads: int
    seconds: float
    folder: Path | None = None

    @property
    def config(self) -> Config:
        """The run's configuration.

        Raises ``ConfigError`` where it was stored, and this version of Rectify does not take it any more, an input file
        has changed, or it needs a plug-in that was not named.
        """
        return self.given.config if isinstance(self.given, StoredConfig) else self.given

    @property
    def values(self) -> dict[str, Any]:
        """The configuration in plain values, as ``config.yaml`` holds it."""
        return dict(self.given.values) if isinstance(self.given, StoredConfig) else self.given.model_dump(mode="json")

    def curves(self, metric: str, by: Part | None = None) -> pd.DataFrame:
        """Daily values of one *metric*, float64: a row a date, and a column ``all`` for all platforms and kinds.

        *by*: ``platform`` or ``kind``, for a column of each besides; counts are summed over the other, and a part in
        which they are zero on every day has no column. A census has rows on its days alone. ``attrs`` holds the
        metric's name, unit and meaning. Raises :class:`UserError` for a metric that is not known, or not by that part.
        """
        return curves_of(self.series, self.metrics, metric, by)

    def save(self, output: str | Path | None = None, *, figures: bool = True) -> Self:
        """Write the result folder ``output/name/identity/seed=n``; the same result, which knows its folder now.

        *output*: by default the configuration's. *figures*: draw them too. A folder that is there already is replaced
        when the new one is complete. Raises :class:`UserError` where it cannot be written.
        """
        from rectify.report.figures import draw_all  # matplotlib takes a while to load
        from rectify.store import new_folder, run_folder, write_tables

        config = self.config
        if output is not None:
            config = config.model_copy(update={"output": str(output)})
        final = run_folder(config.output, config.name, config.identity, config.seed)
        with new_folder(final) as folder:
            write_tables(
                folder,
                config=config.model_dump(mode="json"),
                series=self.series,
                summary=self.summary,
                absent=self.absent,
                published=self.published,
                metrics=self.metrics,
                outcomes=self.outcomes,
                about={
                    "name": config.name,
                    "identity": config.identity,
                    "seed": config.seed,
                    "inputs": {key: file.model_dump() for key, file in config.inputs.items()},
                    "accounts": self.accounts,
                    "threads": self.threads,
                    "seconds": round(self.seconds, 3),
                },
            )
            if figures:
                draw_all(folder)
        return replace(self, given=config, folder=final)

    def draw(self, *names: str) -> Figures:
        """Draw figures from what is stored into ``folder/figures``, as PNG and SVG: those called *names*, or all.

        Returns their paths. Raises :class:`UserError` for a result that is not stored, and an unknown name.
        """
        from rectify.report.figures import draw_all

        if self.folder is None:
            raise UserError(
                "draw: figures are drawn from what is stored, and this result is not; save it first: save()"
            )
        return Figures(draw_all(self.folder, names or None))

    def shown(self, name: str) -> str:
        """A number of the summary in few digits, or why there is none."""
        if name not in self.summary:
            return f"none: {self.absent[name]}"
        value, about = self.summary[name], self.outcomes.get(name)
        if about is not None and about.is_share:
            return f"{value:.2%}"
        return f"{value:,.0f}" if about is not None and about.number != "level" else f"{value:.6g}"

    def _facts(self) -> dict[str, Any]:
        of = self.given.values if isinstance(self.given, StoredConfig) else vars(self.given)
        days = self.series["date"].nunique()
        return {"name": of["name"], "title": of["title"], "days": days, "seed": of["seed"]}

    def __repr__(self) -> str:
        of, where = self._facts(), "" if self.folder is None else f"; in {self.folder}"
        return f"<RunResult {of['name']}: {of['days']} days, seed {of['seed']}, {self.accounts:,} accounts{where}>"

    def _repr_html_(self) -> str:
        telling = [name for name in TELLING if name in self.summary] or list(self.summary)[:SHOWN_AT_MOST]
        where = {} if self.folder is None else {"folder": self.folder}
        facts = self._facts()
        return as_html(
            str(facts.pop("title")),
            {**facts, "accounts": f"{self.accounts:,}", **where},
            {name: self.shown(name) for name in telling},
        )
