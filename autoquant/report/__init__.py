"""A finished (or running) search as one HTML file and one picture."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from autoquant.report.model.data import ReportData
from autoquant.texts.files import make_folder, write_whole

__all__ = ["ReportData", "write_report"]


def write_report(data: ReportData, html_path: str | Path) -> tuple[Path, Path]:
    """Write the HTML report and, next to it, a picture of the same name; returns both paths.

    Both or none: `SpecError` says what cannot be written.
    """
    from autoquant.report.html.page import (
        write_html,  # plotly and matplotlib are slow to load, and a table needs neither
    )
    from autoquant.report.png.picture import write_png

    page = Path(html_path)
    picture = page.with_suffix(".png")
    make_folder(page.parent)
    write_whole({page: partial(write_html, data), picture: partial(write_png, data)})
    return page, picture
