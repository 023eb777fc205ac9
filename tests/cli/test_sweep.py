"""``rectify sweep``: a design becomes one dataset, whatever happens on the way."""

from __future__ import annotations

import json
import os
import random
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from rectify import UserError
from rectify.cli import main
from rectify.study.cells import make_plan
from rectify.study.design import build_experiment
from rectify.study.execute import Where
from rectify.study.sweep import run_plan
from rectify.study.task import Outcome, simulate

TINY: dict[str, Any] = {
    "question": "Does anything happen?",
    "base": ["population.accounts=400", "start=2023-03-01", "end=2023-03-25", "burn_in_days=0"],
    "factors": {
        "campaign": {"group": "campaign", "levels": ["none", "selfmedia_2023"]},
        "threshold": {"keys": ["platforms.*.channels.classifier.threshold"], "range": [3, 4], "steps": 3},
    },
    "replicates": 2,
    "outcomes": ["harm_total", "selfmedia_2023.prevalence_end"],
    "curves": ["prevalence"],
    "fast": {"base": ["end=2023-03-05"], "replicates": 1, "levels": 2},
}

Write = Callable[..., Path]


@pytest.fixture
def own(tmp_path: Path) -> Write:
    """``own(replicates=3)``: a folder of one's own with the tiny experiment, changed."""

    def write(**changes: Any) -> Path:
        folder = tmp_path / "own" / "experiment"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tiny.yaml").write_text(yaml.safe_dump({**TINY, **changes}))
        return folder.parent

    return write


def sweep(folder: Path, output: Path, *arguments: str) -> list[str]:
    """Arguments of a sweep of the tiny experiment."""
    return ["sweep", f"--config-dir={folder}", "experiment=tiny", f"output={output}", *arguments]


def digest(output: Path) -> str:
    """Digest of a finished dataset."""
    manifest = json.loads((output / "tiny" / "manifest.json").read_text())
    assert manifest["status"] == "complete"
    return str(manifest["digest"])


def runs_of(folder: Path) -> pd.DataFrame:
    """All runs of a dataset."""
    return pd.concat([pd.read_parquet(path) for path in sorted(folder.glob("runs-*.parquet"))], ignore_index=True)


