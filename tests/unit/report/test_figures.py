"""Figures from stored results: what is drawn is what was stored, over the run's range, with every campaign's window."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from rectify.core.errors import UserError
from rectify.core.quantity import Quantity
from rectify.report import comparison, figures, recidivism, sanctioning, style
from rectify.report.load import LAWFUL, StoredRun, Window, lanes, load_run
from rectify.store import write_tables

KINDS = {"rumours": 1.0, "hype": 0.4, "sensitive": 0.0}
PLATFORMS = ("big", "small")
TARGETS = {
    "one": {"label": "1. Harm done by rumours", "metric": "harm", "kinds": ["rumours"]},
    "two": {"label": "2. Zombie followers", "metric": "zombie_followers", "kinds": None},
}
CAMPAIGN: dict[str, Any] = {
    "label": "Spring campaign",
    "opens": "2024-02-01",
    "closes": "2024-02-14",
    "targets": TARGETS,
}
COUNTS = (
    "harm", "closed", "returned", "posts_removed", "cases", "backlog", "false_cases", "wrongly_closed",
    "wrongly_lesser", "reversals", "refused_name", "refused_identity", "audience_lost", "audience_recovered", "income",
    "sanction.closure", "sanction.mute", "sanction.warning", "sanction.note",
)  # fmt: skip
LEVELS = ("prevalence", "perceived_certainty", "perceived_certainty_lawful", "pressure", "takedown_delay")
CENSUS = ("real_followers", "zombie_followers")
METRICS = {
    **{name: Quantity(unit="things", number="count", meaning="Counted.", by=("platform", "kind"),
                      scales_with_population=True) for name in COUNTS},
    **{name: Quantity(unit="accounts", number="stock", meaning="Counted at a census.", by=("platform", "kind"),
                      scales_with_population=True) for name in CENSUS},
    **{name: Quantity(unit="share", number="level", meaning="A level.", by=("platform",), scales_with_population=False)
       for name in (*LEVELS, "inspected_prevalence")},
}  # fmt: skip
TIMED = [name for name in figures.FIGURES if name != "comparison"]


def make_frame(start: date, days: int) -> pd.DataFrame:
    """Series as a run stores them: random, with a total of every count, and a census each week."""
    random = np.random.default_rng(5)
    dates = pd.date_range(start, periods=days)
    rows = []

    def add(metric: str, platform: str, kind: str, values: np.ndarray, when: pd.DatetimeIndex = dates) -> None:
        rows.append(pd.DataFrame({"date": when, "platform": platform, "kind": kind, "metric": metric, "value": values}))

    def add_counts(metric: str, kinds: tuple[str, ...], when: pd.DatetimeIndex) -> None:
        parts = {(p, k): random.poisson(900, len(when)) * 1.5 for p in PLATFORMS for k in kinds}
        for (platform, kind), values in parts.items():
            add(metric, platform, kind, values, when)
        add(metric, "all", "all", sum(parts.values()), when)

    for metric in COUNTS:
        add_counts(metric, (*KINDS, LAWFUL) if metric == "income" else ("rumours", "hype"), dates)
    for metric in CENSUS:
        add_counts(metric, (*KINDS, LAWFUL), dates[::7])
    add("posts_unwritten", "big", LAWFUL, np.arange(days) * 10.0)
    add("posts_unwritten", "all", "all", np.arange(days) * 10.0)
    add("refused_cap", "all", "all", np.zeros(days))
    add("sanction.never", "all", "all", np.zeros(days))
    for metric in LEVELS:
        for platform in (*PLATFORMS, "all"):
            add(metric, platform, "all", random.uniform(0.1, 0.9, days))
    return pd.concat(rows).astype({"platform": "category", "kind": "category", "metric": "category"})


def make_config(start: date, days: int, campaigns: dict[str, Any]) -> dict[str, Any]:
    """The parts of a resolved configuration that figures look at."""
    return {
        "title": "A run for tests",
        "start": start.isoformat(),
        "end": (start + timedelta(days=days - 1)).isoformat(),
        "platforms": {"big": {"label": "Big Platform"}, "small": {"label": "Small Platform"}},
        "kinds": {name: {"label": f"Kind of {name}", "harm": harm} for name, harm in KINDS.items()},
        "sanctions": {
            "closure": {"label": "Closure", "counted_as": "closure"},
            "mute": {"label": "Posting ban", "counted_as": "lesser"},
            "warning": {"label": "Warning", "counted_as": "notice"},
            "never": {"label": "Never imposed", "counted_as": "lesser"},
            "note": {"label": "Note", "counted_as": "notice"},
        },
        "campaigns": campaigns,
    }  # fmt: skip


def store(
    folder: Path, start: date = date(2024, 1, 1), days: int = 80, campaigns: dict[str, Any] | None = None,
    published: tuple[tuple[str, float, float], ...] = (), without: tuple[str, ...] = (),
) -> Path:  # fmt: skip
    """Write a result folder; *without* these metrics."""
    folder.mkdir(parents=True)
    frame = make_frame(start, days)
    table = pd.DataFrame(
        [(name, value, counted, counted / value) for name, value, counted in published],
        columns=["figure", "published", "simulated", "ratio"],
    )
    write_tables(
        folder,
        config=make_config(start, days, campaigns or {}),
        series=frame[~frame["metric"].isin(without)],
        summary={"scale": 1.5, "days": float(days)},
        absent={},
        published=table,
        metrics=METRICS,
        outcomes={},
        about={"name": "run", "identity": "0" * 12, "seed": 1, "accounts": 9, "threads": 1, "seconds": 0.1},
    )
    return folder


PUBLISHED = (("closed_total", 1000.0, 1100.0), ("punished_fake_media", 5000.0, 4000.0), ("posts_removed", 9e5, 0.0))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Runs with a campaign, without one, and of three days, of which the campaign has the last two."""
    root = tmp_path_factory.mktemp("results")
    return {
        "campaign": store(root / "campaign", campaigns={"spring": CAMPAIGN}, published=PUBLISHED),
        "none": store(root / "none"),
        "short": store(root / "short", date(2024, 1, 31), 3, {"spring": CAMPAIGN}, PUBLISHED),
    }


