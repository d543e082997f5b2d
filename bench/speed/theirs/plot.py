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
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter


def main():
    panels = json.load(sys.stdin)
    count = len(panels)
    figure, rows = plt.subplots(
        1, count, figsize=(3.6 * count, 3), squeeze=False
    )
    for axes, panel in zip(rows[0], panels):
        xs, images, flops = zip(*panel["points"])
        axes.loglog(xs, images, marker="o", color="tab:blue")
        axes.set_title(panel["title"])
        axes.set_xticks(xs, [f"{x:g}" for x in xs])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.set_ylim(min(images) / 1.6, max(images) * 1.6)
        axes.set_ylabel("images/s", color="tab:blue")
        right = axes.twinx()
        right.plot(xs, [flop / 1e9 for flop in flops], marker=".", color="tab:gray")
        right.set_ylim(bottom=0)
        right.set_ylabel("GFLOP/s", color="tab:gray")
    figure.tight_layout()
    figure.savefig(sys.argv[1], format="svg", metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
