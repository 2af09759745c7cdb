"""A finished (or running) search as one HTML file and one picture."""

from __future__ import annotations

from pathlib import Path

from autoquant.report.model.data import ReportData

__all__ = ["ReportData", "write_report"]


def write_report(data: ReportData, html_path: str | Path) -> tuple[Path, Path]:
    """Write the HTML report and, next to it, a picture of the same name; returns both paths."""
    from autoquant.report.html.page import (
        write_html,  # plotly and matplotlib are slow to load, and a table needs neither
    )
    from autoquant.report.png.picture import write_png

    page = Path(html_path)
    picture = page.with_suffix(".png")
    page.parent.mkdir(parents=True, exist_ok=True)
    write_html(data, page)
    write_png(data, picture)
    return page, picture