@pytest.fixture(scope="module")
def runs(folders: dict[str, Path]) -> dict[str, StoredRun]:
    return {name: load_run(folder) for name, folder in folders.items()}


@pytest.fixture(scope="module")
def drawn(runs: dict[str, StoredRun]) -> Callable[[str, str], Figure]:
    """Figures, each drawn once."""
    made: dict[tuple[str, str], Figure] = {}

    def get(name: str, run: str) -> Figure:
        if (name, run) not in made:
            made[name, run] = figures.FIGURES[name](runs[run])
        return made[name, run]

    return get


def laid_out(figure: Figure) -> Figure:
    """The figure with everything in its place, as it is saved."""
    with style.house_style():
        style.lay_out(figure)
        figure.draw_without_rendering()
    return figure


def lines_of(ax: Axes) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Label → dates and values of each line with an entry in the legend, and of the last that is faint."""
    return {
        str(line.get_label()): (np.asarray(line.get_xdata(), dtype="datetime64[D]"), np.asarray(line.get_ydata()))
        for line in ax.lines
    }


def spans_of(ax: Axes) -> list[tuple[float, float]]:
    shaded = [patch for patch in ax.patches if (patch.get_gid() or "").startswith("window")]
    return [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in shaded]


def entries(ax: Axes) -> set[str]:
    box = ax.get_legend()
    return set() if box is None else {text.get_text().replace("\n", " ") for text in box.get_texts()}


def trailing_mean(values: np.ndarray) -> np.ndarray:
    return np.array([values[max(0, i - 6) : i + 1].mean() for i in range(len(values))])


# --- reading a folder ---------------------------------------------------------------------------------------------


def test_counts_add_up_over_platforms_and_kinds(runs: dict[str, StoredRun]) -> None:
    run = runs["campaign"]
    frame = run.frame[run.frame["metric"] == "closed"]
    table = frame[frame["platform"] != "all"].pivot_table(
        "value", "date", ["platform", "kind"], observed=True, aggfunc="sum"
    )
    np.testing.assert_allclose(run.series("closed", "big", "hype"), table["big", "hype"])
    np.testing.assert_allclose(run.series("closed", "big"), table["big"].sum(axis=1))
    np.testing.assert_allclose(run.series("closed", kind="hype"), table["big", "hype"] + table["small", "hype"])
    np.testing.assert_allclose(run.series("closed"), table.sum(axis=1))
    np.testing.assert_allclose(run.by_kind("closed").sum(axis=1), table.sum(axis=1))
    np.testing.assert_allclose(run.by_platform("closed")["small"], table["small"].sum(axis=1))
    assert list(run.by_kind("income")) == [*KINDS, LAWFUL]
    assert list(run.by_kind("closed")) == ["rumours", "hype"]  # one with nothing in it is left out


def test_what_was_not_stored_is_zero_for_counts_and_unknown_for_levels(runs: dict[str, StoredRun]) -> None:
    run = runs["campaign"]
    assert (run.series("closed", "big", "sensitive") == 0).all()
    assert (run.series("never_heard_of") == 0).all()
    assert len(run.series("never_heard_of")) == 80
    assert run.series("inspected_prevalence").isna().all()
    assert not run.has("refused_cap")
    assert run.has("closed")


def test_census_values_are_on_census_days_only(runs: dict[str, StoredRun]) -> None:
    run = runs["campaign"]
    for values in (run.series("real_followers"), run.series("real_followers", kind=LAWFUL)):
        assert len(values) == 80
        assert np.flatnonzero(values.notna()).tolist() == list(range(0, 80, 7))
        assert (values.dropna() > 0).all()
    nothing = run.series("real_followers", kind="unheard")
    assert (nothing.dropna() == 0).all()
    assert nothing.notna().sum() == 12


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([], []),
        ([(1, 3), (4, 6)], [(0, 1), (0, 1)]),
        ([(1, 4), (4, 6)], [(0, 2), (1, 2)]),
        ([(1, 9), (2, 3), (4, 5), (20, 21)], [(0, 2), (1, 2), (1, 2), (0, 1)]),
        ([(1, 9), (2, 8), (3, 4), (9, 12)], [(0, 3), (1, 3), (2, 3), (1, 3)]),
    ],
)
def test_windows_that_overlap_get_lanes_of_their_own(
    days: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    """No two that share a day are in one lane, and all that hang together divide the height by the same number."""
    first = pd.Timestamp("2023-01-01")
    windows = [Window("", first + pd.Timedelta(days=opens), first + pd.Timedelta(days=ends)) for opens, ends in days]
    assert lanes(windows) == expected


def test_windows_are_in_order_of_opening(tmp_path: Path) -> None:
    later = {"label": "Later", "opens": date(2024, 3, 1), "closes": "2024-03-05"}
    run = load_run(store(tmp_path / "run", campaigns={"later": later, "spring": CAMPAIGN}))
    assert [(w.label, str(w.opens.date()), str(w.closes.date())) for w in run.windows()] == [
        ("Spring campaign", "2024-02-01", "2024-02-14"),
        ("Later", "2024-03-01", "2024-03-05"),
    ]


@pytest.mark.parametrize("strategy", ["reactive", "calendar"])
def test_campaigns_on_other_days_than_planned_are_shaded_where_they_were(tmp_path: Path, strategy: str) -> None:
    """A reactive office's dates say nothing; the days on which pressure was demanded do, next to planned ones too."""
    folder = store(tmp_path / "run", campaigns={"spring": {**CAMPAIGN, "office": "one"}})
    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    config["offices"] = {"one": {"strategy": strategy}}
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    frame = pd.read_parquet(folder / "series.parquet")
    dates = pd.date_range("2024-01-01", periods=80)
    demanded = np.isin(np.arange(80), [4, 5, 6, 40, 70, 71]) * 0.7
    about = {"date": dates, "kind": "all", "metric": "pressure_demanded", "value": demanded}
    parts = [pd.DataFrame({**about, "platform": platform}) for platform in (*PLATFORMS, "all")]
    pd.concat([frame, *parts]).to_parquet(folder / "series.parquet")
    found = [(str(w.opens.date()), str(w.closes.date())) for w in load_run(folder).windows()]
    inside = ("2024-02-10", "2024-02-10") if strategy == "reactive" else ("2024-02-01", "2024-02-14")
    assert found == [("2024-01-05", "2024-01-07"), inside, ("2024-03-11", "2024-03-12")]


