"""The report as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

from html import escape
from pathlib import Path

from plotly.offline import get_plotlyjs

from autoquant.report.html import headline, sections
from autoquant.report.html.script import SCRIPT
from autoquant.report.html.style import CSS
from autoquant.report.model.data import ReportData


def write_html(data: ReportData, path: Path) -> None:
    """Write the report. plotly.js stands in it once; the charts are drawn when the file is opened."""
    parts = (
        headline.header(data),
        headline.cards(data),
        headline.verdict_box(data),
        sections.front_section(data),
        sections.test_section(data),
        sections.table_section(data),
        sections.hypervolume_section(data),
        sections.curves_section(data),
        sections.choices_section(data),
        sections.layer_cost_section(data),
        sections.failures_section(data),
        sections.origin_section(data),
    )
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(data.job.name)} · AutoQuant</title>\n<style>{CSS}</style>\n"
        f"<script>{get_plotlyjs()}</script>\n<script>{SCRIPT}</script>\n</head>\n<body>\n<main>\n"
    )
    path.write_text(
        page + "\n".join(part for part in parts if part) + "\n</main>\n</body>\n</html>\n", encoding="utf-8"
    )
