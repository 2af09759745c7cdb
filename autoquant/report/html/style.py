"""The look of the HTML report."""

from autoquant.report.model.palette import BROKEN, FRONT, INK, MUTED, TEST, UNIFORM

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"

CSS = f"""
:root {{ color-scheme: light dark; --ink: {INK}; --muted: {MUTED}; --line: #e3e7ec; --front: {FRONT};
  --page: #f5f7f9; --paper: #fff; --rule: #c9d0d8; --row: #eef1f4; --faint: #8b949e; --broken: {BROKEN};
  --uniform: #fdf6ea; --sensitivity: #f5f6e6; --float: #f6f2f9; --good: #e3f3ea; --good-ink: #18653c;
  --bad: #fbe6e4; --bad-ink: #97291f; --open: #e4eefb; --open-ink: #1d4f8b; }}
@media screen and (prefers-color-scheme: dark) {{ :root {{ --ink: #e4e9ef; --muted: #9aa6b2; --line: #2b333d;
  --front: #5aa5e6; --page: #0f1318; --paper: #171c23; --rule: #46505c; --row: #242b34; --faint: #7d8894;
  --broken: #f07b73; --uniform: #2a2316; --sensitivity: #23251a; --float: #251f2c; --good: #163a27; --good-ink: #8fdcb0;
  --bad: #45201d; --bad-ink: #f5a9a2; --open: #182f4b; --open-ink: #9cc6f3; }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 {FONT}; }}
main {{ max-width: 1160px; margin: 0 auto; padding: 40px 24px 64px; }}
h1 {{ font-size: 30px; line-height: 1.2; margin: 0; letter-spacing: -.01em; overflow-wrap: anywhere; }}
h2 {{ font-size: 20px; margin: 0 0 4px; letter-spacing: -.005em; }}
h3 {{ font-size: 15px; margin: 20px 0 4px; }}
p {{ margin: 4px 0 0; max-width: 86ch; }}
.muted, .caption {{ color: var(--muted); font-size: 14px; }}
header {{ margin-bottom: 24px; }}
header p, .caption {{ max-width: none; }}
.title {{ display: flex; gap: 14px; align-items: center; flex-wrap: wrap; }}
.state {{ font-size: 12.5px; font-weight: 600; letter-spacing: .03em; padding: 3px 11px; border-radius: 99px;
  background: var(--good); color: var(--good-ink); }}
.state.bad {{ background: var(--bad); color: var(--bad-ink); }}
.state.open {{ background: var(--open); color: var(--open-ink); }}
.cards {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 14px; margin: 0 0 18px; }}
.card, section, .verdict {{ background: var(--paper); border: 1px solid var(--line); border-radius: 12px; }}
.card {{ padding: 15px 18px 14px; }}
.card .name {{ color: var(--muted); font-size: 13.5px; }}
.card .value {{ font-size: 25px; font-weight: 620; line-height: 1.3; letter-spacing: -.01em; }}
.card .value small {{ font-size: 15px; font-weight: 500; color: var(--muted); letter-spacing: 0; }}
.card .more {{ color: var(--muted); font-size: 13px; line-height: 1.4; }}
.verdict {{ padding: 15px 20px; margin-bottom: 18px; border-left: 4px solid var(--rule); }}
.verdict.won {{ border-left-color: {TEST}; }}
.verdict.lost {{ border-left-color: {UNIFORM}; }}
.verdict p {{ margin: 0; max-width: none; }}
.verdict.warning {{ border-left-color: var(--broken); }}
section {{ padding: 22px 24px 18px; margin-bottom: 18px; }}
.chart {{ width: 100%; margin-top: 8px; }}
/* auto-fill: each chart is drawn as soon as it is read, when those after it are not there yet */
.small {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(280px, 1fr)); gap: 4px 22px; }}
.small > div {{ min-width: 0; }}
.small .chart {{ margin-top: 0; }}
@media screen and (prefers-color-scheme: dark) {{
  .updatemenu-item-rect[style*="rgb(244, 250, 255)"] {{ fill: #2c4258 !important; }} /* plotly's pressed button */
}}
.wide {{ overflow-x: auto; margin-top: 12px; }}
table {{ border-collapse: collapse; font-size: 14px; width: 100%; font-variant-numeric: tabular-nums; }}
th {{ text-align: right; color: var(--muted); font-weight: 600; font-size: 12.5px; line-height: 1.35;
  vertical-align: bottom; border-bottom: 1px solid var(--rule); padding: 4px 10px 7px; }}
td {{ padding: 6px 10px; border-bottom: 1px solid var(--row); text-align: right; white-space: nowrap; }}
th.text, td.text {{ text-align: left; }}
td.note {{ white-space: normal; color: var(--muted); min-width: 150px; font-size: 13px; line-height: 1.35; }}
tr.uniform td {{ background: var(--uniform); }}
tr.sensitivity td {{ background: var(--sensitivity); }}
tr.float td {{ background: var(--float); }}
tr.broken td {{ color: var(--faint); }}
tr.broken td.note {{ color: var(--broken); }}
tr.notable td:first-child {{ box-shadow: inset 3px 0 var(--front); }}
td b {{ font-weight: 640; }}
.strip {{ display: inline-flex; gap: 1px; vertical-align: middle; }}
.strip + .strip {{ margin-left: 8px; }}
.strip i {{ font: 600 10.5px/17px {FONT}; height: 17px; min-width: 17px; text-align: center; border-radius: 3px; }}
.strip.thin i {{ min-width: 4px; width: 4px; border-radius: 1px; }}
.legend {{ display: flex; gap: 16px; flex-wrap: wrap; margin: 10px 0 0; font-size: 13.5px; color: var(--muted); }}
.legend i {{ display: inline-block; width: 13px; height: 13px; border-radius: 3px; margin-right: 6px;
  vertical-align: -2px; border: 1px solid rgba(0,0,0,.08); }}
details {{ margin-top: 6px; }}
summary {{ cursor: pointer; font-size: 14px; color: var(--front); }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; background: var(--page); border-radius: 8px; padding: 12px 14px;
  font-size: 12.5px; line-height: 1.45; }}
.facts td {{ white-space: normal; text-align: left; vertical-align: top; overflow-wrap: anywhere; }}
.facts td:first-child {{ color: var(--muted); width: 30%; }}
@media (max-width: 640px) {{ main {{ padding: 24px 12px; }} section {{ padding: 18px 12px; }} }}
@page {{ size: 12.5in 17.5in; margin: .4in; }}
@media print {{
  body {{ background: #fff; font-size: 12px; }}
  main {{ max-width: none; padding: 0; }}
  section, .card, .verdict {{ break-inside: avoid; border-color: #ccc; }}
  .modebar-container, .updatemenu-container {{ display: none !important; }}
}}
"""
