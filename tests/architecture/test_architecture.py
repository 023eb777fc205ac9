"""The shape of the source: public surface, docstrings, imports that point one way, one source of random draws."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import rectify
from rectify.core.groups import kernel_errors
from rectify.core.kernel import PACKAGE, Kernel
from rectify.core.paths import CHECKOUT, config_root

MODULES = sorted(PACKAGE.rglob("*.py"))
PUBLIC = {
    "ConfigError", "Dataset", "Note", "RectificationModel", "Reproduction", "RunConfig", "RunEndedError",
    "RunResult", "UserError", "compare", "compose", "load", "reproduce", "restore", "run", "save_state", "sweep",
}  # fmt: skip
RANDOM = {"random", "secrets", "numpy.random"}
RANDOM_CALLS = re.compile(
    r"\b(np|numpy)\.random\b|\bself\.(model\.)?(random|rng)\b|\.shuffle_do\b|\bdefault_rng\b|\bos\.urandom\b"
)


def shown(path: Path) -> str:
    return path.relative_to(PACKAGE.parent).as_posix()


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in MODULES:
        yield shown(path), ast.parse(path.read_text(encoding="utf-8"))


def test_the_public_surface_is_what_is_promised() -> None:
    """`rectify` offers these names and, besides its submodules, no others."""
    assert set(rectify.__all__) == PUBLIC
    assert len(rectify.__all__) == len(PUBLIC)
    assert set(dir(rectify)) >= PUBLIC
    assert all(inspect.getdoc(getattr(rectify, name)) for name in PUBLIC)
    with pytest.raises(AttributeError, match="no attribute 'Model'"):
        rectify.Model  # noqa: B018


@pytest.mark.parametrize(
    ("imported", "kept_away"),
    [
        ("rectify", ("numba", "pandas", "mesa", "hydra", "pydantic")),
        ("rectify.configuration.composing", ("mesa", "matplotlib", "distributed")),
        ("rectify.model", ("hydra", "matplotlib", "distributed")),
        ("rectify.report.load", ("mesa", "numba", "matplotlib")),
    ],
)
def test_importing_one_part_loads_no_other(imported: str, kept_away: tuple[str, ...]) -> None:
    """A part brings what it needs, and nothing that others need."""
    script = f"import sys, {imported}; print([name for name in {kept_away!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"


def undocumented(tree: ast.Module) -> Iterator[str]:
    """Public functions, classes and methods without a docstring."""

    def visit(body: list[ast.stmt], prefix: str) -> Iterator[str]:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name[0] != "_":
                overload = any("overload" in ast.unparse(each) for each in node.decorator_list)
                if not ast.get_docstring(node) and not overload:
                    yield prefix + node.name
                if isinstance(node, ast.ClassDef):
                    yield from visit(node.body, f"{prefix}{node.name}.")

    yield from visit(tree.body, "")


def test_whatever_is_public_is_documented() -> None:
    """Each module, public class, function and method says what it is."""
    missing = {name: list(undocumented(tree)) for name, tree in trees()}
    assert {name: found for name, found in missing.items() if found} == {}
    assert [name for name, tree in trees() if not ast.get_docstring(tree)] == []


def imports(tree: ast.Module) -> set[str]:
    """Full names of everything imported anywhere in a module."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_all_random_draws_come_from_the_counter() -> None:
    """No module draws from a generator that keeps a state: not Python's, not NumPy's, not Mesa's."""
    assert {name: found for name, tree in trees() if (found := imports(tree) & RANDOM)} == {}
    used = {shown(path): RANDOM_CALLS.findall(path.read_text(encoding="utf-8")) for path in MODULES}
    # Bootstrap intervals are statistics of finished runs, not draws of the model.
    assert {name for name, found in used.items() if found} <= {"rectify/study/paired.py"}


def test_no_file_points_at_the_web() -> None:
    """Sources are named by author, title and year, which last longer than addresses."""
    files = [*PACKAGE.rglob("*"), *config_root().rglob("*")]
    read = [path for path in files if path.suffix in (".py", ".yaml", ".md", ".txt", ".csv", ".json")]
    assert len(read) > 60
    assert [path.name for path in read if re.search(r"https?:|www\.", path.read_text(encoding="utf-8"))] == []


def test_imports_point_one_way() -> None:
    """The contracts of pyproject.toml hold."""
    tool = Path(sys.executable).with_name("lint-imports")
    root = CHECKOUT
    if not tool.exists() or not (root / "pyproject.toml").exists():
        pytest.skip("needs a checkout and the development tools")
    command = [tool, "--no-cache"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


def test_core_knows_no_word_of_the_domain() -> None:
    """The engine's parts import nothing of the world, so that they can be read and tested alone."""
    for name, tree in trees():
        if name.startswith("rectify/core/"):
            assert {
                each for each in imports(tree) if each.startswith("rectify") and not each.startswith("rectify.core")
            } == set()


def modules_with(word: str) -> list[str]:
    """Names of the modules whose source holds a *word*, loaded."""
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in MODULES]
    found = [name for name, path in zip(names, MODULES, strict=True) if word in path.read_text(encoding="utf-8")]
    for name in found:
        importlib.import_module(name)
    return found


def test_kernels_take_few_inputs_and_say_what_they_write() -> None:
    """At most eight inputs, groups or scalars, and then the outputs, which the docstring names in order."""
    modules = modules_with("@kernel")
    kernels = [each for name in modules for each in vars(sys.modules[name]).values() if isinstance(each, Kernel)]
    assert len(kernels) > 50
    assert [line for name in modules for line in kernel_errors(name)] == []


def test_groups_have_names_of_their_own() -> None:
    """No two named tuples of the package share a name: numba would tell their types apart slowly."""
    found: dict[str, set[str]] = {}
    for name in modules_with("NamedTuple"):
        for each in vars(sys.modules[name]).values():
            if inspect.isclass(each) and issubclass(each, tuple) and hasattr(each, "_fields"):
                found.setdefault(each.__name__, set()).add(each.__module__)
    assert len(found) > 20
    assert {name: modules for name, modules in found.items() if len(modules) > 1} == {}
