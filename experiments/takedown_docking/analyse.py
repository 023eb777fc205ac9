"""Table and figure of the takedown-delay experiment, from runs made here or stored before.

    python experiments/takedown_docking/analyse.py 500                          # graphs: seeds 0 to 499
    python experiments/takedown_docking/analyse.py results/takedown_docking     # every run below that folder

prints the tables, writes them into README.md between their markers, and draws ``reduction.svg`` and ``reduction.png``
beside it.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import yaml
from rich.progress import track

from rectify.configuration.composing import compose_any
from rectify.diffusion.run import run_diffusion

HERE = Path(__file__).resolve().parent
OUTCOMES = {"prevalence": "prevalence_21_60", "impressions": "impressions_per_illegal_message"}
HALF_LIVES = (None, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
RESAMPLES = 2000
VARIED = ("takedown_half_life", "sources")
"""What may differ between the runs compared, besides the seed."""


def read_runs(folder: Path) -> pd.DataFrame:
    """One row for each run below *folder*: half-life (NaN: no takedown), seed, both outcomes, fitted half-life.

    Raises ``SystemExit`` where there are none, or where they differ in more than seed and half-life.
    """
    rows, others = [], set()
    for path in sorted(folder.glob("*/seed=*/summary.json")):
        summary = json.loads(path.read_text(encoding="utf-8"))
        config = yaml.safe_load((path.parent / "config.yaml").read_text(encoding="utf-8"))
        audience = config["audience"]
        others.add(json.dumps({k: v for k, v in audience.items() if k not in VARIED} | {"steps": config["steps"]}))
        half_life = audience["takedown_half_life"]
        row = {"half_life": np.nan if half_life is None else half_life, "seed": config["seed"]}
        row |= {name: summary[key] for name, key in OUTCOMES.items()}
        rows.append(row | {"attention_half_life": summary["attention_half_life"]})
    if not rows or len(others) > 1:
        raise SystemExit(f"{folder}: {len(rows)} runs of {len(others)} experiments; runs of one are needed")
    return pd.DataFrame(rows)


def make_runs(graphs: int) -> pd.DataFrame:
    """The same rows, for seeds 0 to *graphs* - 1 and every half-life of HALF_LIVES, from runs made now."""
    rows = []
    for half_life in track(HALF_LIVES, description="half-lives"):
        given = "null" if half_life is None else half_life
        config = compose_any(["scenario=takedown_docking", f"audience.takedown_half_life={given}"])
        for seed in range(graphs):
            summary = run_diffusion(config.model_copy(update={"seed": seed})).summary
            row = {"half_life": np.nan if half_life is None else half_life, "seed": seed}
            row |= {name: summary[key] for name, key in OUTCOMES.items()}
            rows.append(row | {"attention_half_life": summary["attention_half_life"]})
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Estimate:
    """A number and its standard error."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} ± {100 * self.error:.1f}"


def reductions(runs: pd.DataFrame, outcome: str) -> dict[float, Estimate]:
    """Half-life → pooled reduction against the same seeds without takedown, errors by bootstrap over pairs."""
    wide = runs.pivot(index="seed", columns="half_life", values=outcome)
    without = runs[runs["half_life"].isna()].set_index("seed")[outcome]
    found = {}
    for half_life in sorted(wide.columns.dropna()):
        pairs = pd.concat([wide[half_life], without], axis=1).dropna().to_numpy()
        chosen = np.random.default_rng(0).integers(0, len(pairs), (RESAMPLES, len(pairs)))
        means = pairs[chosen].mean(axis=1)
        value = 1 - pairs[:, 0].mean() / pairs[:, 1].mean()
        found[float(half_life)] = Estimate(float(value), float((1 - means[:, 0] / means[:, 1]).std()))
    return found


def graphs_saved(runs: pd.DataFrame, outcome: str) -> dict[float, float]:
    """Half-life → how many times fewer graphs a reduction needs for the same error, because runs are paired.

    The ratio of the variances by bootstrap, with and without takedown on graphs of their own against on the same ones.
    """
    wide = runs.pivot(index="seed", columns="half_life", values=outcome)
    without = runs[runs["half_life"].isna()].set_index("seed")[outcome]
    saved = {}
    for half_life, paired in reductions(runs, outcome).items():
        pairs = pd.concat([wide[half_life], without], axis=1).dropna().to_numpy()
        generator = np.random.default_rng(1)
        means = [
            column[generator.integers(0, len(column), (RESAMPLES, len(column)))].mean(axis=1) for column in pairs.T
        ]
        saved[half_life] = float((1 - means[0] / means[1]).var() / paired.error**2)
    return saved


