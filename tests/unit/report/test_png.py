"""The picture: its size, that every part of it is plotted, and that nothing spoils it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.image import imread

from autoquant.report import ReportData, write_report
from autoquant.report.png.picture import write_png


def ink(data: ReportData, path: Path) -> list[float]:
    """Share of pixels that are not white, in each quarter of the picture."""
    write_png(data, path)
    pixels = np.asarray(imread(path))[:, :, :3]
    assert pixels.shape == (1000, 1600, 3)
    dark = np.any(pixels < 0.98, axis=2)
    return [float(dark[y : y + 500, x : x + 800].mean()) for y in (0, 500) for x in (0, 800)]


def test_every_sort_of_report_can_be_plotted(any_report: ReportData, tmp_path: Path) -> None:
    shares = ink(any_report, tmp_path / "report.png")
    assert min(shares) > (0.01 if any_report.front else 0.002)


def test_polished_networks_are_in_the_picture(example: Callable[[str], ReportData], tmp_path: Path) -> None:
    pictures = []
    for name in ("plain", "polished"):
        write_png(example(name), tmp_path / f"{name}.png")
        pictures.append(np.asarray(imread(tmp_path / f"{name}.png"))[100:450, 60:950, :3])
    white = [int(np.all(picture > 0.98, axis=2).sum()) for picture in pictures]
    assert white[1] < white[0] - 500


def test_a_front_of_three(make_tiny: Callable[..., ReportData], tmp_path: Path) -> None:
    front = [(0.8, 0.01, 2000.0), (0.9, 0.01, 4000.0), (0.92, 0.01, 60000.0)]
    assert max(ink(make_tiny(front, {"W4": (0.85, 0.01, 5000.0)}), tmp_path / "report.png")) > 0.05


def test_names_that_would_be_formulas_or_have_no_glyph(example: Callable[[str], ReportData], tmp_path: Path) -> None:
    data = example("plain")
    job = replace(data.job, name="$\\frac{1}{0}$ \N{CJK UNIFIED IDEOGRAPH-8A9E} _^")
    names = [f"$x^{{{name}$" for name in data.layer_names]
    assert min(ink(replace(data, job=job, layer_names=names), tmp_path / "report.png")) > 0.01


def test_write_report_writes_both_side_by_side(example: Callable[[str], ReportData], tmp_path: Path) -> None:
    page, picture = write_report(example("plain"), tmp_path / "reports" / "job-7.html")
    assert page == tmp_path / "reports" / "job-7.html"
    assert picture == tmp_path / "reports" / "job-7.png"
    assert page.stat().st_size > 1_000_000
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_learning_curves_stand_below_the_rest(example: Callable[[str], ReportData], tmp_path: Path) -> None:
    data, path = example("plain"), tmp_path / "report.png"
    for curves in (1, 20):
        points = [(16 * i, float(i % 7)) for i in range(curves)]
        write_png(replace(data, curves={f"curve ${i}": points for i in range(curves)}), path)
        pixels = np.asarray(imread(path))[:, :, :3]
        assert pixels.shape == (1220, 1600, 3)
        assert np.any(pixels[1020:] < 0.98, axis=2).mean() > 0.01
