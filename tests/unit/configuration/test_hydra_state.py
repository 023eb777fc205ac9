"""Composing inside an application that uses Hydra itself: its state, and its log, stay as they were."""

from __future__ import annotations

import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hydra
import pytest
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.utils import JobRuntime
from hydra.version import VersionBase
from omegaconf import OmegaConf

from rectify import ConfigError, compose


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """A folder of another application's configuration."""
    (tmp_path / "app.yaml").write_text("defaults: [_self_, campaign: mild]\nwork: 3\n")
    (tmp_path / "campaign").mkdir()
    (tmp_path / "campaign" / "mild.yaml").write_text("strength: 1\n")
    return tmp_path


def test_an_initialised_hydra_stays_initialised(application: Path) -> None:
    """The application goes on composing its own files, after Rectify composed and after Rectify refused."""
    store = ConfigStore.instance()
    store.store(group="catalogue", name="all", node={"theirs": 1})
    store.store(group="campaign", name="none", node={"theirs": 2})
    store.store(group="campaign", name="strong", node={"strength": 9})
    entries = store.repo
    try:
        with hydra.initialize_config_dir(str(application), job_name="theirs", version_base="1.2"):
            before = GlobalHydra.instance()
            assert list(compose(["campaign=none"]).campaigns) == []
            with pytest.raises(ConfigError, match="did you mean"):
                compose(["campagn=none"])
            with pytest.raises(ConfigError, match="campaign: 'strong' is not known"):
                compose(["campaign=strong"])
            assert GlobalHydra.instance() is before
            assert hydra.compose("app", overrides=["campaign=strong"]) == {"work": 3, "campaign": {"strength": 9}}
            assert JobRuntime.instance().get("name") == "theirs"
            assert str(VersionBase.instance().getbase()) == "1.2"
        assert store.repo is entries
        assert store.load("catalogue/all.yaml").node == {"theirs": 1}
        assert store.load("campaign/none.yaml").node == {"theirs": 2}
    finally:
        del entries["catalogue"], entries["campaign"]


def test_a_resolver_of_the_applications_stays_its_own() -> None:
    OmegaConf.register_new_resolver("now", lambda _: "theirs", replace=True)
    try:
        compose(["campaign=none"])
        assert OmegaConf.create({"at": "${now:%Y}"}).at == "theirs"
    finally:
        OmegaConf.clear_resolver("now")


def test_resolvers_of_hydras_are_at_hand_while_composing_and_no_longer() -> None:
    known = OmegaConf.has_resolver("now")
    assert compose(["campaign=none", "title='as of ${now:%Y}'"]).title.startswith("as of 20")
    assert OmegaConf.has_resolver("now") == known


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Also where the application wants to hear everything."""
    with caplog.at_level(logging.DEBUG):
        compose(["campaign=none"])
    assert caplog.records == []


def test_threads_compose_at_once() -> None:
    """Each gets its own configuration."""
    with ThreadPoolExecutor(4) as pool:
        seeds = list(pool.map(lambda seed: compose([f"seed={seed}"]).seed, range(8)))
    assert seeds == list(range(8))


APPLICATION = """
import hydra, logging, sys
from omegaconf import DictConfig

@hydra.main(version_base="1.3", config_path=".", config_name="app")
def main(config: DictConfig) -> None:
    from hydra.core.hydra_config import HydraConfig
    from rectify import RectificationModel, compose
    mine = compose(["campaign=none", "population.accounts=300", "end=2023-01-03", "burn_in_days=0"])
    RectificationModel(mine).run()
    logging.getLogger("theirs").info("work=%s job=%s seed=%s", config.work, HydraConfig.get().job.name, mine.seed)

main()
"""


def test_inside_a_hydra_application(application: Path) -> None:
    """A run within ``hydra.main``: the application's settings hold, and its log has its own lines alone."""
    (application / "study.py").write_text(APPLICATION)
    done = subprocess.run(
        [sys.executable, "study.py", "work=5"], cwd=application, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].endswith("[theirs][INFO] - work=5 job=study seed=1")
