"""Taking down the state of plain objects, and putting it back: numbers, text, arrays, and lists and dicts of these.

Nothing is named one by one, so nothing can be forgotten: every attribute is taken, but for those that its owner says
are no state, and one of a type that cannot be taken is refused. Arrays are not copied when taken down, only when put
back: several can go on from one state.
"""

from __future__ import annotations

import glob
import json
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from rectify.core.errors import UserError
from rectify.core.table import Array, Ledger, Table

PLAIN = (bool, int, float, str, type(None))
TREE = "state.json"
"""Entry of a state file that holds everything but the arrays, as text in bytes."""

State = dict[str, Any]
"""Attributes by name: plain values, arrays, and dicts and lists of these."""


def plain(value: Any, where: str) -> Any:
    """*value* in plain values and arrays. Raises ``TypeError``, saying *where*, for what is none of these."""
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, Table):
        return dict(value.items())
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, Mapping):
        return {str(key): plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{where}[{number}]") for number, item in enumerate(value)]
    raise TypeError(f"{where}: a {type(value).__name__} cannot be put into a checkpoint")


def restored(old: Any, state: Any) -> Any:
    """What takes the place of *old*, from *state* as :func:`plain` gave it: *old* itself, changed, where it can be."""
    if isinstance(old, np.ndarray):
        if old.shape == state.shape and old.dtype == state.dtype:
            old[...] = state
            return old
        return state.copy()
    if isinstance(old, Ledger):
        old.clear()
        old.append(**state)
        return old
    if isinstance(old, Table):
        for name, array in state.items():
            getattr(old, name)[...] = array
        return old
    if isinstance(old, np.generic):
        return type(old)(state)
    if isinstance(old, BaseModel):
        return type(old).model_construct(**state)
    if isinstance(old, dict):
        # Keys of a dict that is empty at the start, and filled by row, are whole numbers.
        return {_key(key, old): restored(old.get(key), item) for key, item in state.items()}
    if isinstance(old, tuple):
        return tuple(restored(before, item) for before, item in zip(old, state, strict=True))
    if isinstance(state, np.ndarray):
        return state.copy()
    return [restored(None, item) for item in state] if isinstance(state, list) else state


def _key(key: str, old: dict[Any, Any]) -> Any:
    return int(key) if key not in old and key.lstrip("-").isdigit() else key


def get_attributes(owner: Any, but: Iterable[str] = ()) -> State:
    """The attributes of *owner*, except those named in *but*."""
    left_out = set(but)
    return {
        name: plain(value, f"{type(owner).__name__}.{name}")
        for name, value in vars(owner).items()
        if name not in left_out
    }


def set_attributes(owner: Any, state: State) -> None:
    """Set the attributes of *owner* to what :func:`get_attributes` gave."""
    for name, value in state.items():
        setattr(owner, name, restored(getattr(owner, name, None), value))


def _flatten(state: Any, path: str, arrays: dict[str, Array]) -> Any:
    if isinstance(state, np.ndarray):
        arrays[path] = state
        return {"array": path}
    if isinstance(state, dict):
        return {"dict": {key: _flatten(item, f"{path}/{key}", arrays) for key, item in state.items()}}
    if isinstance(state, list):
        return {"list": [_flatten(item, f"{path}/{number}", arrays) for number, item in enumerate(state)]}
    if isinstance(state, float) and not math.isfinite(state):
        return {"float": str(state)}  # JSON has no such numbers
    return {"plain": state}


def _unflatten(tree: dict[str, Any], arrays: Mapping[str, Array]) -> Any:
    ((kind, content),) = tree.items()
    if kind == "array":
        return arrays[content]
    if kind == "dict":
        return {key: _unflatten(item, arrays) for key, item in content.items()}
    if kind == "float":
        return float(content)
    return [_unflatten(item, arrays) for item in content] if kind == "list" else content


def _remove_abandoned(path: Path) -> None:
    """Remove what processes left behind that were killed while they wrote to *path*."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        try:
            os.kill(int(left.suffixes[-2][1:]), 0)  # asks whether that process is there
        except ProcessLookupError:
            left.unlink(missing_ok=True)
        except (PermissionError, ValueError):
            continue


def write_state(path: Path, state: State) -> None:
    """Write *state* into a NumPy archive (``.npz``), in one step: under a temporary name, then renamed."""
    arrays: dict[str, Array] = {}
    tree = json.dumps(_flatten(state, "", arrays), allow_nan=False)
    _remove_abandoned(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **{TREE: np.frombuffer(tree.encode(), np.uint8)}, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_state(path: Path, only: str | None = None) -> State:
    """What :func:`write_state` wrote, or the part of it named *only*.

    Raises :class:`UserError` for a file that is damaged or is something else.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            tree = json.loads(archive[TREE].tobytes().decode())
            state: State = _unflatten(tree if only is None else tree["dict"][only], archive)
            return state
    except MemoryError:
        raise
    except Exception as error:  # a damaged file fails in many ways; all mean that it cannot be used
        raise UserError(f"{path}: not a whole checkpoint ({' '.join(str(error).split())[:120]})") from None
