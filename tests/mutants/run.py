"""Tries mutants: `python -m tests.mutants.run [--only TEXT] [--jobs N]`, or `make mutants`.

Each mutant is made in a copy of the tree. The differential test is run first, uncompiled, which takes seconds where it
finds a difference; a mutant that survives it goes through the other tests of the account model, compiled. Exit code 1
when fewer than nine in ten are killed, or one survives for which the catalogue gives no reason.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

from tests.mutants.catalogue import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = ("sim", "configs", "tests", "experiments", "results", "pyproject.toml", "README.md")
FIRST = ("tests/differential", "-k", "agree")
THEN = ("tests/unit", "tests/scientific", "tests/property")
WANTED = 0.9
LONGEST = 1800


def copied(source: Path, target: Path) -> None:
    """Copy what tests need of a tree."""
    for name in COPIED:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source / name, target / name)


def mutated(tree: Path, mutant: Mutant) -> str:
    """The mutated text of the file. Raises ``ValueError`` unless the old text occurs in it once."""
    text = (tree / mutant.file).read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.file}: {mutant.old!r} occurs {text.count(mutant.old)} times, not once")
    return text.replace(mutant.old, mutant.new)


def passes(tree: Path, tests: tuple[str, ...], compiled: bool) -> bool:
    """Whether the tests pass in that tree."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree / "sim"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "RECTIFY_KERNEL_CACHE": str(tree / "kernels"),
        "NUMBA_DISABLE_JIT": "0" if compiled else "1",
    }
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return False
    if done.returncode not in (0, 1):
        raise RuntimeError(f"pytest could not run: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode == 0


def killer_of(base: Path, mutant: Mutant, others: bool) -> str:
    """What kills the mutant of the tree at *base*: "" when nothing does. *others*: not the differential test alone."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        tree = Path(folder)
        copied(base, tree)
        (tree / mutant.file).write_text(mutated(base, mutant), encoding="utf-8")
        if not passes(tree, FIRST, compiled=False):
            return "the differential test"
        if others and not passes(tree, THEN, compiled=True):
            return "the other tests"
    return ""


def main() -> int:
    """Try the mutants asked for, report each as it ends, and count."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="mutants whose file or text contains this")
    parser.add_argument("--jobs", type=int, default=1, help="how many to try at a time")
    parser.add_argument("--first", action="store_true", help="the differential test alone")
    arguments = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS if arguments.only in f"{mutant.file} {mutant.old} {mutant.new}"]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        base = Path(folder)  # edits made meanwhile do not matter
        copied(ROOT, base)
        for mutant in MUTANTS:
            mutated(base, mutant)
        stages = {FIRST: False} if arguments.first else {FIRST: False, THEN: True}
        for tests, compiled in stages.items():
            if not passes(base, tests, compiled):
                print(f"{' '.join(tests)}: fails without any mutant", file=sys.stderr)
                return 2

        def attempt(mutant: Mutant) -> tuple[Mutant, str]:
            started = perf_counter()
            killer = killer_of(base, mutant, others=not arguments.first)
            verdict = f"killed by {killer}" if killer else f"SURVIVED ({mutant.reason or 'no reason known'})"
            change = f"{mutant.old.strip()!r} -> {mutant.new.strip()!r}"
            print(f"{mutant.file}: {change}: {verdict}, {perf_counter() - started:.0f} s", flush=True)
            return mutant, killer

        with ThreadPoolExecutor(arguments.jobs) as pool:
            outcomes = list(pool.map(attempt, chosen))
    killed = sum(bool(killer) for _, killer in outcomes)
    print(f"{killed} of {len(outcomes)} mutants killed ({killed / max(1, len(outcomes)):.0%})")
    unexplained = [mutant for mutant, killer in outcomes if not killer and not mutant.reason]
    return int(killed < WANTED * len(outcomes) or bool(unexplained))


if __name__ == "__main__":
    sys.exit(main())
