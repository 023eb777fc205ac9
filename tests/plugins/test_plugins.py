"""Mechanisms of anybody's, outside the checkout: made, run, swept, compared, reproduced, refused."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

from rectify.core.schedule import ScheduleError
from rectify.plugins import API, Plugin, PluginError, load_plugins, stream
from rectify.plugins.loading import kernels_kept_in
from rectify.plugins.plugin import FIRST_STREAM, check_plugin
from rectify.world.streams import Stream

SMALL = ["population.accounts=2000", "start=2023-03-01", "end=2023-03-31", "burn_in_days=0"]
ALL = "plugins=[lying_low,burst_posting,eagerness]"
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a user's with three plug-ins, a file each, as ``rectify new`` writes them."""
    place = tmp_path_factory.mktemp("mine")
    for kind, name in (("behaviour", "lying_low"), ("channel", "burst_posting"), ("metric", "eagerness")):
        done = rectify(place, "new", kind, name)
        assert done.returncode == 0, done.stderr
    assert {path.name for path in place.iterdir() if path.is_file()} == {
        *("lying_low.py", "burst_posting.py", "eagerness.py"),
        *("test_lying_low.py", "test_burst_posting.py", "test_eagerness.py"),
    }
    return place


def rectify(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, in a folder of the user's."""
    command = [sys.executable, "-m", "rectify", *arguments]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=600, check=False)


def folder_of(done: subprocess.CompletedProcess[str], place: Path) -> Path:
    """The result folder that a command printed last."""
    assert done.returncode == 0, done.stderr
    return place / done.stdout.strip().splitlines()[-1]


def test_a_new_plugin_works_at_once(folder: Path) -> None:
    """All three in one run: their series are there, their parameters count, and they are named in what is stored."""
    changes = ["behaviours.lying_low.share=0.5", "platforms.weibo.channels.burst_posting.most_posts=3"]
    with_it = folder_of(rectify(folder, "run", ALL, *changes, *SMALL, "output=out"), folder)
    without = folder_of(rectify(folder, "run", *SMALL, "output=out"), folder)
    mine, other = (json.loads((each / "summary.json").read_text()) for each in (with_it, without))
    assert mine["lying_low_days_total"] > 0
    assert mine["eagerness_mean"] > 0
    assert mine["posts_total"] < other["posts_total"]
    assert "lying_low_days_total" not in other
    series = pd.read_parquet(with_it / "series.parquet")
    assert {"lying_low_days", "eagerness"} <= set(series["metric"].astype(str))
    config = yaml.safe_load((with_it / "config.yaml").read_text())
    assert list(config["plugins"]) == ["lying_low", "burst_posting", "eagerness"]
    assert config["behaviours"]["lying_low"]["share"] == 0.5
    assert config["platforms"]["weibo"]["channels"]["burst_posting"]["most_posts"] == 3


def test_parameters_and_places_are_listed(folder: Path) -> None:
    shown = rectify(folder, "show", "params", ALL).stdout
    assert "behaviours.lying_low.share" in shown
    assert "channels.burst_posting" in shown
    assert "effort.burst_p" in shown
    plan = rectify(folder, "show", "plan", ALL).stdout
    assert plan.index("LyingLow") < plan.index("│ Posting")
    assert plan.index("Classifier") < plan.index("BurstPosting") < plan.index("NameScreening")


