"""A graph from a file over the accounts: who becomes whom, how many it names, and a population made for it."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from rectify import ConfigError, RectificationModel, RunConfig, compose
from rectify.assembly import sized, small
from rectify.audience.network import MessageNetwork
from rectify.core.notes import Note
from rectify.store import series_digest

pytestmark = pytest.mark.filterwarnings("ignore::rectify.core.notes.Note")

SHORT = ["audience=follower_network", "audience.graph=file", "end=2023-01-05", "burn_in_days=0", "campaign=none"]


def star(path: Path, leaves: int, name: str = "n{}") -> Path:
    """A graph in which everybody follows number 7, and 7 follows nobody."""
    edges = "".join(f"{name.format(leaf)},{name.format(7)}\n" for leaf in range(leaves + 1) if leaf != 7)
    path.write_text("follower,followed\n" + edges)
    return path


def configured(file: Path, *overrides: str) -> RunConfig:
    """A short run on the graph in *file*."""
    return compose([*SHORT, f"audience.file={file}", *overrides])


def network_of(model: RectificationModel) -> MessageNetwork:
    """The message network of a model with a follower network."""
    return next(process.network for process in model.schedule if hasattr(process, "network"))


def test_the_most_followed_is_the_account_of_the_largest_audience(tmp_path: Path) -> None:
    with pytest.warns(Note, match="names 51 of"):
        model = RectificationModel(configured(star(tmp_path / "g.csv", 50), "population.accounts=300"))
    counts, accounts = network_of(model).follows.follower_counts(), model.world.accounts
    opened = np.flatnonzero(accounts.opened_on < 0)
    assert counts.max() == 50 == counts.sum()
    assert counts.argmax() == opened[accounts.natural_audience[opened].argmax()]


def test_how_much_of_the_population_the_graph_names_is_said(tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = RectificationModel(configured(star(tmp_path / "g.csv", 50), "population.accounts=300"))
    opened = int((model.world.accounts.opened_on < 0).sum())
    texts = [str(each.message) for each in said if issubclass(each.category, Note)]
    assert texts[0] == "audience.file: g.csv: 50 follows among 51 accounts; follower follows followed"
    assert texts[1].startswith(f"audience.file: the graph names 51 of {opened} accounts that are open at the start")
    assert len(texts) == 2


def test_more_accounts_than_are_open_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^audience.file: 401 accounts, but only \d+ are open .*accounts=graph"):
        RectificationModel(configured(star(tmp_path / "g.csv", 400), "population.accounts=300"))


@pytest.mark.parametrize("leaves", [1, 9, 400])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_population_can_be_made_for_the_graph(tmp_path: Path, leaves: int, seed: int) -> None:
    """As many open as it names, the last row being one of them; and the beginning of any larger population."""
    path = star(tmp_path / "g.csv", max(leaves, 7) if leaves != 1 else 1)
    nodes = len({end for line in path.read_text().split()[1:] for end in line.split(",")})
    config = configured(path, "population.accounts=graph", f"seed={seed}")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        world = RectificationModel(config).world
    opened = np.flatnonzero(world.accounts.opened_on < 0)
    assert len(opened) == nodes
    assert opened[-1] == len(world.accounts) - 1
    assert not any("names" in str(each.message) for each in said)
    rows = sized(config).population.accounts
    assert rows == len(world.accounts)
    larger = RectificationModel(configured(path, f"population.accounts={3 * nodes + 500}", f"seed={seed}")).world
    np.testing.assert_array_equal(larger.accounts.natural_audience[:rows], world.accounts.natural_audience)


def test_the_same_rows_given_as_a_number_are_the_same_run(tmp_path: Path) -> None:
    path = star(tmp_path / "g.csv", 60)
    config = configured(path, "population.accounts=graph")
    number = sized(config).population.accounts
    runs = [RectificationModel(each).run() for each in (config, configured(path, f"population.accounts={number}"))]
    assert series_digest(runs[0].series) == series_digest(runs[1].series)
    assert config.identity != configured(path, f"population.accounts={number}").identity


def test_labels_do_not_decide_a_run(tmp_path: Path) -> None:
    """Numbers, handles, numbers from a million: one run."""
    runs = [
        RectificationModel(configured(star(tmp_path / f"{place}.csv", 40, name), "population.accounts=graph")).run()
        for place, name in enumerate(("{}", "user{}", "100000000000000{:02}"))
    ]
    assert len({series_digest(run.series) for run in runs}) == 1


def test_a_small_stand_in_reads_no_file(tmp_path: Path) -> None:
    config = configured(star(tmp_path / "g.csv", 400), "population.accounts=graph")
    tiny = small(config, 100)
    assert tiny.population.accounts == 100
    assert tiny.inputs == {}
    assert small(configured(tmp_path / "g.csv", "population.accounts=50"), 100).population.accounts == 50
    RectificationModel(tiny)