def test_labels_fall_back_on_plain_words(runs: dict[str, StoredRun]) -> None:
    assert runs["none"].label("kinds", "hype") == "Kind of hype"
    assert runs["none"].label("kinds", "fake_media") == "Fake media"
    assert runs["none"].title == "A run for tests"


def refused(folder: Path) -> str:
    """The message with which a folder is refused: one line."""
    with pytest.raises(UserError) as caught:
        load_run(folder)
    message = str(caught.value)
    assert message
    assert "\n" not in message
    return message


FILES = ("series.parquet", "summary.json", "published.csv", "config.yaml", "manifest.json")


@pytest.mark.parametrize("name", FILES)
def test_missing_and_broken_files_are_refused(tmp_path: Path, name: str) -> None:
    folder = store(tmp_path / "run", days=3)
    (folder / name).unlink()
    assert name in refused(folder)
    (folder / name).write_bytes(b"\x00\xff: [broken\n{")
    assert name in refused(folder)
    (folder / name).unlink()
    (folder / name).mkdir()
    assert name in refused(folder)


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    assert "nowhere" in refused(tmp_path / "nowhere")
    with pytest.raises(UserError, match="nowhere"):
        figures.draw_all(tmp_path / "nowhere")


@pytest.mark.parametrize("column", ["date", "platform", "kind", "metric", "value"])
def test_series_that_lack_a_column_are_refused(tmp_path: Path, column: str) -> None:
    folder = store(tmp_path / "run", days=3)
    make_frame(date(2024, 1, 1), 3).drop(columns=column).to_parquet(folder / "series.parquet")
    assert f"lacks the column(s) {column}" in refused(folder)