def comparison_table(ours: dict[str, dict[float, Estimate]], reference: list[dict[str, Any]]) -> str:
    """Ours beside the peer's and the second code's, where there are such; in the last columns the distance."""
    lines = [
        "| half-life (steps) | outcome | Rectify, % | second code, % | authors' code, % | apart from these, s.e. |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    for row in reference:
        half_life = row["half_life"]
        for outcome in OUTCOMES if half_life is not None else ():
            our = ours[outcome][float(half_life)]
            name = f"{outcome}_reduction"
            peer = Estimate(row[name], row[f"{name}_se"])
            second = Estimate(row["independent"][name], row["independent"][f"{name}_se"])
            apart = (our.value - peer.value) / np.hypot(our.error, peer.error)
            lines.append(f"| {half_life:g} | {outcome} | {our} | {second} | {peer} | {apart:+.1f} |")
    return "\n".join(lines)


def level_table(runs: pd.DataFrame, reference: list[dict[str, Any]]) -> str:
    """Levels without takedown: prevalence in per cent, and impressions per illegal message."""
    none = runs[runs["half_life"].isna()]
    (row,) = (row for row in reference if row["half_life"] is None)
    lines = ["| without takedown | Rectify | second code | authors' code |", "|---|---:|---:|---:|"]
    for outcome, factor, unit in (("prevalence", 100.0, "%"), ("impressions", 1.0, "per message")):
        mean, error = none[outcome].mean() * factor, none[outcome].std() / np.sqrt(len(none)) * factor
        lines.append(
            f"| {outcome}, {unit} | {mean:.2f} ± {error:.2f} | {row['independent'][outcome] * factor:.2f} "
            f"| {row[outcome] * factor:.2f} |"
        )
    return "\n".join(lines)


def fading_table(runs: pd.DataFrame, ours: dict[str, dict[float, Estimate]]) -> str:
    """What the closed form h / (h + τ) predicts, with h fitted to the runs without takedown, and how far it is off."""
    fitted = runs[runs["half_life"].isna()]["attention_half_life"]
    h = float(fitted.mean())
    lines = [
        f"Fitted without takedown: h = {h:.2f} ± {fitted.std() / np.sqrt(len(fitted)):.2f} steps.",
        "",
        "| τ (steps) | τ / h | predicted, % | prevalence, % | off, points | impressions, % | off, points |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for half_life, prevalence in ours["prevalence"].items():
        impressions = ours["impressions"][half_life]
        predicted = h / (h + half_life)
        off = [100 * (predicted - found.value) for found in (prevalence, impressions)]
        lines.append(
            f"| {half_life:g} | {half_life / h:.2f} | {100 * predicted:.1f} | {prevalence} | {off[0]:+.1f} "
            f"| {impressions} | {off[1]:+.1f} |"
        )
    return "\n".join(lines)


def draw(runs: pd.DataFrame, ours: dict[str, dict[float, Estimate]], reference: list[dict[str, Any]]) -> None:
    """Reduction of prevalence against half-life: ours, the two references, and the closed form with the fitted h."""
    plt.rcParams.update({"svg.hashsalt": "rectify", "axes.spines.top": False, "axes.spines.right": False})
    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    h = float(runs[runs["half_life"].isna()]["attention_half_life"].mean())
    grid = np.geomspace(0.4, 40, 200)
    ax.plot(grid, 100 * h / (h + grid), color="#8C8C8C", ls="--", label=f"h / (h + τ), fitted h = {h:.1f} steps")
    found = ours["prevalence"]
    ax.errorbar(
        list(found), [100 * e.value for e in found.values()], yerr=[196 * e.error for e in found.values()],
        fmt="o-", color="#0072B2", capsize=3, label="Rectify",
    )  # fmt: skip
    peers = [row for row in reference if row["half_life"] is not None]
    at = np.array([row["half_life"] for row in peers], np.float64)
    ax.errorbar(
        at * 1.06, [100 * row["prevalence_reduction"] for row in peers],
        yerr=[196 * row["prevalence_reduction_se"] for row in peers],
        fmt="s", color="#D55E00", capsize=3, label="authors' code",
    )  # fmt: skip
    ax.plot(
        at / 1.06, [100 * row["independent"]["prevalence_reduction"] for row in peers], "^", color="#009E73",
        label="second code",
    )  # fmt: skip
    ax.set_xscale("log", base=2)
    ax.set_xticks(list(found), [f"{x:g}" for x in found])
    ax.set_ylim(0, 100)
    ax.set_xlabel("Half-life of illegal messages until takedown, τ (steps)")
    ax.set_ylabel("Reduction of prevalence, %")
    ax.set_title("Delayed takedown, after Truong et al. (2025); bars: 95 %", loc="left", fontsize=10)
    ax.legend(frameon=False)
    figure.savefig(HERE / "reduction.svg", metadata={"Date": None})
    figure.savefig(HERE / "reduction.png", dpi=150, metadata={"Software": None})


def pairing_table(runs: pd.DataFrame) -> str:
    """How many times fewer graphs pairing needs, by half-life and outcome."""
    saved = {outcome: graphs_saved(runs, outcome) for outcome in OUTCOMES}
    lines = ["| τ (steps) | prevalence | impressions |", "|---:|---:|---:|"]
    lines += [
        f"| {tau:g} | {saved['prevalence'][tau]:.1f} | {saved['impressions'][tau]:.1f} |" for tau in saved["prevalence"]
    ]
    return "\n".join(lines)


def main(source: str) -> None:
    """Make everything from that many graphs, or from the runs below that folder."""
    runs = make_runs(int(source)) if source.isdigit() else read_runs(Path(source))
    reference = yaml.safe_load((HERE / "reference.yaml").read_text(encoding="utf-8"))["values"]
    ours = {outcome: reductions(runs, outcome) for outcome in OUTCOMES}
    tables = {
        "comparison": comparison_table(ours, reference),
        "levels": level_table(runs, reference),
        "fading": fading_table(runs, ours),
        "pairing": pairing_table(runs),
    }
    readme = HERE / "README.md"
    text = readme.read_text(encoding="utf-8")
    for name, table in tables.items():
        print(f"{table}\n")
        place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text = place.sub(lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text)
    readme.write_text(text, encoding="utf-8")
    draw(runs, ours, reference)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
