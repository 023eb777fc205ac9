"""Examples of Python in the READMEs run as they are printed, in an empty folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rectify.core.paths import CHECKOUT

BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
EXAMPLES = [
    (name, block)
    for name in ("README.md", "sim/README.md")
    for block in BLOCK.findall((CHECKOUT / name).read_text(encoding="utf-8"))
    if "import rectify" in block
]


def test_both_readmes_show_how_the_package_is_used() -> None:
    shown = "".join(block for _, block in EXAMPLES)
    assert {name for name, _ in EXAMPLES} == {"README.md", "sim/README.md"}
    for function in ("run", "sweep", "compare", "reproduce", "load", "compose", "save_state", "RectificationModel"):
        assert f"rectify.{function}(" in shown, function


@pytest.mark.parametrize(
    "block", [block for _, block in EXAMPLES], ids=[f"{n}-{i}" for i, (n, _) in enumerate(EXAMPLES)]
)
def test_an_example_runs(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README", "exec"), {"__name__": "readme"})
