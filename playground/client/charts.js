/** `data_visualization`: bar, line, area and pie charts as SVG, each with the same figures as a table for those who do not see it. */
import { h } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const BOX = { width: 520, height: 220, left: 44, right: 508, top: 24, floor: 176 };
const COLORS = ["var(--chart-1)", "var(--chart-2)", "var(--chart-3)", "var(--chart-4)", "var(--chart-5)", "var(--chart-6)"];
const TICKS = 4;

function s(tag, props = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) node.setAttribute(name, value);
  node.append(...children.flat());
  return node;
}

const shown = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(1));

/** The range of the values, with zero in it, in steps that people read easily. */
function range(values) {
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const rough = (high - low || 1) / TICKS;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = size * [1, 2, 2.5, 5, 10].find((each) => each * size >= rough);
  const bottom = Math.floor(low / step) * step;
  return [bottom, Math.max(bottom + TICKS * step, Math.ceil(high / step) * step)];
}

function axes(chart, y, low, high) {
  const { left, right, floor } = BOX;
  const lines = [];
  for (let step = 0; step <= TICKS; step += 1) {
    const value = low + ((high - low) * step) / TICKS;
    lines.push(s("line", { x1: left, x2: right, y1: y(value), y2: y(value), class: "chart-grid" }));
    lines.push(s("text", { x: left - 6, y: y(value) + 4, class: "chart-tick chart-tick-y" }, shown(value)));
  }
  const labels = chart.axis_config.categories;
  const slot = (right - left) / Math.max(1, labels.length);
  labels.forEach((label, index) => lines.push(s("text", { x: left + slot * (index + 0.5), y: floor + 18, class: "chart-tick" }, label)));
  if (chart.axis_config.y_label) lines.push(s("text", { x: 4, y: 10, class: "chart-tick chart-unit" }, chart.axis_config.y_label));
  if (chart.axis_config.x_label) lines.push(s("text", { x: (left + right) / 2, y: floor + 36, class: "chart-tick" }, chart.axis_config.x_label));
  return lines;
}

/** A series' values in the order of the axis. */
function valuesOf(series, labels) {
  const known = new Map(series.data.map((point) => [point.label, point.value]));
  return labels.map((label) => known.get(label) ?? 0);
}

function bars(chart, y, slot) {
  const count = chart.series.length;
  const width = Math.min(46, (slot * 0.72) / count);
  return chart.series.flatMap((series, at) =>
    valuesOf(series, chart.axis_config.categories).map((value, index) => {
      const x = BOX.left + slot * (index + 0.5) + (at - count / 2) * width;
      return s("rect", { x, y: Math.min(y(value), y(0)), width: width - 2, height: Math.max(1, Math.abs(y(value) - y(0))), fill: COLORS[at], rx: 2 });
    }),
  );
}

function lines(chart, y, slot, filled) {
  return chart.series.flatMap((series, at) => {
    const points = valuesOf(series, chart.axis_config.categories).map((value, index) => [BOX.left + slot * (index + 0.5), y(value)]);
    const path = points.map(([x, top], index) => `${index ? "L" : "M"}${x} ${top}`).join(" ");
    const area = `${path} L${points.at(-1)[0]} ${y(0)} L${points[0][0]} ${y(0)} Z`;
    const dots = points.map(([cx, cy]) => s("circle", { cx, cy, r: 3.5, fill: COLORS[at] }));
    return [filled ? s("path", { d: area, fill: COLORS[at], opacity: 0.2 }) : [], s("path", { d: path, fill: "none", stroke: COLORS[at], "stroke-width": 2.5 }), dots].flat();
  });
}

function cartesian(chart) {
  const labels = chart.axis_config.categories;
  const [low, high] = range(chart.series.flatMap((series) => valuesOf(series, labels)));
  const y = (value) => BOX.floor - ((value - low) / (high - low)) * (BOX.floor - BOX.top);
  const slot = (BOX.right - BOX.left) / Math.max(1, labels.length);
  const marks = chart.type === "bar" ? bars(chart, y, slot) : lines(chart, y, slot, chart.type === "area");
  return [...axes(chart, y, low, high), ...marks];
}

function pie(chart) {
  const total = chart.segments.reduce((sum, segment) => sum + segment.value, 0) || 1;
  const [cx, cy, r] = [130, 105, 88];
  let turned = -Math.PI / 2;
  return chart.segments.map((segment, index) => {
    const share = segment.value / total;
    if (share > 0.9999) return s("circle", { cx, cy, r, fill: COLORS[index] });
    const from = [cx + r * Math.cos(turned), cy + r * Math.sin(turned)];
    turned += share * 2 * Math.PI;
    const to = [cx + r * Math.cos(turned), cy + r * Math.sin(turned)];
    return s("path", { d: `M${cx} ${cy} L${from.join(" ")} A${r} ${r} 0 ${share > 0.5 ? 1 : 0} 1 ${to.join(" ")} Z`, fill: COLORS[index] });
  });
}

function legend(names) {
  const item = (name, index) => {
    const swatch = h("span", { class: "chart-swatch", "aria-hidden": "true" });
    swatch.style.background = COLORS[index];
    return h("li", {}, swatch, name);
  };
  return h("ul", { class: "chart-legend" }, names.map(item));
}

/** The figures as a table that only a screen reader reads. */
function spoken(block) {
  const chart = block.chart;
  const cell = (tag, text) => h(tag, {}, String(text));
  if (chart.type === "pie") return h("table", { class: "sr-only" }, h("caption", {}, block.title), chart.segments.map((segment) => h("tr", {}, cell("th", segment.label), cell("td", shown(segment.value)))));
  const labels = chart.axis_config.categories;
  const head = h("tr", {}, cell("td", ""), chart.series.map((series) => cell("th", series.name)));
  const columns = chart.series.map((series) => valuesOf(series, labels));
  const rows = labels.map((label, index) => h("tr", {}, cell("th", label), columns.map((values) => cell("td", shown(values[index])))));
  return h("table", { class: "sr-only" }, h("caption", {}, block.title), head, rows);
}

export function chart(block) {
  const spec = block.chart;
  const isPie = spec.type === "pie";
  const picture = s("svg", { viewBox: `0 0 ${BOX.width} ${BOX.height}`, class: "chart", "aria-hidden": "true" }, isPie ? pie(spec) : cartesian(spec));
  const names = isPie ? spec.segments.map((segment) => segment.label) : spec.series.map((series) => series.name);
  return h("figure", { class: "chart-figure" }, h("figcaption", { class: "chart-title" }, block.title), picture, isPie || names.length > 1 ? legend(names) : null, spoken(block));
}
