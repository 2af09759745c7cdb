"""What draws the charts of the report in a browser: as they are, on a narrow screen, and in the dark."""

import json

from autoquant.report.model.palette import BROKEN, FAINT, FLOAT_NETWORK, FRONT, GRID, INK, MUTED, SENSITIVITY

NARROW = 600
"""Pixels of a chart below which its legend stands under it, and labels are thinned out."""

DARK = {
    "#ffffff": "#171c23",
    INK: "#e4e9ef",
    MUTED: "#9aa6b2",
    GRID: "#2b333d",
    "#c9d0d8": "#46505c",
}
"""Colour of a layout -> what it is in the dark."""

DARK_MARKS = {
    "#fff": "#171c23",
    INK: "#e4e9ef",
    FAINT: "#5a6572",
    FRONT: "#5aa5e6",
    FLOAT_NETWORK: "#b990d6",
    BROKEN: "#f07b73",
    SENSITIVITY: "#b3c14b",
}
"""The same of marks, lines and labels of a chart; inks of cells stay, as their cells do."""

SCRIPT = (
    f"""
const NARROW = {NARROW}, DARK = {json.dumps(DARK)}, MARKS = {json.dumps(DARK_MARKS)};
const night = matchMedia("(prefers-color-scheme: dark)");
"""
    + """
function turned(value, colours) {
  if (typeof value === "string") return colours[value] ?? value;
  if (Array.isArray(value)) return value.map(part => turned(part, colours));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, turned(part, colours)]));
}
function thinned(axis, room, least) {
  if (!axis || !axis.tickvals) return;
  const step = Math.ceil(least / (room / axis.tickvals.length));
  if (step > 1 || axis.ticktext.some(text => text.includes("<br>"))) {
    axis.tickvals = axis.tickvals.filter((_, i) => i % step === 0);
    axis.ticktext = axis.ticktext.filter((_, i) => i % step === 0).map(text => text.split("<br>")[0]);
    axis.tickangle = -90;
  }
}
function narrowed(width, data, layout) {
  const named = data.filter(trace => trace.name && trace.showlegend !== false && trace.visible !== false);
  const rows = layout.showlegend === false || named.length < 2 ? 0 : named.length;
  layout.margin = {...layout.margin, l: 44, r: 14, t: layout.updatemenus ? 50 : 16, b: 52 + 21 * rows};
  layout.height += 21 * rows;
  layout.font.size = 12;
  if (rows) layout.legend = {...layout.legend, orientation: "v", yref: "container", y: 0, yanchor: "bottom"};
  for (const menu of layout.updatemenus ?? []) Object.assign(menu, {pad: {b: 8}, font: {...menu.font, size: 11}});
  for (const axis of [layout.xaxis, layout.yaxis])
    if (axis.ticktext) axis.ticktext = axis.ticktext.map(text => text.length > 16 && !text.includes("<br>")
      && !text.includes("&") ? "…" + text.slice(-14) : text);
  thinned(layout.xaxis, width - 130, 15);
  const cells = data.find(trace => trace.type === "heatmap");
  if (cells && (width - 130) / cells.z[0].length < 16)
    data = data.filter(trace => trace.mode !== "text");
  return [data, layout];
}
function draw(id, data, layout, config) {
  const box = document.getElementById(id);
  let drawn = "";
  const show = () => {
    const width = box.clientWidth, look = width + " " + night.matches;
    if (look === drawn) return;
    drawn = look;
    let [marks, sheet] = [structuredClone(data), structuredClone(layout)];
    if (width < NARROW) [marks, sheet] = narrowed(width, marks, sheet);
    if (night.matches) [marks, sheet] = [marks.map(mark => mark.mode === "text" || mark.type === "heatmap" ? mark
      : turned(mark, MARKS)), turned(turned(sheet, DARK), MARKS)];
    box.style.height = sheet.height + "px";
    Plotly.react(box, marks, sheet, config);
  };
  show();
  night.addEventListener("change", show);
  addEventListener("resize", show);
}
"""
)
