"""The look of the picture."""

from __future__ import annotations

from matplotlib.axes import Axes

from autoquant.report.palette import GRID, INK, MUTED


def style(axes: Axes) -> None:
    """Quiet axes: no box, pale grid, readable numbers."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#c9d0d8")
    axes.tick_params(colors=INK, labelsize=10.5, color="#c9d0d8")
    axes.grid(True, color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)


def title(axes: Axes, text: str) -> None:
    """Title at the left, as in the HTML report."""
    axes.set_title(plain(text), loc="left", fontsize=13, fontweight="bold", color=INK, pad=9)


def label(axes: Axes, x: str, y: str) -> None:
    """Names of both axes."""
    axes.set_xlabel(plain(x), fontsize=11, color=MUTED)
    axes.set_ylabel(plain(y), fontsize=11, color=MUTED)


def plain(text: str) -> str:
    """Text in which a dollar sign starts no formula."""
    return text.replace("$", r"\$")


def shortened(text: str, length: int) -> str:
    """The end of a long name, which tells layers apart."""
    return text if len(text) <= length else "…" + text[1 - length :]
