"""Running one configuration, with checkpoints where it asks for them, and into a result folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import singledispatch
from pathlib import Path
from typing import Any

from rectify.api.arguments import Overrides, overrides_of, own_folder
from rectify.checkpoint import Checkpoint
from rectify.configuration.composing import compose_any
from rectify.configuration.plugged import with_plugins
from rectify.configuration.run_config import RunConfig
from rectify.configuration.settings import Settings
from rectify.core.errors import ConfigError, UserError
from rectify.core.kernel import is_cold
from rectify.core.notes import note
from rectify.diffusion.config import DiffusionConfig
from rectify.diffusion.run import run_diffusion
from rectify.model import Progress, RectificationModel
from rectify.results import RunResult
from rectify.store import check_writable, explain_os_error, run_folder

COMPILING = "compiling kernels, the first time only: this takes about a minute"


def say_if_cold() -> None:
    """Say, as a note, that kernels are to be compiled, which takes its time."""
    if is_cold():
        note(COMPILING)


def run(
    config: Settings | Overrides = (),
    output: str | Path | None = None,
    *,
    progress: Progress | None = None,
    config_folder: str | Path | None = None,
    plugins: Sequence[str] = (),
    figures: bool = True,
) -> RunResult[Any]:
    """Run one configuration, as ``rectify run`` does.

    *config*: a :class:`rectify.RunConfig`, or overrides of the packaged configuration, a list or one string. *output*:
    write ``output/name/identity/seed=n`` there, and the configuration's checkpoints beside it; the result then knows
    its ``folder``. None: nothing is written. *progress* is called with the model after every day (not in runs of
    messages on a fixed graph). *config_folder*: a folder of your own laid out like ``configs/``. *plugins*: names of
    modules with plug-ins. *figures*: draw them into the folder too.

    Raises :class:`rectify.ConfigError` for a bad configuration and :class:`rectify.UserError` for what else can be put
    right, before the run where possible.

    >>> import rectify
    >>> small = ["campaign=none", "population.accounts=300", "end=2023-01-07", "burn_in_days=0"]
    >>> result = rectify.run(small, output="results", figures=False)
    >>> result.folder.name, result.summary["days"]
    ('seed=1', 7.0)
    >>> rectify.load(result.folder).summary == result.summary
    True
    """
    if isinstance(config, Settings):
        if config_folder is not None:
            raise UserError("config_folder: is for overrides; a configuration has been composed already")
        if plugins:
            if not isinstance(config, RunConfig):
                raise ConfigError([f"plugins: {plugins[0]} is for the model 'accounts', not {config.name}"])
            config = RunConfig.load(with_plugins(config, plugins))
    else:
        config = compose_any(overrides_of(config, "run"), own_folder(config_folder), plugins)
    if output is not None:
        check_writable(output)
        config = config.model_copy(update={"output": str(output)})
    elif isinstance(config, RunConfig) and config.checkpoint.every is not None:
        note("checkpoint.every: not used, for nothing is written; give an output")
    say_if_cold()
    result = simulate(config, progress, checkpoints=output is not None)
    return result if output is None else result.save(output, figures=figures)


@singledispatch
def simulate(config: Settings, progress: Progress | None = None, checkpoints: bool = False) -> RunResult[Any]:
    """Run what *config* describes. One form for each kind of configuration."""
    raise NotImplementedError(type(config).__name__)


@simulate.register
def _(config: RunConfig, progress: Progress | None = None, checkpoints: bool = False) -> RunResult[Any]:
    model = RectificationModel(config)
    if not checkpoints:
        return model.run(progress)
    with checkpointed(model) as saving:

        def after_a_day(model: RectificationModel) -> None:
            if progress is not None:
                progress(model)
            saving(model)

        return model.run(after_a_day)


@simulate.register
def _(config: DiffusionConfig, progress: Progress | None = None, checkpoints: bool = False) -> RunResult[Any]:
    return run_diffusion(config)


@contextmanager
def checkpointed(model: RectificationModel) -> Iterator[Callable[[RectificationModel], None]]:
    """Set a new *model* to its last checkpoint, if there is one; gives what writes the next ones, called every day.

    A checkpoint that cannot be gone on from is left aside, with a note that says why. The last one goes with the end
    of the run, unless it is to be kept.
    """
    config = model.config
    settings = config.checkpoint
    if settings.every is None:
        yield lambda _: None
        return
    every = settings.every
    folder = run_folder(config.output, config.name, config.identity, config.seed)
    checkpoint = Checkpoint(folder.with_name(f"{folder.name}.checkpoint.npz"), config)
    if config.inputs and not checkpoint.path.exists():
        # Another content of an input file is another identity, whose folder lies beside.
        for other in sorted(folder.parent.parent.glob(f"*/{checkpoint.path.name}")):
            Checkpoint(other, config).check_inputs()
    if checkpoint.path.exists():
        try:
            checkpoint.load(model)
            note(f"going on after {model.date}, from {checkpoint.path}")
        except UserError as error:
            note(f"starting anew: {error}")

    def save(model: RectificationModel) -> None:
        if model.day % every == 0 and model.running:
            try:
                checkpoint.path.parent.mkdir(parents=True, exist_ok=True)
                checkpoint.save(model)
            except OSError as error:
                raise explain_os_error(error, checkpoint.path) from None

    yield save
    if not settings.keep:
        checkpoint.path.unlink(missing_ok=True)
