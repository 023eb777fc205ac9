"""Loading plug-ins: only those named, with a digest of all their sources and a kernel cache of their own."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import json
import os
import re
import shutil
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

import numba

from rectify.core.errors import nearest
from rectify.core.kernel import CACHE_FOLDER, PACKAGE
from rectify.plugins.plugin import LoadedPlugin, PluginError, check_plugin, check_together

GROUP = "rectify.plugins"
"""Entry points of installed packages that are plug-ins: name = module."""

NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
DIGITS = 16

_loaded: dict[str, LoadedPlugin] = {}
_allowed: set[str] = set()


def loaded_plugins() -> dict[str, LoadedPlugin]:
    """Plug-ins that have been loaded in this process, by name."""
    return dict(_loaded)


def allow_plugins(names: Iterable[str]) -> None:
    """Let configurations and experiments that name these plug-ins load them; they are loaded when needed."""
    _allowed.update(names)


def is_allowed(name: str) -> bool:
    """Whether the user has named the plug-in, or has allowed it."""
    return name in _loaded or name in _allowed or "*" in _allowed


def load_plugins(names: Sequence[str]) -> tuple[LoadedPlugin, ...]:
    """Load the plug-ins called *names*, modules that can be imported or entry points of installed packages.

    The current folder is searched last. Raises :class:`PluginError`, one line, naming the module and the cause.
    """
    if twice := sorted({name for name in names if list(names).count(name) > 1}):
        raise PluginError(f"plugins: {twice[0]} is named twice")
    found = tuple(_load(name) for name in names)
    check_together(found)
    return found


def _load(name: str) -> LoadedPlugin:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise PluginError(f"plugins: {name!r} is not the name of a module")
    module_name = _module_name(name)
    with _current_folder_last():
        origin = _origin(module_name)
        if origin is None:
            here = sorted(path.stem for path in Path.cwd().glob("*.py"))
            installed = [point.name for point in entry_points(group=GROUP)]
            raise PluginError(f"plugins: there is no module {name!r}{nearest(name, [*here, *installed])}")
        digest = _digest(module_name, origin)
        known = _loaded.get(name)
        if known is not None and known.digest == digest:
            return known
        if known is not None:
            for stale in _outside(_sources(module_name, origin)):
                sys.modules.pop(stale, None)
        cache = plugin_cache(digest)
        with kernels_kept_in(cache):
            module = _imported(name, module_name)
    found = LoadedPlugin(name, digest, check_plugin(name, getattr(module, "PLUGIN", None)))
    _loaded[name] = found
    return found


def _module_name(name: str) -> str:
    points = [point for point in entry_points(group=GROUP) if point.name == name]
    if len(points) > 1:
        raise PluginError(f"plugins: {len(points)} installed packages bring a plug-in {name}")
    return points[0].module if points else name


def _imported(name: str, module_name: str) -> ModuleType:
    try:
        return importlib.import_module(module_name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a module does when it is imported
        text = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise PluginError(f"plugins: {name} cannot be imported: {text}") from None


@contextmanager
def _current_folder_last() -> Iterator[None]:
    """The current folder at the end of the import path, wherever it stood."""
    here = Path.cwd()
    # At the front, where Python puts it, a file of the user's would stand in for a library.
    sys.path[:] = [*(entry for entry in sys.path if Path(entry or here).resolve() != here), str(here)]
    yield
    importlib.invalidate_caches()


def _origin(module_name: str) -> Path | None:
    importlib.invalidate_caches()
    with suppress(ImportError, ValueError, AttributeError):
        spec = importlib.util.find_spec(module_name)
        if spec is not None and spec.origin is not None and spec.origin.endswith(".py"):
            return Path(spec.origin).resolve()
    return None


def _installed_roots() -> tuple[Path, ...]:
    places = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    places |= {*site.getsitepackages(), site.getusersitepackages()}
    return (*(Path(place).resolve() for place in places if place), PACKAGE)


def _is_outside(path: Path) -> bool:
    """Whether a source lies outside the standard library, installed packages and Rectify itself."""
    return not any(path.is_relative_to(root) for root in _installed_roots())


def _imports(path: Path, module_name: str) -> set[str]:
    """Names of the modules that a source imports, anywhere in it."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return set()  # told when it is imported
    package = module_name if path.name == "__init__.py" else module_name.rpartition(".")[0]
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".") if node.level else []
            base = ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return {name for name in found if name}


def _sources(module_name: str, origin: Path) -> dict[str, Path]:
    """All sources that a module loads from outside installed packages, by module; its own wherever it lies."""
    found, waiting = {module_name: origin}, [(module_name, origin)]
    while waiting:
        name, path = waiting.pop()
        for imported in sorted(_imports(path, name)):
            parents = imported.split(".")
            for depth in range(1, len(parts := parents) + 1):
                each = ".".join(parts[:depth])
                if each in found or each.split(".")[0] in sys.stdlib_module_names:
                    continue
                place = _origin(each)
                inside = place is not None and place.is_relative_to(origin.parent) and origin.name == "__init__.py"
                if place is not None and (_is_outside(place) or inside):
                    found[each] = place
                    waiting.append((each, place))
    return found


def _outside(sources: dict[str, Path]) -> list[str]:
    return [name for name, path in sources.items() if _is_outside(path)]


def _digest(module_name: str, origin: Path) -> str:
    digest = hashlib.sha256()
    for name, path in sorted(_sources(module_name, origin).items()):
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:DIGITS]


def plugin_cache(digest: str) -> Path:
    """Folder of the kernels of plug-ins with that digest, inside that of the core's sources."""
    return CACHE_FOLDER / "plugins" / digest


@contextmanager
def kernels_kept_in(cache: Path) -> Iterator[None]:
    """Keep what is compiled of a module imported meanwhile in *cache*; forget it when what it loads besides changed.

    The digest covers what can be told from the sources. What a module loads in other ways is noted beside its kernels.
    """
    notes = cache / "also_loaded.json"
    if _has_changed(notes):
        shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir(parents=True, exist_ok=True)
    before, kept = set(sys.modules), numba.config.CACHE_DIR  # type: ignore[attr-defined]
    numba.config.CACHE_DIR = str(cache)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        numba.config.CACHE_DIR = kept  # type: ignore[attr-defined]
    new = (getattr(sys.modules[name], "__file__", None) for name in set(sys.modules) - before)
    outside = {str(path): _content(str(path)) for path in map(Path, filter(None, new)) if _is_outside(path.resolve())}
    # Workers of a sweep load one plug-in at the same time: none may see what another has half written.
    part = notes.with_name(f"{notes.name}.{os.getpid()}")
    with suppress(OSError):
        part.write_text(json.dumps(outside), encoding="utf-8")
        os.replace(part, notes)


def _has_changed(notes: Path) -> bool:
    """Whether a file noted there is no longer as it was, or the notes cannot be read; False where there are none."""
    try:
        noted = json.loads(notes.read_text(encoding="utf-8"))
        return any(_content(path) != content for path, content in noted.items())
    except FileNotFoundError:
        return False
    except (OSError, ValueError, AttributeError):
        return True


def _content(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""


def is_single_file(plugin: LoadedPlugin) -> Path | None:
    """The one file that a plug-in is made of; None where it is a package, or loads other modules of the user's."""
    module_name = _module_name(plugin.name)
    origin = _origin(module_name)
    if origin is None or origin.name == "__init__.py" or "." in module_name:
        return None
    return origin if len(_sources(module_name, origin)) == 1 else None
