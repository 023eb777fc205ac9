"""Reading stored runs and datasets back as the objects that running them gave."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from rectify.api.dataset import Dataset
from rectify.configuration.composing import settings_of
from rectify.configuration.settings import Settings
from rectify.core.errors import ConfigError
from rectify.report.load import StoredRun, load_run
from rectify.results import RunResult, StoredConfig
from rectify.store import CONFIG
from rectify.study.stored import is_sweep


def load(folder: str | Path) -> RunResult[Any] | Dataset:
    """What is stored in *folder*, as the object that running it gave: a run's result, or a :class:`rectify.Dataset`.

    Nothing is run, and figures are not drawn. A run's configuration is validated when it is first asked for, so that
    results of earlier versions can be looked at. Raises :class:`rectify.UserError`, in one line, when the folder cannot
    be read, holds neither, or holds something else than belongs there.

    >>> import rectify
    >>> small = ["campaign=none", "population.accounts=300", "end=2023-01-07", "burn_in_days=0"]
    >>> folder = rectify.run(small, output="results", figures=False).folder
    >>> rectify.load(folder).curves("posts", by="platform").columns.tolist()
    ['douyin', 'wechat', 'weibo', 'all']
    """
    folder = Path(folder)
    return Dataset.load(folder) if is_sweep(folder) else result_of(load_run(folder))


def result_of(stored: StoredRun) -> RunResult[Any]:
    """A stored run as a result."""
    series = stored.frame.assign(date=stored.frame["date"].astype("datetime64[s]"))
    return RunResult(
        given=StoredConfig(stored.config, partial(_validated, stored.folder / CONFIG)),
        series=series,
        summary=stored.summary,
        absent=stored.absent,
        published=stored.published,
        metrics=stored.metrics,
        outcomes=stored.manifest.outcomes,
        accounts=stored.manifest.accounts,
        threads=stored.manifest.threads,
        seconds=stored.manifest.seconds,
        folder=stored.folder,
    )


def _validated(path: Path, values: dict[str, Any]) -> Settings:
    try:
        return settings_of(values)
    except ConfigError as error:
        raise ConfigError([f"{path}: {line}" for line in error.errors]) from None