def test_dataset_holds_every_run(own: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cells × seeds rows, sorted, twins over the same seeds; curves of each; a second call computes nothing."""
    main(sweep(own(), tmp_path / "a"))
    folder = Path(capsys.readouterr().out.strip().splitlines()[-1])
    assert folder == tmp_path / "a" / "tiny"
    runs = runs_of(folder)
    assert list(zip(runs["cell"], runs["seed"], strict=True)) == [(cell, seed) for cell in range(6) for seed in (1, 2)]
    assert set(runs["status"]) == {"ok"}
    assert runs.loc[runs["campaign"] == "none", "selfmedia_2023.prevalence_end"].isna().all()
    assert sorted(runs["threshold"].unique()) == [3.0, 3.5, 4.0]
    curves = pd.read_parquet(next(folder.glob("curves-*.parquet")))
    assert list(curves.columns) == ["identity", "seed", "date", "metric", "value"]
    assert len(curves) == 12 * 25
    before = {path.name: path.read_bytes() for path in folder.glob("*.parquet")}
    first = digest(tmp_path / "a")
    main(sweep(own(), tmp_path / "a"))
    assert "0 computed now" in capsys.readouterr().err
    assert digest(tmp_path / "a") == first
    assert {path.name: path.read_bytes() for path in folder.glob("*.parquet")} == before
    main(sweep(own(), tmp_path / "b", "executor.workers=1"))
    assert digest(tmp_path / "b") == first


def test_a_sampled_design_has_its_indices_and_their_figure(
    own: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row for every outcome, factor and index; harm falls as the threshold does, and platforms are kept apart."""
    factors = {
        "threshold": {"keys": ["platforms.*.channels.classifier.threshold"], "range": [-1, 4]},
        "share": {"keys": ["platforms.*.willingness"], "range": [0.1, 1]},
    }
    main(
        sweep(
            own(
                factors=factors, sampling={"method": "morris", "samples": 2}, replicates=1,
                outcomes=["harm_total", "cases_total", "cases_total.weibo"], curves=["prevalence by platform"],
                figures=[{"kind": "sensitivity"}, {"kind": "multiples", "metric": "prevalence", "panels": "platform"}],
            ),
            tmp_path,
        )
    )  # fmt: skip
    folder = Path(capsys.readouterr().out.strip().splitlines()[-1])
    table = pd.read_csv(folder / "sensitivity.csv")
    assert len(table) == 3 * 2 * 3
    found = table.set_index(["outcome", "factor", "index"])["value"]
    assert found["cases_total", "threshold", "mu"] < 0
    assert found["cases_total", "threshold", "mu_star"] > found["cases_total", "share", "mu_star"]
    runs = runs_of(folder)
    assert (runs["cases_total.weibo"] > 0).all()
    assert (runs["cases_total.weibo"] < runs["cases_total"]).all()
    curves = pd.read_parquet(next(folder.glob("curves-*.parquet")))
    assert set(curves["metric"]) == {"prevalence.wechat", "prevalence.douyin", "prevalence.weibo"}
    assert len(list((folder / "figures").iterdir())) == 4


@pytest.mark.slow
def test_a_run_of_a_sweep_is_that_of_rectify_run(
    own: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same identity and the same numbers."""
    main(sweep(own(factors={"campaign": TINY["factors"]["campaign"]}, replicates=1), tmp_path / "a"))
    capsys.readouterr()
    runs = runs_of(tmp_path / "a" / "tiny").set_index("campaign")
    main(["run", *TINY["base"], "campaign=selfmedia_2023", f"output={tmp_path / 'r'}"])
    folder = Path(capsys.readouterr().out.strip().splitlines()[-1])
    assert folder.parent.name == runs.loc["selfmedia_2023", "identity"]
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["harm_total"] == runs.loc["selfmedia_2023", "harm_total"]


@pytest.mark.slow
def test_killed_sweep_completes_to_the_same_bytes(own: Write, tmp_path: Path) -> None:
    """SIGKILL at a random moment, then the same command again: the digest of an undisturbed sweep."""
    folder = own(replicates=6)
    main(sweep(folder, tmp_path / "whole"))
    command = [sys.executable, "-m", "rectify", *sweep(folder, tmp_path / "killed")]
    driver = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=os.environ)
    manifest = tmp_path / "killed" / "tiny" / "manifest.json"
    deadline = time.monotonic() + 60
    while not manifest.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(random.uniform(0.0, 8.0))
    driver.kill()
    driver.wait(timeout=30)
    main(sweep(folder, tmp_path / "killed"))
    assert digest(tmp_path / "killed") == digest(tmp_path / "whole")
    assert not list((tmp_path / "killed" / "tiny").glob(".*.part"))


@pytest.mark.slow
def test_interrupt_keeps_what_is_done(own: Write, tmp_path: Path) -> None:
    """Ctrl-C, as a terminal sends it to all processes: exit code 130, one line, and the same command goes on."""
    folder = own(replicates=500)
    command = [sys.executable, "-m", "rectify", *sweep(folder, tmp_path)]
    driver = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )  # fmt: skip
    parts = tmp_path / "tiny"
    deadline = time.monotonic() + 300
    while not list(parts.glob("runs-*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(driver.pid, signal.SIGINT)
    _, errors = driver.communicate(timeout=300)
    assert driver.returncode == 130, errors
    assert "Traceback" not in errors
    assert "runs are kept" in errors
    assert 0 < len(runs_of(parts)) < 3000


def failing_at(threshold: float, how: Callable[[], Any]) -> Callable[..., Outcome]:
    """A run that goes wrong at one threshold. Nested, so that it travels to the workers by value."""

    def run(values: dict[str, Any], seed: int, *names: Any) -> Outcome:
        if values["platforms"]["weibo"]["channels"]["classifier"]["threshold"] == threshold:
            how()
        return simulate(values, seed, *names)

    return run


@pytest.mark.parametrize(
    ("how", "word"),
    [
        pytest.param(lambda: 1 / 0, "ZeroDivisionError", id="raises"),
        pytest.param(lambda: os._exit(9), "process", id="dies", marks=pytest.mark.slow),
    ],
)
def test_failing_run_fails_alone(how: Callable[[], Any], word: str, tmp_path: Path) -> None:
    """It is recorded with its error, the others finish, and a later sweep does only the failed ones again."""
    plan = make_plan(build_experiment({**TINY, "name": "tiny", "replicates": 1}, "here"))
    result = run_plan(plan, tmp_path, Where(workers=2), function=failing_at(3.5, how))
    assert len(result.failed) == 2
    runs = runs_of(tmp_path / "tiny")
    assert (runs["status"] == "ok").sum() == 4
    assert set(runs.loc[runs["status"] == "failed", "threshold"]) == {3.5}
    assert runs.loc[runs["status"] == "failed", "error"].str.contains(word).all()
    again = run_plan(plan, tmp_path, Where(workers=2))
    assert (again.computed, again.failed) == (2, ())


def trivial(wrong: Collection[int], how: Callable[[], Any]) -> Callable[..., Outcome]:
    """Runs that take no time, and are handed out many at once; some seeds go wrong."""

    def run(values: dict[str, Any], seed: int, outcomes: list[str], curves: list[str]) -> Outcome:
        if seed in wrong:
            how()
        return Outcome("ok", outcomes=dict.fromkeys(outcomes, float(seed)), seconds=0.0)

    return run


@pytest.mark.parametrize(
    ("how", "word"),
    [
        pytest.param(lambda: 1 / 0, "ZeroDivisionError", id="raises"),
        pytest.param(lambda: os._exit(9), "process", id="dies", marks=pytest.mark.slow),
    ],
)
def test_failing_run_fails_alone_among_many_short_ones(how: Callable[[], Any], word: str, tmp_path: Path) -> None:
    """Those handed out with it are done, each with its own numbers; all are counted once, and what failed is named.

    There is one worker, whose process is started anew however often it dies.
    """
    factors = {"campaign": {"group": "campaign", "levels": ["none"]}}
    plan = make_plan(build_experiment({**TINY, "name": "tiny", "factors": factors, "replicates": 400}, "here"))
    seen: list[tuple[int, int, int]] = []
    wrong = [50, 200, 350]
    failing = trivial(wrong, how)
    result = run_plan(plan, tmp_path, Where(workers=1), lambda *state: seen.append(state), function=failing)
    assert sorted(what for what, _ in result.failed) == sorted(f"campaign=none seed={seed}" for seed in wrong)
    assert all(word in error for _, error in result.failed)
    assert seen[-1] == (400, 400, 3)
    runs = runs_of(tmp_path / "tiny")
    assert sorted(runs["seed"]) == list(range(1, 401))
    others = runs[~runs["seed"].isin(wrong)]
    assert (others["status"] == "ok").all()
    assert (others["harm_total"] == others["seed"]).all()


def test_failed_run_ends_with_exit_code_1(own: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A population that no machine holds passes validation and fails in the run."""
    folder = own(factors={"rows": {"keys": ["population.accounts"], "levels": [400, 2_000_000_000]}}, replicates=1)
    with pytest.raises(SystemExit) as exit_:
        main(sweep(folder, tmp_path, "executor.workers=1"))
    assert exit_.value.code == 1
    assert "rows=2000000000 seed=1" in capsys.readouterr().err
    assert list(runs_of(tmp_path / "tiny")["status"]) == ["ok", "failed"]


def test_fast_is_a_dataset_of_its_own_and_another_design_is_refused(
    own: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fewer levels, replicates and days; then another design of that name: exit code 2, and nothing touched."""
    main(sweep(own(), tmp_path, "fast=true", "executor.workers=1"))
    assert len(runs_of(tmp_path / "tiny_fast")) == 4
    before = {path.name: path.read_bytes() for path in (tmp_path / "tiny_fast").iterdir()}
    with pytest.raises(SystemExit) as exit_:
        main(sweep(own(outcomes=["harm_total"]), tmp_path, "fast=true"))
    assert exit_.value.code == 2
    assert "another design" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (tmp_path / "tiny_fast").iterdir()} == before


KEY = "platforms.*.channels.classifier.threshold"
ERRORS: list[tuple[dict[str, Any], list[str], list[str]]] = [
    ({}, ["experiment=tinny"], ["experiment: is given twice, as 'tiny' and as 'tinny'"]),
    ({}, ["executor=ray"], ["executor: 'ray'", "Known: dask, local"]),
    ({}, ["executor=dask"], ["executor.address: is missing"]),
    ({}, ["executor.adress=x"], ["executor.adress", "did you mean 'executor.address'"]),
    ({}, ["fast=maybe"], ["fast: must be true or false"]),
    ({}, ["replicates=1.5"], ["replicates: must be a whole number"]),
    ({}, ["population.acounts=5"], ["population.acounts", "did you mean"]),
    ({"outcomes": ["harm_totl"]}, [], ["outcomes: 'harm_totl'", "did you mean 'harm_total'"]),
    ({"curves": ["prevalense"]}, [], ["curves: 'prevalense'", "did you mean 'prevalence'"]),
    ({"factors": {"x": {"keys": ["platforms.*.reviw_capacity"], "levels": [1]}}}, [], ["review_capacity"]),
    ({"factors": {"x": {"group": "campaign", "levels": ["nune"]}}}, [], ["factors.x: campaign: 'nune'", "'none'"]),
    ({"factors": {"x": {"group": "campain", "levels": ["none"]}}}, [], ["factors.x", "did you mean 'campaign'"]),
    ({"factors": {"x": {"keys": [KEY], "levels": [1], "range": [1, 2]}}}, [], ["either 'levels' or 'range'"]),
    ({"factors": {"x": {"keys": [KEY], "range": [2, 1]}}}, [], ["from a lower to a higher"]),
    ({"factors": {"seed": {"keys": [KEY], "range": [1, 2]}}}, [], ["factors.seed: the name is taken"]),
    ({"sampling": {"method": "sobol", "samples": 3}}, [], ["power of 2"]),
    ({"sampling": {"method": "sobel"}}, [], ["sampling.method", "'sobol'"]),
    ({"qestion": "?"}, [], ["qestion: there is no such key", "did you mean 'question'"]),
    ({"figures": [{"kind": "response", "over": "treshold"}]}, [], ["figures[0].over", "did you mean 'threshold'"]),
    ({"figures": [{"kind": "sensitivity"}]}, [], ["figures[0]: sensitivity needs 'sampling.method' sobol or morris"]),
    ({"figures": [{"kind": "multiples", "metric": "prevalence", "panels": "kind"}]}, [], ["figures[0].metric"]),
    ({"curves": ["prevalence by platfrom"]}, [], ["did you mean 'prevalence by platform'"]),
    ({"outcomes": ["harm_total.weibbo"]}, [], ["did you mean 'harm_total.weibo'"]),
    ({"settings": {"platforms.*.wilingness": 1}}, [], ["settings: ", "did you mean 'willingness'"]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "arguments", "words"), ERRORS, ids=[str(error[2][0]) for error in ERRORS])
def test_error_is_explained(
    changes: dict[str, Any], arguments: list[str], words: list[str], own: Write, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Exit code 2, the key, what was given and what is allowed; no dataset is begun."""
    with pytest.raises(SystemExit) as exit_:
        main(sweep(own(**changes), tmp_path / "out", *arguments))
    assert exit_.value.code == 2
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    for word in words:
        assert word in printed
    assert not (tmp_path / "out" / "tiny").exists()


def test_an_unknown_experiment_is_answered_with_the_nearest(
    own: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And one that is not named at all with those there are."""
    folder = own()
    for arguments, words in (
        (["experiment=tinny"], ["experiment: 'tinny' is not known", "did you mean 'tiny'"]),
        ([], ["experiment: is missing", "rebound"]),
    ):
        with pytest.raises(SystemExit) as exit_:
            main(["sweep", f"--config-dir={folder}", *arguments])
        assert exit_.value.code == 2
        printed = capsys.readouterr().err
        assert all(word in printed for word in words), printed


def test_errors_of_all_cells_are_named_together(own: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two bad levels of two factors, before the first run."""
    factors = {
        "a": {"keys": ["behaviours.evading.deterrence"], "levels": [0.5, 7]},
        "b": {"keys": ["behaviours.posting.chilling"], "levels": [-1, 0.5]},
    }
    with pytest.raises(SystemExit):
        main(sweep(own(factors=factors), tmp_path / "out"))
    printed = capsys.readouterr().err
    assert "behaviours.evading.deterrence" in printed
    assert "behaviours.posting.chilling" in printed
    assert "(cell a=0.5 b=-1 and 1 more)" in printed


def test_no_scheduler_is_said_soon(own: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, with nothing begun."""
    with pytest.raises(SystemExit) as exit_:
        main(sweep(own(), tmp_path, "executor=dask", "executor.address=tcp://127.0.0.1:9"))
    assert exit_.value.code == 2
    assert "no scheduler answers" in capsys.readouterr().err
    assert not (tmp_path / "tiny").exists()


def test_what_answers_may_be_no_scheduler(own: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A web server's answer, taken for a message, begins with a length that no memory holds."""

    class WebServer(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with socketserver.TCPServer(("127.0.0.1", 0), WebServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"executor.address=tcp://127.0.0.1:{server.server_address[1]}"
        with pytest.raises(SystemExit) as exit_:
            main(sweep(own(), tmp_path, "executor=dask", address))
        server.shutdown()
    assert exit_.value.code == 2
    assert "no scheduler answers" in capsys.readouterr().err


@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes(own: Write, tmp_path: Path) -> None:
    """A scheduler and two workers, processes of their own on the loopback interface."""
    main(sweep(own(), tmp_path / "local"))
    environment = {**os.environ, "DASK_DISTRIBUTED__WORKER__DAEMON": "False"}
    port, quiet = 28786, {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    dask = [sys.executable, "-m", "dask"]
    scheduler_command = [*dask, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    address = f"tcp://127.0.0.1:{port}"
    worker_command = [*dask, "worker", address, "--nthreads", "1", "--no-dashboard", "--local-directory", str(tmp_path)]
    processes = [subprocess.Popen(command, **quiet) for command in (scheduler_command, worker_command, worker_command)]  # type: ignore[call-overload]
    try:
        time.sleep(12)
        main(sweep(own(), tmp_path / "cluster", "executor=dask", f"executor.address={address}"))
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=30)
    assert digest(tmp_path / "cluster") == digest(tmp_path / "local")


def test_only_one_writes(own: Write, tmp_path: Path) -> None:
    """A second sweep of the same dataset at the same time is refused."""
    from contextlib import closing

    from rectify.study.dataset import DatasetWriter
    from rectify.study.sweep import design_of

    plan = make_plan(build_experiment({**TINY, "name": "tiny"}, "here"))
    with (
        closing(DatasetWriter(tmp_path / "tiny", plan.experiment, design_of(plan))),
        pytest.raises(UserError, match="another sweep"),
    ):
        DatasetWriter(tmp_path / "tiny", plan.experiment, design_of(plan))


def test_forks_change_no_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same dataset with and without shared days; what sharing spared is said, and kept in the manifest."""
    manifests = []
    for forks in ("true", "false"):
        arguments = ["sweep", "experiment=rebound", "fast=true", f"forks={forks}", f"output={tmp_path / forks}"]
        main(arguments)
        assert ("shared days spared" in capsys.readouterr().err) == (forks == "true")
        (path,) = (tmp_path / forks).rglob("manifest.json")
        manifests.append(json.loads(path.read_text()))
    assert manifests[0]["digest"] == manifests[1]["digest"]
    assert manifests[0]["spared_seconds"] > 0 == manifests[1]["spared_seconds"]
