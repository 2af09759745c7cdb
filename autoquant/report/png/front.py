"""Panels of the picture that show the front, its hypervolume and learning curves."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from autoquant.job import Baseline
from autoquant.report.model.data import ReportData
from autoquant.report.model.labels import place_labels
from autoquant.report.model.metric_format import metric_formats, violation_text
from autoquant.report.model.palette import BROKEN, FAINT, FLOAT_NETWORK, FRONT, INK, MUTED, SENSITIVITY, TEST, UNIFORM
from autoquant.report.model.panels import Frame, Panel, Spot
from autoquant.report.png.style import label, legend_above, plain, style, title

_HEIGHT = 330
"""Height of a panel in pixels, to judge where labels fit."""

_WIDE = 600
"""Width of a panel in pixels at which its legend fits beside its title with six entries in a row."""

_INSET = (0.44, 0.1, 0.55, 0.5)
"""Left, bottom, width and height of the close-up, in shares of the panel."""


def draw_front(axes: Axes, panel: Panel, width: float, *, legend: bool) -> None:
    """All trials, the front with its error bars, uniform bit-widths, the float network; a close-up where it helps.

    ``width`` of the panel is in pixels.
    """
    title(axes, "Front")
    label(axes, panel.x_format.heading, panel.y_format.heading)
    frame = panel.frame()
    if frame is None:
        _explain(axes, panel.data)
        return
    _networks(axes, panel, frame, width, _HEIGHT)
    close = panel.close_up()
    if close is None:
        _tests(axes, panel)
    elif _is_free(panel, frame):
        inset = axes.inset_axes(_INSET)
        style(inset)
        inset.tick_params(labelsize=9)
        inset.set_title("close-up; squares: scores on the test split", loc="left", fontsize=9.5, color=MUTED, pad=4)
        _tests(inset, panel)
        _networks(inset, panel, close, width * _INSET[2], _HEIGHT * _INSET[3])
        inset.spines[:].set_visible(True)
        inset.spines[:].set_color("#c9d0d8")
    if legend:
        legend_above(axes, right=True, columns=6 if width > _WIDE else 4)


def _explain(axes: Axes, data: ReportData) -> None:
    """Why there is nothing to draw."""
    axes.set_axis_off()
    formats = metric_formats(data)
    lines = ["No feasible network has been measured."]
    for baseline in data.uniform:
        broken = [violation_text(text, excess, data, formats) for text, excess in baseline.violations.items()]
        lines += [f"{baseline.label} {' and '.join(broken)}"] if broken else []
    text = plain("\n".join(lines[:8]))
    axes.text(0.5, 0.5, text, ha="center", va="center", fontsize=13, linespacing=1.8, color=BROKEN)


def _is_free(panel: Panel, frame: Frame) -> bool:
    """Whether a close-up would cover no network of the front and no baseline."""
    left, bottom, _, height = _INSET
    spots = panel.shares([*panel.front, *panel.uniform, *panel.sensitivity], frame)
    return not any(x > left - 0.08 and y < bottom + height + 0.1 for x, y in spots)


def _networks(axes: Axes, panel: Panel, frame: Frame, width: float, height: float) -> None:
    if panel.log_x:
        axes.set_xscale("log")
    axes.set_xlim(frame[0])
    axes.set_ylim(frame[1])
    others, infeasible = panel.others, panel.infeasible
    axes.scatter([s.x for s in others], [s.y for s in others], s=16, c=FAINT, alpha=0.5, lw=0, label="other trials")
    if infeasible:
        xs, ys = [s.x for s in infeasible], [s.y for s in infeasible]
        axes.scatter(xs, ys, s=22, c=BROKEN, marker="x", lw=1, label="breaks a constraint")
    across, up = panel.limits()
    for draw, bound in [*((axes.axvline, bound) for bound in across), *((axes.axhline, bound) for bound in up)]:
        draw(bound, color=BROKEN, ls=":", lw=1.5, label="limit")
    if panel.float_level is not None:
        axes.axhline(panel.float_level, color=FLOAT_NETWORK, ls="--", lw=1.3, label="float")
    elif panel.float_spot is not None:
        _marks(axes, [panel.float_spot], "float", FLOAT_NETWORK, "*", 11)
    xs, ys, shape = panel.stairs
    if xs:
        axes.step(xs, ys, where="post" if shape == "hv" else "pre", color=FRONT, lw=1.6)
    _marks(axes, panel.sensitivity, "sensitivity", SENSITIVITY, "^", 7, hollow=True)
    _marks(axes, panel.front, "front", FRONT, "o", 6)
    _marks(axes, panel.uniform, "uniform", UNIFORM, "D", 7)
    _polished(axes, panel.polished(panel.front), "polished", FRONT, "o")
    _polished(axes, panel.polished(panel.uniform), "_uniform, polished", UNIFORM, "D")
    _polished(axes, panel.polished_infeasible, "polished, breaks a limit", BROKEN, "o")
    _names(axes, panel, frame, width, height)


def _marks(
    axes: Axes, spots: Sequence[Spot], name: str, colour: str, marker: str, size: float, *, hollow: bool = False
) -> None:
    """``hollow`` marks have no error bars, so that they do not hide the front."""
    if not spots:
        return
    axes.errorbar(
        [s.x for s in spots],
        [s.y for s in spots],
        xerr=None if hollow else _bars([s.x_error for s in spots]),
        yerr=None if hollow else _bars([s.y_error for s in spots]),
        fmt=marker,
        color=colour,
        ms=size,
        mfc="white" if hollow else colour,
        mec=colour if hollow else "white",
        mew=1.5 if hollow else 0.7,
        elinewidth=1.2,
        capsize=2,
        label=name,
        zorder=3,
    )


def _polished(axes: Axes, pairs: Sequence[tuple[Spot, Spot]], name: str, colour: str, marker: str) -> None:
    """Hollow marks, each joined to what was searched; a name that begins with ``_`` stands in no legend."""
    for before, after in pairs:
        axes.plot([before.x, after.x], [before.y, after.y], color=colour, lw=1, alpha=0.5, zorder=2)
    _marks(axes, [after for _, after in pairs], name, colour, marker, 5, hollow=True)


def _bars(errors: list[float]) -> list[float] | None:
    return errors if any(errors) else None


def _tests(axes: Axes, panel: Panel) -> None:
    """Test scores as open squares, where there are any and the vertical axis is measured."""
    metric, scaled = panel.y.metric, panel.y_format.scaled
    points = []
    for spot in [*panel.front, *panel.uniform]:
        score = panel.data.score(spot.network, metric, "test")
        if score is not None and metric in spot.network.test_metrics:
            points.append((spot.x, scaled(score.value), scaled(score.error)))
    if points:
        xs, ys, errors = (list(column) for column in zip(*points, strict=True))
        bars = _bars(errors)
        axes.errorbar(
            xs,
            ys,
            yerr=bars,
            fmt="s",
            color=TEST,
            mfc="white",
            ms=4.5,
            elinewidth=1,
            capsize=2,
            label="on the test split",
        )


def _names(axes: Axes, panel: Panel, frame: Frame, width: float, height: float) -> None:
    """Labels of the uniform bit-widths inside the frame, kept apart from each other and from the front."""
    (left, right), (bottom, top) = frame
    spots = [s for s in panel.uniform if left <= s.x <= right and bottom <= s.y <= top]
    names = [s.network.label if isinstance(s.network, Baseline) else "" for s in spots]
    sizes = [(10.0 * len(name) / width, 16.0 / height) for name in names]
    places = place_labels(panel.shares(spots, frame), panel.shares(panel.front, frame), sizes)
    across, up = {-1: "right", 0: "center", 1: "left"}, {-1: "top", 0: "center", 1: "bottom"}
    for spot, name, (horizontal, vertical) in zip(spots, names, places, strict=True):
        axes.annotate(
            plain(name),
            (spot.x, spot.y),
            (5 * horizontal, 5 * vertical),
            textcoords="offset points",
            ha=across[horizontal],
            va=up[vertical],
            fontsize=10.5,
            color=UNIFORM,
            fontweight="bold",
            zorder=4,
        )


def draw_hypervolume(axes: Axes, data: ReportData) -> None:
    """Hypervolume after each trial."""
    title(axes, "Hypervolume against trials")
    label(axes, "trial", "hypervolume")
    numbers, values = zip(*data.hypervolume, strict=True)
    axes.step(numbers, values, where="post", color=FRONT, lw=2.2)
    axes.annotate(
        f"{values[-1]:.4f}",
        (numbers[-1], values[-1]),
        (0, 6),
        textcoords="offset points",
        ha="right",
        fontsize=11,
        fontweight="bold",
        color=INK,
    )
    axes.margins(y=0.12)


def draw_curve(axes: Axes, name: str, points: Sequence[tuple[int, float]]) -> None:
    """One learning curve of the searcher."""
    title(axes, name[:1].upper() + name[1:])
    label(axes, "trial", "")
    places, values = zip(*points, strict=True)
    axes.plot(places, values, color=TEST, lw=1.5, marker="." if len(points) < 3 else "")
    axes.locator_params(nbins=4)
