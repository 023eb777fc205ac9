"""Groups: named tuples of read-only arrays, in which kernels get what they read.

Groups over columns are made once a run, those over the day's scratch once a day: the arrays in them are views of what
they were made from, so nothing may put another array in a column's place (tables refuse it). numba does not compile a
kernel that writes to a field of a group: the views are read-only. A ledger needs no group: its
:attr:`~rectify.core.table.Ledger.records` are read the same way.

A group's class must have a name of its own in the whole process: numba tells types of named tuples apart by name and
fields, and takes a slow path for the second class of the same ones.
"""

from __future__ import annotations

import inspect
import re
import sys
from typing import Any, cast

import numba
import numpy as np
from numba.extending import typeof_impl

from rectify.core.kernel import Kernel

MOST_INPUTS = 8
"""Inputs of a kernel, groups or scalars, before its outputs."""
OUTPUTS = re.compile(r"^\s*outputs: *(.+(?:\n\s+.+)*)$", re.MULTILINE)


def read_only(array: Any) -> Any:
    """A view of *array* that cannot be written to; anything else as it is."""
    if not isinstance(array, np.ndarray):
        return array
    view = array.view()
    view.setflags(write=False)
    return view


class _Typed(tuple[Any, ...]):
    """A group as kernels get it: the values, fields of the kind's names, and numba's type, found once and kept.

    numba finds out the type of a named tuple in every call, by encoding the names of its class and fields: that takes
    longer than passing all that is in it. Of another tuple it asks for ``_numba_type_``. To kernels both are the same.
    """

    _numba_type_: Any


@typeof_impl.register(_Typed)
def _type_of(value: _Typed, _: Any) -> Any:
    return value._numba_type_


_CLASSES: dict[type, type[_Typed]] = {}
_TYPES: dict[tuple[Any, ...], Any] = {}


def _described(value: Any) -> Any:
    """What numba's type of a read-only array, or of a scalar, depends on."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.ndim, value.flags.c_contiguous, value.flags.f_contiguous
    return type(value)


def typed[Group](kind: type[Group], values: list[Any], described: tuple[Any, ...]) -> Group:
    """A group of a *kind* of these *values*, whose types *described* tells from others of that kind.

    Arrays are read-only to kernels even where they are not so themselves.
    """
    made = _CLASSES.get(kind)
    if made is None:
        own = {name: vars(kind)[name] for name in ("_fields", "__repr__", *kind._fields)}  # type: ignore[attr-defined]
        made = _CLASSES[kind] = type(kind.__name__, (_Typed,), own)
    group = made(values)
    key = (kind, *described)
    if key not in _TYPES:
        _TYPES[key] = numba.typeof(kind(*map(read_only, values)))
    group._numba_type_ = _TYPES[key]
    return cast(Group, group)


def group[Group](kind: type[Group], *sources: Any, **given: Any) -> Group:
    """A group of a *kind*, a named-tuple class: a field is the attribute of that name of the first source that has it.

    *given*: fields by name, in place of the sources'. Raises ``AttributeError`` for a field that no source has.
    """
    values = []
    for name in kind._fields:  # type: ignore[attr-defined]
        if name in given:
            values.append(read_only(given[name]))
            continue
        for source in sources:
            value = getattr(source, name, None)
            if value is not None:
                values.append(read_only(value))
                break
        else:
            raise AttributeError(f"{kind.__name__}.{name}: none of the sources has it")
    return typed(kind, values, tuple(map(_described, values)))


def kernel_errors(module: str) -> list[str]:
    """What is not as it should be about the kernels of a loaded *module*, one line each.

    A kernel's docstring names its outputs, which are its last parameters, in a line ``outputs: a, b``; before them
    there are at most eight inputs.
    """
    lines = []
    for name, each in vars(sys.modules[module]).items():
        if not isinstance(each, Kernel) or each.function.__module__ != module:
            continue
        parameters = list(inspect.signature(each.function).parameters)
        said = OUTPUTS.search(inspect.getdoc(each.function) or "")
        outputs = [word.strip() for word in said[1].replace("\n", " ").split(",")] if said else []
        outputs = [word.split()[0].rstrip(":") for word in outputs if word]
        if not outputs:
            lines.append(f"{module}.{name}: its docstring has no line 'outputs: ...'")
        elif parameters[len(parameters) - len(outputs) :] != outputs:
            lines.append(f"{module}.{name}: its last parameters are not {', '.join(outputs)}, as its docstring says")
        elif len(parameters) - len(outputs) > MOST_INPUTS:
            lines.append(f"{module}.{name}: {len(parameters) - len(outputs)} inputs; at most {MOST_INPUTS}: group them")
    return lines