@pytest.mark.slow
def test_reproduced_only_when_named_and_only_unchanged(folder: Path, tmp_path: Path) -> None:
    """The code of a stored run's plug-ins is not run unasked; an edited one is told from the one of then."""
    for path in folder.glob("*.py"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    run = folder_of(rectify(tmp_path, "run", ALL, *SMALL, "output=out"), tmp_path)
    unasked = rectify(tmp_path, "reproduce", str(run))
    assert unasked.returncode == 2
    assert "needs the plug-in lying_low, whose code would be run" in unasked.stderr
    for permission in (ALL, "--allow-plugins"):
        again = rectify(tmp_path, "reproduce", str(run), permission)
        assert again.returncode == 0, again.stdout + again.stderr
    text = (tmp_path / "lying_low.py").read_text()
    (tmp_path / "lying_low.py").write_text(text + "\nEDITED = True\n")
    edited = rectify(tmp_path, "reproduce", str(run), ALL)
    assert edited.returncode == 2
    assert "plugins.lying_low: its sources have changed" in edited.stderr


@pytest.mark.slow
def test_swept_on_two_workers_and_compared(folder: Path, tmp_path: Path) -> None:
    """An experiment that needs plug-ins: refused unasked, then equal digests from two workers and from one."""
    experiment = tmp_path / "own" / "experiment" / "quiet.yaml"
    experiment.parent.mkdir(parents=True)
    experiment.write_text(
        yaml.safe_dump(
            {
                "question": "What does lying low change?",
                "plugins": ["lying_low", "burst_posting", "eagerness"],
                "base": SMALL,
                "factors": {"share": {"keys": ["behaviours.lying_low.share"], "levels": [0.0, 0.4]}},
                "replicates": 2,
                "outcomes": ["posts_total", "lying_low_days_total", "eagerness_mean"],
                "curves": ["lying_low_days"],
            }
        )
    )
    common = ["sweep", f"--config-dir={tmp_path / 'own'}", "experiment=quiet"]
    unasked = rectify(folder, *common, f"output={tmp_path / 'none'}")
    assert unasked.returncode == 2
    assert "needs the plug-in lying_low" in unasked.stderr
    assert not (tmp_path / "none").exists()
    digests = []
    for workers in (1, 2):
        output = tmp_path / f"out{workers}"
        done = rectify(folder, *common, ALL, f"output={output}", f"executor.workers={workers}")
        dataset = folder_of(done, folder)
        manifest = json.loads((dataset / "manifest.json").read_text())
        assert manifest["status"] == "complete"
        digests.append(manifest["digest"])
        runs = pd.concat([pd.read_parquet(path) for path in dataset.glob("runs-*.parquet")])
        assert list(runs["status"]) == ["ok"] * 4
        assert (runs.groupby("share")["lying_low_days_total"].sum() > 0).tolist() == [False, True]
    assert digests[0] == digests[1]
    compared = rectify(
        folder, "compare", "behaviours.lying_low.share=0", "behaviours.lying_low.share=0.5", ALL,
        f"base={' '.join(SMALL)}", "seeds=2", "outcomes=[posts_total]", f"output={tmp_path / 'c'}",
    )  # fmt: skip
    assert compared.returncode == 0, compared.stderr


@pytest.mark.slow
def test_checkpointed_and_on_two_threads(folder: Path) -> None:
    """From Python: a run that goes on from a checkpoint, and one on two threads, give the same bytes."""
    script = """
import sys
from rectify import RectificationModel, compose
from rectify.checkpoint import restore, save_state
from rectify.store import series_digest
overrides, plugins = sys.argv[1:], ["lying_low", "burst_posting", "eagerness"]
config = compose(overrides, plugins=plugins)
whole = series_digest(RectificationModel(config).run().series)
model = RectificationModel(config)
for _ in range(15):
    model.step()
save_state(model, "half.npz")
print(series_digest(restore(config, "half.npz").run().series) == whole)
threaded = RectificationModel(config.model_copy(update={"threads": 2})).run()
print(series_digest(threaded.series) == whole)
added = RectificationModel(compose(overrides), plugins=plugins)
print(series_digest(added.run().series) == whole)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, *SMALL], cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.stdout.split() == ["True"] * 3, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lying_low", "burst_posting", "eagerness"])
def test_what_is_new_passes_its_own_check(folder: Path, name: str) -> None:
    done = rectify(folder, "check", name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("yes") == 4


HONEST = 'reads: ClassVar[tuple[str, ...]] = ("turn.due", "turn.platform", "turn.kind", "world.active_campaigns")'
DISHONEST = {
    "reads what it does not declare": (
        HONEST,
        'reads: ClassVar[tuple[str, ...]] = ("turn.due", "turn.platform", "world.active_campaigns")',
        "LyingLow reads turn.kind and does not declare it as read",
    ),
    "writes what it does not declare": (
        "        active = turn.active.copy()\n",
        "        active = turn.active.copy()\n        world.accounts.strikes[:] = 3\n",
        "LyingLow writes to something that it does not declare",
    ),
    "a kernel without a word on its outputs": ("    outputs: active\n", "", "has no line 'outputs: ...'"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new", "said"), DISHONEST.values(), ids=DISHONEST)
def test_a_plugin_that_does_more_than_it_says_is_found(
    folder: Path, tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = (folder / "lying_low.py").read_text()
    assert text.count(old) == 1
    (tmp_path / "lying_low.py").write_text(text.replace(old, new))
    done = rectify(tmp_path, "check", "lying_low")
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stdout


HEAD = "from rectify.plugins import *\nfrom rectify.metrics.metric import tally\n"
PROCESS = """
class Own:
    phase, reads, writes = "posting", {reads}, {writes}
    @classmethod
    def build(cls, setup): return cls()
    def step(self, world, turn): pass
"""
BAD: dict[str, tuple[str, str]] = {
    "no such module": ("", "there is no module"),
    "does not import": ("import nowhere_to_be_found\n", "cannot be imported: ModuleNotFoundError"),
    "raises": ("raise SystemExit('bye')\n", "cannot be imported: SystemExit: bye"),
    "syntax": ("def (:\n", "cannot be imported: SyntaxError"),
    "no plug-in": ("x = 1\n", "has no PLUGIN"),
    "another version": (f"{HEAD}PLUGIN = Plugin(api=99)\n", "was written for version 99"),
    "unknown column": (
        HEAD + PROCESS.format(reads='("accounts.strikkes",)', writes="()")
        + 'PLUGIN = Plugin(processes=[before("Posting", Own)])\n',
        "did you mean 'accounts.strikes'",
    ),
    "owned column": (
        HEAD + PROCESS.format(reads="()", writes='("accounts.strikes",)')
        + 'PLUGIN = Plugin(processes=[before("Posting", Own)])\n',
        "accounts.strikes has two writers",
    ),
    "number forgotten": (
        HEAD + 'PLUGIN = Plugin(metrics=[Metric("mine", "x", "X.")])\n',
        "missing 1 required keyword-only argument: 'number'",
    ),
    "unfilled counter": (
        HEAD + 'PLUGIN = Plugin(metrics=[tally("postss", "posts", "Misspelt.")])\n',
        "counters.postss, which nothing fills; did you mean 'counters.posts'",
    ),
    "no such place": (
        HEAD + PROCESS.format(reads="()", writes="()") + 'PLUGIN = Plugin(processes=[after("Postings", Own)])\n',
        "after Postings, which is not in the day; did you mean 'Posting'",
    ),
    "read too early": (
        HEAD + PROCESS.format(reads='("turn.lawful_posts",)', writes="()")
        + 'PLUGIN = Plugin(processes=[before("Posting", Own)])\n',
        "reads turn.lawful_posts before anything has written it",
    ),
    "column there already": (
        HEAD + 'PLUGIN = Plugin(columns={"accounts.strikes": Column("int8", "count", "mine")})\n',
        "accounts.strikes is there already",
    ),
    "column of no table": (
        HEAD + 'PLUGIN = Plugin(columns={"acounts.x": Column("int8", "count", "mine")})\n',
        "did you mean 'accounts'",
    ),
    "parameter without a source": (
        HEAD + "class P(Params):\n    x: float = uncertainty('share', 'X.', default=0.5)\nPLUGIN = Plugin(params=P)\n",
        "no source is given for the parameter 'x'",
    ),
    "process without a step": (
        HEAD + "class Own: phase, reads, writes, build = 'x', (), (), None\n"
        'PLUGIN = Plugin(processes=[after("Posting", Own)])\n',
        "has no 'step'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_bad_plugins_are_explained(tmp_path: Path, text: str, said: str, in_folder: None) -> None:
    """One line naming the module and the cause, and no result."""
    name = f"bad_{tmp_path.name.replace('-', '_')}"
    if text:
        Path(f"{name}.py").write_text(text)
    from rectify import RectificationModel, UserError, compose

    with pytest.raises(UserError) as caught:
        RectificationModel(compose([*SMALL, "population.accounts=300", f"plugins=[{name}]"]))
    (line,) = str(caught.value).split("\n")
    assert said in line
    assert name in line
    assert not isinstance(caught.value, ScheduleError)


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own folder as the current one, and the import path as it was afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return


@pytest.mark.usefixtures("in_folder")
def test_what_numbers_of_ones_own_are_is_known() -> None:
    """Of a metric, and of an outcome; one that a run does not have is absent, with the reason given."""
    Path("telling.py").write_text(
        "from rectify.plugins import Metric, Outcome, Plugin\n"
        "PLUGIN = Plugin(\n"
        "    metrics=[Metric('mine', 'things', 'Things.', lambda r: r.count('posts'), number='count', "
        "counters=('posts',))],\n"
        "    outcomes=[\n"
        "        Outcome('mine_twice', 'things', 'Twice.', lambda r: 2 * r.total('mine').sum(), 'count', True),\n"
        "        Outcome('mine_never', 'share', 'Never.', lambda r: float('nan'), absent_when='it never is'),\n"
        "    ],\n"
        ")\n"
    )
    from rectify import RectificationModel, compose

    result = RectificationModel(compose([*SMALL, "population.accounts=300", "plugins=[telling]"])).run()
    assert result.metrics["mine"].unit == "things"
    assert (result.outcomes["mine_total"].unit, result.outcomes["mine_total"].number) == ("things", "count")
    assert result.summary["mine_twice"] == 2 * result.summary["mine_total"]
    assert result.outcomes["mine_twice"].scales_with_population
    assert result.outcomes["mine_never"].is_share
    assert "mine_never" not in result.summary
    assert result.absent["mine_never"] == "it never is"


@pytest.mark.usefixtures("in_folder")
def test_two_that_claim_one_name_are_refused() -> None:
    for name in ("claims_a", "claims_b"):
        Path(f"{name}.py").write_text(HEAD + 'PLUGIN = Plugin(metrics=[tally("mine", "x", "X.")])\n')
    with pytest.raises(PluginError, match="claims_a and claims_b both bring the metric mine"):
        load_plugins(["claims_a", "claims_b"])
    with pytest.raises(PluginError, match="named twice"):
        load_plugins(["claims_a", "claims_a"])


@pytest.mark.usefixtures("in_folder")
def test_the_digest_covers_every_module_of_ones_own() -> None:
    """A helper that a helper imports counts; libraries do not, nor what is not imported."""
    Path("mine_helper.py").write_text("from mine_deeper import VALUE\n")
    Path("mine_deeper.py").write_text("VALUE = 1\n")
    Path("mine_unused.py").write_text("VALUE = 1\n")
    Path("mine.py").write_text("import numpy\nimport mine_helper\n" + HEAD + "PLUGIN = Plugin()\n")
    (first,) = load_plugins(["mine"])
    Path("mine_unused.py").write_text("VALUE = 2\n")
    assert load_plugins(["mine"]) == (first,)
    Path("mine_deeper.py").write_text("VALUE = 2\n")
    (second,) = load_plugins(["mine"])
    assert second.digest != first.digest
    assert sys.modules["mine_helper"].VALUE == 2, "what had been imported is imported anew"


KERNEL_SCRIPT = """
from rectify.plugins import load_plugins
import sys
load_plugins(["counting"])
import counting, numpy as np
out = np.zeros(1)
counting.twice.serial(21.0, out)
print(out[0])
"""


def test_an_edited_helper_compiles_only_the_plugin_anew(tmp_path: Path) -> None:
    """Machine code of a helper's old text is not used; the core's own kernels stay as they are."""
    (tmp_path / "factor.py").write_text("from rectify.plugins import device\n@device\ndef scaled(x): return 2.0 * x\n")
    (tmp_path / "counting.py").write_text(
        "from factor import scaled\nfrom rectify.plugins import Plugin, kernel\n@kernel\ndef twice(x, out):\n"
        '    """Twice.\n\n    outputs: out\n    """\n    out[0] = scaled(x)\n\nPLUGIN = Plugin()\n'
    )
    cache = tmp_path / "cache"
    environment = {**os.environ, "RECTIFY_KERNEL_CACHE": str(cache)}

    def run() -> float:
        done = subprocess.run(
            [sys.executable, "-c", KERNEL_SCRIPT], cwd=tmp_path, env=environment, capture_output=True, text=True,
            timeout=300, check=True,
        )  # fmt: skip
        return float(done.stdout)

    assert run() == 42.0
    (core,) = cache.iterdir()
    own = {path.name for path in (core / "plugins").iterdir()}
    assert len(own) == 1
    (tmp_path / "factor.py").write_text("from rectify.plugins import device\n@device\ndef scaled(x): return 3.0 * x\n")
    assert run() == 63.0
    assert list(cache.iterdir()) == [core]
    assert len({path.name for path in (core / "plugins").iterdir()} - own) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "3"])
def test_damaged_notes_of_a_plugins_kernels_are_written_anew(tmp_path: Path, text: str) -> None:
    """What a process left behind, killed or on a full disk, is no reason to stop."""
    cache = tmp_path / "kernels"
    cache.mkdir()
    (cache / "also_loaded.json").write_text(text)
    (cache / "of_before.nbi").write_text("")
    with kernels_kept_in(cache):
        pass
    assert [path.name for path in cache.iterdir()] == ["also_loaded.json"]
    assert json.loads((cache / "also_loaded.json").read_text()) == {}


def test_workers_that_load_one_plugin_at_once_read_whole_notes(tmp_path: Path) -> None:
    """Notes that another process has half written would forget the kernels kept, or stop a sweep."""
    kept = tmp_path / "kernels" / "of_before.nbi"
    kept.parent.mkdir()
    kept.write_text("")
    script = (
        "from pathlib import Path\nfrom rectify.plugins.loading import kernels_kept_in\n"
        f"for _ in range(3000):\n    with kernels_kept_in(Path({str(kept.parent)!r})): pass\n"
    )
    workers = [
        subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True, cwd=tmp_path)
        for _ in range(3)
    ]
    assert [worker.communicate(timeout=300)[1] for worker in workers] == ["", "", ""]
    assert sorted(path.name for path in kept.parent.iterdir()) == ["also_loaded.json", "of_before.nbi"]


def test_streams_lie_above_the_built_in_ones() -> None:
    """And are the same for a name wherever it is asked for."""
    assert stream("lying_low.silence") == stream("lying_low.silence") >= FIRST_STREAM > max(Stream)
    assert stream("lying_low.silence") != stream("lying_low.noise")
    assert check_plugin("fine", Plugin(api=API)).channels == ()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new", "behaviour", "Lying-Low"], "cannot name a plug-in"),
        (["new", "behaviour", "class"], "cannot name a plug-in"),
        (["new", "behavior", "x"], "invalid choice: 'behavior'"),
        (["run", "plugins=3"], "give names of modules"),
        (["run", "plugins=[json]"], "has no PLUGIN"),
        (["run", "plugins=[../x]"], "is not the name of a module"),
        (["run", "plugins=[lying_lo]"], "did you mean 'lying_low'"),
        (["run", "plugins=[lying_low]", "behaviours.lying_low.shre=1"], "did you mean"),
        (["run", "plugins=[lying_low]", "behaviours.lying_low.share=2"], "behaviours.lying_low.share: input should be"),
        (["run", "plugins=[lying_low]", "scenario=takedown_docking"], "is for the model 'accounts'"),
    ],
)
def test_bad_arguments_are_explained(folder: Path, arguments: list[str], said: str) -> None:
    done = rectify(folder, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_worked_page_shows_what_is_written(tmp_path: Path) -> None:
    """Every block of Python on the page about a channel of one's own stands in the file that the command writes."""
    assert rectify(tmp_path, "new", "channel", "bursts").returncode == 0
    written = (tmp_path / "bursts.py").read_text(encoding="utf-8")
    page = (Path(__file__).parents[2] / "sim" / "README.md").read_text(encoding="utf-8")
    section = page.split("## A channel of your own, worked")[1].split("\n## ")[0]
    blocks = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(blocks) >= 5
    for block in blocks:
        assert block in written, block
