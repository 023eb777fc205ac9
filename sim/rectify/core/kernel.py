"""Compiling: one Python function, a serial and a threaded machine-code form, and a cache that cannot go stale.

numba keys its cache by the file of the compiled function alone. Editing a function that a kernel calls from another
module would leave the old machine code in use, with a wrong result and no word said. The cache therefore lives in a
folder named after a hash of every source file of the package: any edit starts a fresh one.

numba's settings are made here, before any function is compiled: whatever is compiled comes through this module.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FunctionType
from typing import Any, cast

import numba
from numba.core import caching

PACKAGE = Path(__file__).resolve().parent.parent
FOLDERS_KEPT = 4
"""Kernel folders kept in the cache: the current sources' and the last few others'."""


WITHOUT_KERNELS = ("report", "commands", "api", "study", "cli.py")
"""Folders and files that no kernel can call into (an import contract holds it): editing them compiles nothing anew."""


def source_digest(package: Path = PACKAGE) -> str:
    """Hash of the sources below *package* that kernels may be made of (paths and contents), 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).parts[0] in WITHOUT_KERNELS:
            continue
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _cache_root() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    root = Path(base) / "rectify" / "kernels"
    try:
        root.mkdir(parents=True, exist_ok=True)
        if os.access(root, os.W_OK):
            return root
    except OSError:
        pass  # a read-only home: compile into a temporary folder rather than fail
    return Path(tempfile.gettempdir()) / f"rectify-kernels-{os.getuid() if hasattr(os, 'getuid') else 0}"


def _prune(root: Path, keep: Path) -> None:
    others = sorted((p for p in root.iterdir() if p.is_dir() and p != keep), key=lambda p: p.stat().st_mtime)
    for stale in others[: max(0, len(others) - FOLDERS_KEPT + 1)]:
        shutil.rmtree(stale, ignore_errors=True)


def _prepare_cache() -> Path:
    given = os.environ.get("RECTIFY_KERNEL_CACHE")
    root = Path(given) if given else _cache_root()
    folder = root / f"{source_digest()}-py{sys.version_info.major}{sys.version_info.minor}"
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):  # another process may be pruning too: nothing is lost
        _prune(root, folder)
    return folder


CACHE_FOLDER = _prepare_cache()
os.environ["NUMBA_CACHE_DIR"] = numba.config.CACHE_DIR = str(CACHE_FOLDER)  # type: ignore[attr-defined]
# GNU OpenMP, asleep while it waits: spinning threads cost five times on a busy machine. It is loaded with the first
# threaded kernel, and reads its setting then.
numba.config.THREADING_LAYER = os.environ.setdefault("NUMBA_THREADING_LAYER", "omp")  # type: ignore[attr-defined]
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def _own_data_name(cache_file: Any, number: int) -> str:
    """A name for a file of machine code that nobody else writes.

    numba counts the files up. Two processes that compile a function for different types at once then take the same
    number, and whichever reads the file later runs the other's code.
    """
    return str(cache_file._data_name_pattern.format(number=uuid.uuid4().int))


caching.IndexDataCacheFile._data_name = _own_data_name  # type: ignore[method-assign]


Index = numba.uint64
"""Where kernels index, a number that cannot be negative: numba then leaves out the check for counting from the end.

Never calculate with it: numba turns the sum of a signed and an unsigned number into a float.
"""


def device[Function: Callable[..., Any]](function: Function) -> Function:
    """Compile a small function that kernels call. Arguments and results are scalars or arrays; nothing is checked."""
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def inlined[Function: Callable[..., Any]](function: Function) -> Function:
    """As :func:`device`, but copied into its callers before they are compiled: a loop around it can be vectorised."""
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")(function))


def _under_own_name(function: Callable[..., Any]) -> Callable[..., Any]:
    """A copy with a name of its own: numba's cache tells functions apart by name, not by how they are compiled."""
    copy = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)
    copy.__qualname__ = f"{function.__qualname__}_threaded"
    copy.__module__ = function.__module__
    return copy


class Kernel:
    """A loop over rows, compiled on first use: serial for one thread, threaded for more, from the same function.

    The function loops with ``numba.prange`` over fixed blocks and writes to arrays it is given; both forms then give
    the same bytes, whatever the number of threads.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.serial = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
        self.threaded = numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)(
            _under_own_name(function)
        )

    def __call__(self, *arguments: Any) -> Any:
        return (self.threaded if _threads > 1 else self.serial)(*arguments)


def kernel(function: Callable[..., Any]) -> Kernel:
    """Decorate a row loop; see :class:`Kernel`."""
    return Kernel(function)


MOST_THREADS = int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]

_threads = 1


def use_threads(count: int) -> int:
    """Set the number of threads kernels use from now on, at most the machine's; returns the number in force."""
    global _threads
    _threads = max(1, min(count, MOST_THREADS))
    if _threads > 1:
        numba.set_num_threads(_threads)
    return _threads


def is_cold() -> bool:
    """True when no kernel of these sources has been compiled on this machine yet."""
    return not any(CACHE_FOLDER.rglob("*.nbi"))
