"""Draws the growth of cost: python plot.py OUT < PANELS

PANELS is JSON: a list of {"title", "unit", "points": [[x, images/s, FLOP/s]]}.
"""

import json
import sys

import matplotlib

matplotlib.use("svg")
# The same file from the same numbers.
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "growth"})

from matplotlib import pyplot as plt


def main():
    panels = json.load(sys.stdin)
    figure, rows = plt.subplots(1, len(panels), figsize=(3.2 * len(panels), 3))
    for axes, panel in zip(rows, panels):
        xs, images, flops = zip(*panel["points"])
        axes.loglog(xs, images, marker="o", color="tab:blue")
        axes.set_title(panel["title"])
        axes.set_xticks(xs, [f"{x:g}" for x in xs])
        axes.minorticks_off()
        axes.set_ylabel("images/s", color="tab:blue")
        right = axes.twinx()
        right.plot(xs, [flop / 1e9 for flop in flops], marker=".", color="tab:gray")
        right.set_ylim(bottom=0)
        right.set_ylabel("GFLOP/s", color="tab:gray")
    figure.tight_layout()
    figure.savefig(sys.argv[1], format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
