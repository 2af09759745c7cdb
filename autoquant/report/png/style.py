"""The look of the picture."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.legend import Legend

from autoquant.report.model.palette import GRID, INK, MUTED


def style(axes: Axes) -> None:
    """Quiet axes: no box, pale grid, readable numbers."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#c9d0d8")
    axes.tick_params(colors=INK, labelsize=10.5, color="#c9d0d8")
    axes.grid(True, color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)


LEGEND_COLUMNS = 6
"""Entries of a legend in a row."""


def title(axes: Axes, text: str, pad: float = 9) -> None:
    """Title at the left, as in the HTML report; ``pad`` leaves room for a legend below it."""
    axes.set_title(plain(text), loc="left", fontsize=13, fontweight="bold", color=INK, pad=pad)


def legend_above(
    axes: Axes, handles: Sequence[Artist] | None = None, *, right: bool, columns: int = LEGEND_COLUMNS
) -> Legend:
    """Legend above the panel: next to the title at the ``right``, or below the title at the left."""
    given = {} if handles is None else {"handles": handles}
    return axes.legend(
        loc="lower right" if right else "lower left",
        bbox_to_anchor=(1.0, 1.0) if right else (-0.01, 1.0),
        ncols=columns,
        fontsize=10,
        frameon=False,
        labelcolor=INK,
        handlelength=1.2,
        handletextpad=0.5,
        columnspacing=1.3,
        borderaxespad=0.25,
        **given,
    )


def label(axes: Axes, x: str, y: str) -> None:
    """Names of both axes."""
    axes.set_xlabel(plain(x), fontsize=11, color=MUTED)
    axes.set_ylabel(plain(y), fontsize=11, color=MUTED)


def plain(text: str) -> str:
    """Text in which a dollar sign starts no formula."""
    return text.replace("$", r"\$")


def shortened(text: str, length: int) -> str:
    """The end of a long name, which distinguishes layers."""
    return text if len(text) <= length else "…" + text[1 - length :]
