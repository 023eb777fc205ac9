"""Every experiment file runs from the command line in its fast form, and comes to the numbers that are committed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rectify.cli import main
from rectify.core.paths import config_root
from rectify.study.stored import load_sweep
from rectify.study.tables import is_reproducible

FILES = sorted((config_root() / "experiment").glob("*.yaml"))
RESULTS = config_root().parent / "results"


@pytest.mark.slow
@pytest.mark.parametrize("name", [path.stem for path in FILES])
def test_experiment_runs_fast(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No run fails, every figure asked for is drawn twice, and the runs are those of ``results/<name>/fast.csv``."""
    main(["sweep", f"experiment={name}", "fast=true", f"output={tmp_path}"])
    folder = Path(capsys.readouterr().out.strip().splitlines()[-1])
    stored = load_sweep(folder)
    assert stored.manifest["rows"]["failed"] == 0
    asked = stored.experiment["figures"]
    assert asked
    for kind in ("png", "svg"):
        assert len(list((folder / "figures").glob(f"*.{kind}"))) == len(asked)
    known = pd.read_csv(RESULTS / name / "fast.csv")
    columns = [column for column in stored.runs.columns if is_reproducible(column) and column != "identity"]
    assert list(known.columns) == columns
    for column in known.columns:
        found = stored.runs[column]
        if pd.api.types.is_numeric_dtype(found):
            # A sum's last digits may differ between processors; anything else is a change of results.
            np.testing.assert_allclose(found.to_numpy(float), known[column].to_numpy(float), rtol=1e-9, err_msg=column)
        else:
            # A table of text reads true and false as such.
            texts = [list(values.astype(object).fillna("").astype(str)) for values in (found, known[column])]
            assert texts[0] == texts[1], column
