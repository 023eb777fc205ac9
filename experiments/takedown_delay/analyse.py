"""Table and figure of the takedown-delay study, from its dataset alone.

    python experiments/takedown_delay/analyse.py results/takedown_delay

prints the table, writes it into README.md between its markers, and draws ``prevented.svg`` and ``prevented.png``.
"""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from rectify.report import style
from rectify.report.figures import FORMATS, write_figure
from rectify.study.paired import mean_interval
from rectify.study.stored import load_sweep

HERE = Path(__file__).resolve().parent
PUBLISHED = {0.25: 96.7, 0.5: 87.1, 1: 70.7, 2: 53.0, 4: 31.5, 8: 21.7, 16: 8.1, 32: 2.7}
"""Reduction of prevalence, %, by takedown half-life in days: Truong et al. (2025), empirical network, 1 % illegal."""
OUTCOMES = {"harm_total": "views prevented", "prevalence_mean": "prevalence"}


def reductions(folder: Path) -> pd.DataFrame:
    """A row for each cell: half-life of delay and of attention, days, then mean, low and high of both reductions, %."""
    stored = load_sweep(folder)
    runs = stored.runs.set_index(["cell", "seed"])
    without = stored.runs[stored.runs["cell"] == stored.reference].set_index("seed")
    rows = []
    for cell, group in stored.runs[stored.runs["cell"] != stored.reference].groupby("cell"):
        own = runs.loc[cell]
        row = {
            "tau": float(f"{group['delay'].iloc[0] / 24 * math.log(2):.3g}"),
            "h": float(group["fading"].iloc[0]),
            "seeds": len(own),
        }
        for outcome in OUTCOMES:
            share = 100 * (1 - (own[outcome] / without[outcome]).dropna()).to_numpy()
            row[outcome], (row[f"{outcome}_low"], row[f"{outcome}_high"]) = share.mean(), mean_interval(share)
        rows.append(row | {"closed_form": 100 * row["h"] / (row["h"] + row["tau"])})
    return pd.DataFrame(rows).sort_values(["h", "tau"], ignore_index=True)


def table(found: pd.DataFrame) -> str:
    """The reductions beside the closed form and the published curve, as Markdown."""
    lines = ["| attention h, days | delay τ, days | h/(h+τ) | views prevented | prevalence | published |",
             "|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
    for row in found.to_dict("records"):
        published = f"{PUBLISHED[row['tau']]:.1f}" if row["h"] == 2.2 and row["tau"] in PUBLISHED else "–"
        cells = [f"{row[name]:.1f} [{row[f'{name}_low']:.1f}, {row[f'{name}_high']:.1f}]" for name in OUTCOMES]
        lines.append(
            f"| {row['h']:g} | {row['tau']:g} | {row['closed_form']:.1f} | {cells[0]} | {cells[1]} | {published} |"
        )
    return "\n".join(lines)


def draw(found: pd.DataFrame) -> None:
    """Reductions by delay, by half-life of attention; lines: closed form; crosses: the published curve."""
    with style.house_style():
        figure = style.new_figure("Views that takedown prevents, by its delay", 4.4)
        ax = figure.subplots()
        delays = np.geomspace(found["tau"].min() / 1.3, found["tau"].max() * 1.3, 200)
        for number, (h, rows) in enumerate(found.groupby("h", sort=True)):
            colour = style.SERIES_COLOURS[number]
            ax.plot(delays, 100 * h / (h + delays), color=colour, ls=style.DASHES[number], lw=1.4)
            low, high = (rows["harm_total"] - rows["harm_total_low"]), (rows["harm_total_high"] - rows["harm_total"])
            ax.errorbar(rows["tau"], rows["harm_total"], yerr=[low, high], fmt="o", color=colour, ms=5.5,
                        label=f"Simulated, attention halves in {h:g} days")  # fmt: skip
        ax.plot([], [], color=style.BLACK, lw=1.4, label="Closed form, h/(h+τ)")
        ax.plot(list(PUBLISHED), list(PUBLISHED.values()), "x", color=style.BLACK, ms=7, mew=1.8,
                label="Published: prevalence on a follower network")  # fmt: skip
        ax.set_xscale("log", base=2)
        ax.set_xticks(list(PUBLISHED), [f"{tau:g}" for tau in PUBLISHED])
        ax.set_xlabel("Half-life of takedown delay τ (days)")
        ax.set_ylabel("Views prevented (%)")
        ax.set_ylim(0, 102)
        style.legend(ax)
        style.note_below(
            figure,
            f"Means of {found['seeds'].min()} seeds with 95 % bootstrap intervals, most smaller than the dot, against "
            "twins without takedown. Published: Truong et al. (2025).",
        )
        style.lay_out(figure)
        for kind in FORMATS:
            write_figure(figure, HERE / f"prevented.{kind}")


def main(folder: Path) -> None:
    """Table, page and figure."""
    found = reductions(folder)
    text = table(found)
    print(text)
    page = HERE / "README.md"
    if page.is_file():
        new = f"<!-- reductions -->\n{text}\n<!-- end -->"
        page.write_text(re.sub(r"<!-- reductions -->.*?<!-- end -->", lambda _: new, page.read_text(), flags=re.S))
    draw(found)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
