"""The model on Mesa's newest pre-release: the same bytes. A failure is news, and fails nothing.

``make mesa-next`` fetches that release into a folder of its own, and runs this; without it there is nothing to do.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import mesa
import pytest

from rectify import RectificationModel, compose
from rectify.store import series_digest, summary_digest

FOLDER = os.environ.get("MESA_NEXT", "")
OVERRIDES = ["population.accounts=1500", "start=2023-03-01", "end=2023-04-10", "burn_in_days=0"]
REACTIVE = ["offices.national.strategy=reactive", "offices.national.tolerated_prevalence=0.05"]

SCRIPT = """
import sys, mesa
from tests.reproducibility.test_next_mesa import digests
print(mesa.__version__)
print(digests(sys.argv[1:]))
"""


def digests(overrides: list[str]) -> str:
    """What a run comes to whose first days Mesa's own clock steps through."""
    model = RectificationModel(compose(overrides))
    model.run_for(20)
    result = model.run()
    return f"{series_digest(result.series)} {summary_digest(result.summary)}"


@pytest.mark.skipif(not FOLDER, reason="MESA_NEXT names no folder with another Mesa")
@pytest.mark.xfail(strict=False, reason="a pre-release may change anything")
@pytest.mark.parametrize("more", [[], REACTIVE], ids=["calendar", "reactive"])
def test_the_next_mesa_gives_the_same_bytes(more: list[str]) -> None:
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(Path(FOLDER).absolute()), str(root / "sim"), str(root)])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *OVERRIDES, *more],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    version, found = done.stdout.strip().splitlines()
    assert version != mesa.__version__
    assert found == digests([*OVERRIDES, *more])