def test_wrong_contents_are_refused(tmp_path: Path) -> None:
    folder = store(tmp_path / "run", days=3, published=PUBLISHED)
    good = {name: (folder / name).read_bytes() for name in FILES}

    def message(name: str, content: bytes) -> str:
        (folder / name).write_bytes(content)
        text = refused(folder)
        (folder / name).write_bytes(good[name])
        load_run(folder)
        return text

    assert "not a date" in message("config.yaml", good["config.yaml"].replace(b"2024-01-01", b"yesterday"))
    assert "before start" in message("config.yaml", good["config.yaml"].replace(b"2024-01-03", b"2023-01-03"))
    assert "is not within the run" in message("config.yaml", good["config.yaml"].replace(b"2024-01-03", b"2024-01-02"))
    assert "names and values" in message("summary.json", b"[1, 2]")
    assert "lacks the column(s) ratio" in message("published.csv", b"figure,published,simulated\n")
    assert "other than numbers" in message("published.csv", b"figure,published,simulated,ratio\na,many,1,1\n")
    frame = make_frame(date(2024, 1, 1), 3)
    pd.concat([frame, frame.head(1)]).to_parquet(folder / "series.parquet")
    assert "two values" in refused(folder)


def imports_of(path: Path) -> set[str]:
    """Modules that a file imports, by full name."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_the_report_imports_neither_the_model_nor_global_plotting_state() -> None:
    files = {path.name: imports_of(path) for path in Path(style.__file__).parent.glob("*.py")}
    assert {"load.py", "figures.py"} <= set(files)
    for name, imported in files.items():
        ours = {module for module in imported if module.split(".")[0] == "rectify"}
        allowed = (
            "rectify.report", "rectify.core", "rectify.study", "rectify.store", "rectify.manifests", "rectify.parquet",
        )  # fmt: skip
        assert all(module.startswith(allowed) for module in ours), name
        assert not [module for module in imported if "pyplot" in module], name
    for name in ("__init__.py", "load.py"):  # read without loading matplotlib
        assert not [module for module in files[name] if module.startswith("matplotlib")]


# --- what is drawn ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", ["campaign", "none", "short"])
@pytest.mark.parametrize("name", TIMED)
def test_figures_cover_the_run_and_shade_campaigns(
    drawn: Callable[[str, str], Figure], runs: dict[str, StoredRun], name: str, run: str
) -> None:
    figure, dates = drawn(name, run), runs[run].dates
    assert figure.get_suptitle()
    for ax in figure.axes:
        assert ax.get_title(loc="left")
        assert ax.get_ylabel()
        assert ax.get_ylim()[0] == 0
        assert ax.get_xlim() == (date2num(dates[0]) - 0.5, date2num(dates[-1]) + 0.5)
        opens, closes = date2num(date(2024, 2, 1)), date2num(date(2024, 2, 14))
        assert spans_of(ax) == ([] if run == "none" else [(opens - 0.5, closes + 0.5)])
    assert figure.axes[-1].get_xlabel() == "Date"
    below = [text.get_text() for text in figure.legends[0].get_texts()]
    assert below == ([] if run == "none" else ["Spring campaign"])
    assert "A run for tests" in figure.legends[0].get_title().get_text()


def visible_texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every text with ink in a figure, and its place."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    texts = [figure._suptitle, *figure.legends[0].get_texts(), figure.legends[0].get_title()]
    for ax in figure.axes:
        texts += [ax._left_title, ax.yaxis.label, ax.xaxis.label, *ax.texts]
        for axis in (ax.xaxis, ax.yaxis):
            low, high = axis.get_view_interval()
            ticks = [tick for tick in axis.get_major_ticks() if min(low, high) <= tick.get_loc() <= max(low, high)]
            texts += [tick.label1 for tick in ticks if tick.label1.get_visible()]
        if ax.get_legend():
            texts += ax.get_legend().get_texts()
    return [(t.get_text(), t.get_window_extent(renderer)) for t in texts if t is not None and t.get_text().strip()]


@pytest.mark.parametrize("run", ["campaign", "short"])
@pytest.mark.parametrize("name", list(figures.FIGURES))
def test_no_text_overlaps_another_or_is_cut_off(drawn: Callable[[str, str], Figure], name: str, run: str) -> None:
    figure = laid_out(drawn(name, run))
    texts = visible_texts(figure)
    for i, (text, box) in enumerate(texts):
        assert box.x0 >= -1, text
        assert box.y0 >= -1, text
        assert box.x1 <= figure.bbox.x1 + 1, text
        assert box.y1 <= figure.bbox.y1 + 1, text
        for other, place in texts[i + 1 :]:
            common = Bbox.intersection(box, place)
            assert common is None or min(common.width, common.height) < 2, (text, other)


@pytest.mark.parametrize("name", TIMED)
def test_legends_hide_no_data(drawn: Callable[[str, str], Figure], name: str) -> None:
    figure = laid_out(drawn(name, "campaign"))
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    inner = [ax.get_window_extent(renderer) for ax in figure.axes]
    boxes = [ax.get_legend().get_window_extent(renderer) for ax in figure.axes if ax.get_legend()]
    for box in [*boxes, figure.legends[0].get_window_extent(renderer)]:
        assert all(Bbox.intersection(box, ax) is None for ax in inner)
    assert boxes or name == "targets", "there, each panel has one line, and its title says what it is"


def test_legends_name_every_series(drawn: Callable[[str, str], Figure]) -> None:
    def named(name: str) -> list[set[str]]:
        return [entries(ax) for ax in drawn(name, "campaign").axes]

    kinds = {"Kind of rumours", "Kind of hype"}
    assert named("content") == [{"All platforms", "Big Platform", "Small Platform"}, kinds]
    assert named("sanctioning") == [{"Closure"}, {"Posting ban"}, {"Warning", "Note"}]  # one never happens
    assert named("removal")[1] == {"Cases opened per day", "Cases waiting at the end of the day"}
    assert named("deterrence") == [{"Violators", "Lawful authors"}, {"Big Platform", "Small Platform"}]
    assert named("recidivism")[0] == {"Closures", "Returns"}
    assert named("recidivism")[2] == {"For the identity", "For the name"}  # the third reason never happens
    assert named("followers")[0] == {"Displayed (real and bought)", "Real"}
    assert "Wrongful closures" in named("collateral")[0]


def test_lines_are_the_stored_series(drawn: Callable[[str, str], Figure], runs: dict[str, StoredRun]) -> None:
    run = runs["campaign"]
    days = run.dates.to_numpy().astype("datetime64[D]")

    def check(name: str, panel: int, label: str, expected: Any, when: np.ndarray = days) -> None:
        dates, values = lines_of(drawn(name, "campaign").axes[panel])[label]
        np.testing.assert_array_equal(dates, when)
        np.testing.assert_allclose(values, np.asarray(expected, np.float64))

    prevalence = run.series("prevalence").to_numpy()
    check("content", 0, "_daily", prevalence)
    check("content", 0, "All platforms", trailing_mean(prevalence))
    check("content", 0, "Small Platform", trailing_mean(run.series("prevalence", "small").to_numpy()))
    check("content", 1, "_total", trailing_mean(run.series("harm").to_numpy()))
    check("sanctioning", 1, "Posting ban", trailing_mean(run.series("sanction.mute").to_numpy()))
    check("removal", 0, "_daily", run.series("posts_removed"))
    check("deterrence", 0, "Violators", run.series("perceived_certainty"))
    check("deterrence", 1, "Big Platform", run.series("pressure", "big"))
    check("recidivism", 0, "Closures", trailing_mean(run.series("closed").to_numpy()))
    lawful, total = (run.series("income", kind=k).to_numpy() for k in (LAWFUL, "all"))
    check("followers", 2, "Accounts that turn to violations", trailing_mean(total - lawful))
    check("collateral", 0, "Wrongful closures", trailing_mean(run.series("wrongly_closed").to_numpy()))
    check("collateral", 1, "Lawful posts not written", np.arange(80) * 10.0)
    real, bought = (run.series(name).dropna().to_numpy() for name in CENSUS)
    check("followers", 0, "Displayed (real and bought)", real + bought, days[::7])
    check("followers", 1, "All accounts", bought / (real + bought), days[::7])


def test_ratios_are_of_sums(drawn: Callable[[str, str], Figure], runs: dict[str, StoredRun]) -> None:
    run = runs["campaign"]
    delay, removed, false, cases = (
        run.series(name).to_numpy() for name in ("takedown_delay", "posts_removed", "false_cases", "cases")
    )
    waited = trailing_mean(delay * removed) / trailing_mean(removed)
    np.testing.assert_allclose(lines_of(drawn("removal", "campaign").axes[2])["Delay"][1], waited)
    share = trailing_mean(false) / trailing_mean(cases)
    np.testing.assert_allclose(lines_of(drawn("collateral", "campaign").axes[2])["Share of cases"][1], share)
    closed, returned = run.series("closed").cumsum(), run.series("returned").cumsum()
    dates, values = lines_of(drawn("recidivism", "campaign").axes[1])["Returns, of closures"]
    enough = (closed >= recidivism.ENOUGH * closed.iloc[-1]).to_numpy()
    assert 0 < enough.argmax() < 10
    np.testing.assert_array_equal(dates, run.dates[enough].to_numpy().astype("datetime64[D]"))
    np.testing.assert_allclose(values, (returned / closed)[enough])


def test_stacked_harm_reaches_its_total(drawn: Callable[[str, str], Figure], runs: dict[str, StoredRun]) -> None:
    harm = drawn("content", "campaign").axes[1]
    top = max(float(path.vertices[:, 1].max()) for area in harm.collections for path in area.get_paths())
    assert top == pytest.approx(trailing_mean(runs["campaign"].series("harm").to_numpy()).max())


def test_platforms_under_the_same_pressure_share_a_line(tmp_path: Path) -> None:
    folder = store(tmp_path / "run", days=20)
    frame = pd.read_parquet(folder / "series.parquet")
    frame.loc[frame["metric"] == "pressure", "value"] = 0.4
    frame.to_parquet(folder / "series.parquet")
    figure = figures.FIGURES["deterrence"](load_run(folder))
    assert entries(figure.axes[1]) == {"Big Platform, Small Platform (all alike)"}


@pytest.mark.parametrize("name", TIMED)
def test_absent_metrics_are_said_to_be_absent(tmp_path: Path, name: str) -> None:
    everything = (*COUNTS, *LEVELS, *CENSUS, "posts_unwritten")
    run = load_run(store(tmp_path / "run", campaigns={"spring": CAMPAIGN}, without=everything))
    figure = figures.FIGURES[name](run)
    for ax in figure.axes:
        assert [text.get_text() for text in ax.texts] == ["none in this run"]
        assert len(spans_of(ax)) == 1


def test_campaigns_outside_the_run_are_not_shaded(tmp_path: Path) -> None:
    before = {"label": "Before", "opens": "2023-01-01", "closes": "2023-12-31"}
    last = {"label": "Last day", "opens": "2024-01-20", "closes": "2024-05-01"}
    run = load_run(store(tmp_path / "run", days=20, campaigns={"before": before, "last": last}))
    figure = figures.FIGURES["content"](run)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["Last day"]
    assert [left for left, _ in spans_of(figure.axes[0])] == [date2num(date(2024, 1, 20)) - 0.5]


def test_sanctions_of_an_unknown_group_get_a_panel_if_they_occur(tmp_path: Path) -> None:
    folder = store(tmp_path / "run", days=5)
    config = yaml.safe_load((folder / "config.yaml").read_text())

    def last_panel_without(name: str) -> Axes:
        del config["sanctions"][name]
        (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        return sanctioning.draw(load_run(folder)).axes[-1]

    assert last_panel_without("never").get_title(loc="left") == "Notices and removals"
    other = last_panel_without("note")
    assert other.get_title(loc="left") == "Other"
    assert entries(other) == {"Note"}


def test_kinds_beyond_the_palette_are_added_up(tmp_path: Path) -> None:
    days, names = pd.date_range("2024-01-01", periods=3), [f"kind{i}" for i in range(10)]
    parts = {name: np.full(3, 1.0 + i) for i, name in enumerate(names)}
    rows = [pd.DataFrame({"date": days, "platform": "big", "kind": k, "value": v}) for k, v in parts.items()]
    folder = store(tmp_path / "run", days=3)
    pd.concat(rows).assign(metric="harm").to_parquet(folder / "series.parquet")
    ax = figures.FIGURES["content"](load_run(folder)).axes[1]
    assert entries(ax) == {f"Kind{i}" for i in range(3, 10)} | {"Other kinds"}
    tops = [max(path.vertices[:, 1].max() for path in area.get_paths()) for area in ax.collections]
    np.testing.assert_allclose(tops, np.cumsum([4, 5, 6, 7, 8, 9, 10, 1 + 2 + 3]))


def test_comparison_shows_each_figure_beside_its_twin(drawn: Callable[[str, str], Figure]) -> None:
    left, right = drawn("comparison", "campaign").axes
    lines = {line.get_label(): line for line in (*left.lines, *right.lines)}
    assert left.get_xscale() == right.get_xscale() == "log"
    np.testing.assert_allclose(lines["Published"].get_xdata(), [1000, 5000, 9e5])
    np.testing.assert_allclose(lines["Simulated"].get_xdata(), [1100, 4000])  # no zero on a log scale
    np.testing.assert_allclose(lines["_ratio"].get_xdata(), [1.1, 0.8])
    assert lines["_none"].get_ydata().tolist() == [2]
    assert [text.get_text() for text in right.texts] == ["1.10", "0.80", "0"]
    bands = sorted(round(patch.get_x() + patch.get_width(), 6) for patch in right.patches)
    assert bands == [1.25, 1.5]
    assert [label.get_text() for label in left.get_yticklabels()] == [
        "Accounts closed", "Accounts punished: fake media", "Posts removed",
    ]  # fmt: skip


def test_comparison_labels_follow_the_campaign_that_published(tmp_path: Path) -> None:
    about = {"value": 10.0, "measure": "closed", "kinds": ["rumours", "hype"], "platforms": ["small"]}
    campaign = {**CAMPAIGN, "published": {"closed_some": about}}
    run = load_run(store(tmp_path / "run", days=3, campaigns={"spring": campaign}))
    assert comparison.figure_label(run, "closed_some", 10.0) == "Accounts closed: rumours and hype on Small Platform"
    assert comparison.figure_label(run, "closed_some", 11.0) == "Accounts closed: some"
    assert comparison.figure_label(run, "lesser_total") == "Accounts punished less severely"
    assert comparison.figure_label(run, "something_else") == "Something else"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.25, "0.25"), (999, "999"), (1000, "1 k"), (1.234e6, "1.23 M"), (999_950, "1 M"), (2e10, "20 G")],
)
def test_engineering_notation(value: float, text: str) -> None:
    assert style.engineering(value) == text


def test_dates_in_few_words() -> None:
    def labels(*days: str) -> list[str]:
        return [
            text.strip() for text in style.DateLabels().format_ticks([date2num(date.fromisoformat(d)) for d in days])
        ]

    assert labels("2023-11-01", "2023-12-01", "2024-01-01") == ["Nov\n2023", "Dec", "Jan\n2024"]
    assert labels("2024-01-31", "2024-02-01") == ["31 Jan\n2024", "1 Feb"]
    assert labels("2023-01-01", "2024-01-01") == ["2023", "2024"]


# --- writing ------------------------------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_figures_are_written_alike_each_time(folders: dict[str, Path]) -> None:
    folder, names = folders["short"], ["content", "comparison"]
    before = dict(matplotlib.rcParams)
    written = figures.draw_all(folder, names)
    assert [path.name for path in written] == [f"{name}.{kind}" for name in names for kind in ("png", "svg")]
    first = contents(folder / "figures")
    assert set(first) == {path.name for path in written}
    assert all(content.startswith(b"\x89PNG" if name.endswith("png") else b"<?xml") for name, content in first.items())
    matplotlib.rcParams["axes.linewidth"] = 5.0  # the user's own settings make no difference
    try:
        figures.draw_all(folder, names)
    finally:
        matplotlib.rcParams["axes.linewidth"] = before["axes.linewidth"]
    assert contents(folder / "figures") == first
    assert dict(matplotlib.rcParams) == before


def test_png_has_150_dots_to_the_inch(folders: dict[str, Path]) -> None:
    path = figures.draw_all(folders["short"], ["deterrence"])[0]
    assert int.from_bytes(path.read_bytes()[16:20]) == style.WIDTH * 150


def test_comparison_is_left_out_where_nothing_was_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TIMED:
        monkeypatch.setitem(figures.FIGURES, name, lambda run: Figure(figsize=(1, 1)))
    folder = store(tmp_path / "run", days=3)
    expected = [f"{name}.{kind}" for name in TIMED if name != "targets" for kind in ("png", "svg")]
    assert [path.name for path in figures.draw_all(folder)] == expected
    assert sorted(contents(folder / "figures")) == sorted(expected)
    assert [path.name for path in figures.draw_all(folder, ["comparison"])] == ["comparison.png", "comparison.svg"]


def test_unknown_figure_is_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(UserError, match="did you mean 'content'"):
        figures.draw_all(folders["none"], ["contents"])


def test_nothing_is_left_behind_when_saving_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = store(tmp_path / "run", days=3)
    before = sorted(folder.iterdir())
    real = Figure.savefig

    def full(self: Figure, path: Path, **options: Any) -> None:
        real(self, path, **options)
        assert path.exists()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", full)
    with pytest.raises(UserError, match="No space left"):
        figures.draw_all(folder, ["content"])
    assert sorted(folder.iterdir()) == before


def test_old_figure_stays_when_renaming_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = store(tmp_path / "run", days=3)
    figures.draw_all(folder, ["deterrence"])
    before = contents(folder / "figures")

    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(UserError, match="Permission denied"):
        figures.draw_all(folder, ["deterrence", "content"])
    assert contents(folder / "figures") == before


def test_a_error_in_drawing_leaves_no_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = store(tmp_path / "run", days=3)

    def fail(run: StoredRun) -> Figure:
        raise RuntimeError("error")

    monkeypatch.setitem(figures.FIGURES, "content", fail)
    with pytest.raises(RuntimeError, match="error"):
        figures.draw_all(folder, ["content"])
    assert not (folder / "figures").exists()
