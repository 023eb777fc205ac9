"""Checkpoints: files with the whole state of a run on a day, from which it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rectify.configuration.run_config import RunConfig
from rectify.core.errors import UserError
from rectify.core.formats import CHECKPOINT
from rectify.core.formats import KEY as FORMAT
from rectify.core.inputs import changed_inputs
from rectify.core.kernel import source_digest
from rectify.core.state import State, read_state, write_state
from rectify.model import RectificationModel


@dataclass(frozen=True)
class Checkpoint:
    """A file that a run of *config* is saved to, and goes on from."""

    path: Path
    config: RunConfig

    def save(self, model: RectificationModel) -> None:
        """Write the state of *model*, in one step."""
        write_state(self.path, {"of": self._origin(), "state": model.get_state()})

    def load(self, model: RectificationModel) -> int:
        """Set a new *model* to what was saved; the days simulated by then.

        Raises :class:`UserError` where the file is damaged, of a format that is not known, or of other sources of
        Rectify, another configuration or another seed.
        """
        saved, origin = read_state(self.path), self._origin()
        of = saved.get("of") if isinstance(saved, dict) else None
        if not isinstance(of, dict) or "state" not in saved:
            raise UserError(f"{self.path}: not the checkpoint of a run")
        CHECKPOINT.check(of.get(FORMAT), self.path)
        if any(of.get(name) != origin[name] for name in ("identity", "seed", "sources")):
            self._refuse_changed_inputs(of)
            raise UserError(f"{self.path}: of other sources of Rectify, another configuration or another seed")
        model.set_state(saved["state"])
        return int(saved["state"]["day"])

    def check_inputs(self) -> None:
        """Raise :class:`UserError` where this file is of the same run, but for input files that have changed since."""
        self._refuse_changed_inputs(read_state(self.path, "of"))

    def _refuse_changed_inputs(self, saved: State) -> None:
        origin = self._origin()
        if any(saved.get(name) != origin[name] for name in ("but_for_inputs", "seed")):
            return
        lines = changed_inputs(saved["inputs"], origin["inputs"], f"{self.path} was written")
        if lines:
            raise UserError("\n".join(lines) + f". Put it back to go on; to begin anew: rm {self.path}")

    def _origin(self) -> State:
        return {
            FORMAT: CHECKPOINT.version,
            "identity": self.config.identity,
            "seed": str(self.config.seed),
            "sources": source_digest(),
            "but_for_inputs": self.config.identity_but_for_inputs,
            "inputs": [[key, file.path, file.sha256] for key, file in self.config.inputs.items()],
        }


def save_state(model: RectificationModel, path: str | Path) -> None:
    """Write the state of *model* to *path* (a NumPy archive, ``.npz``), to go on from with :func:`restore`.

    The folder must be there. What a subclass or a user has added to the model is not written; a pickle holds it.

    >>> import rectify
    >>> config = rectify.compose(["campaign=none", "population.accounts=300", "end=2023-01-07", "burn_in_days=0"])
    >>> model = rectify.RectificationModel(config)
    >>> model.step()
    >>> rectify.save_state(model, "state.npz")
    >>> rectify.restore(config, "state.npz")
    <RectificationModel selfmedia_2023: 1 of 7 days, 2023-01-01; 300 accounts, seed 1>
    """
    Checkpoint(Path(path), model.config).save(model)


def restore(config: RunConfig, path: str | Path) -> RectificationModel:
    """The model of *config* as :func:`save_state` left it: it goes on to the same bytes as if it had never stopped.

    Raises :class:`UserError` where *path* is damaged, or of another configuration, seed or version of Rectify.

    >>> import rectify
    >>> config = rectify.compose(["campaign=none", "population.accounts=300", "end=2023-01-07", "burn_in_days=0"])
    >>> rectify.save_state(rectify.RectificationModel(config), "state.npz")
    >>> rectify.restore(config, "state.npz").run().summary["days"]
    7.0
    """
    model = RectificationModel(config)
    Checkpoint(Path(path), config).load(model)
    return model
