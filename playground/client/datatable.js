/** `data_table`: rows that can be sorted, filtered and turned page by page. */
import { h } from "./dom.js";
import { richText } from "./richtext.js";

const DEFAULT_PAGE = 10;
const FILTER_FROM = 4;

const words = (cell) => (cell.type === "rich_text" ? richText(cell).textContent : String(cell.text ?? cell.value ?? ""));
const compare = (one, other) => (one.type === "raw_number" && other.type === "raw_number" ? one.value - other.value : words(one).localeCompare(words(other), undefined, { numeric: true }));

function body(rows, header) {
  const cell = (spec, index) => h(index === header ? "th" : "td", { scope: index === header ? "row" : undefined, class: spec.type === "raw_number" ? "align-right" : "wrap" }, spec.type === "rich_text" ? richText(spec) : words(spec));
  return rows.map((row) => h("tr", {}, row.map(cell)));
}

export function dataTable(block) {
  const [head, ...all] = block.rows;
  const size = block.page_size ?? DEFAULT_PAGE;
  const state = { sort: null, down: false, filter: "", page: 0 };
  const tbody = h("tbody");
  const status = h("span", { class: "table-status", role: "status" });
  const back = h("button", { type: "button", class: "button small", on: { click: () => turn(-1) } }, "Previous");
  const next = h("button", { type: "button", class: "button small", on: { click: () => turn(1) } }, "Next");
  const headers = head.map((cell, index) => h("th", { scope: "col" }, h("button", { type: "button", class: "table-sort", on: { click: () => sortBy(index) } }, words(cell))));

  function turn(by) {
    state.page += by;
    draw();
  }

  function sortBy(index) {
    state.down = state.sort === index ? !state.down : false;
    state.sort = index;
    state.page = 0;
    draw();
  }

  function draw() {
    const wanted = state.filter.toLowerCase();
    let rows = all.filter((row) => row.some((cell) => words(cell).toLowerCase().includes(wanted)));
    if (state.sort !== null) rows = [...rows].sort((one, other) => compare(one[state.sort], other[state.sort]) * (state.down ? -1 : 1));
    const pages = Math.max(1, Math.ceil(rows.length / size));
    state.page = Math.min(Math.max(0, state.page), pages - 1);
    tbody.replaceChildren(...body(rows.slice(state.page * size, (state.page + 1) * size), block.row_header_column_index ?? 0));
    headers.forEach((header, index) => header.setAttribute("aria-sort", state.sort === index ? (state.down ? "descending" : "ascending") : "none"));
    status.textContent = pages > 1 ? `Page ${state.page + 1} of ${pages}` : "";
    back.hidden = next.hidden = pages < 2;
    back.disabled = state.page === 0;
    next.disabled = state.page === pages - 1;
  }

  const filter = all.length >= FILTER_FROM ? h("input", { type: "search", class: "table-filter", placeholder: "Filter", "aria-label": `Filter ${block.caption}`, on: { input: (event) => { state.filter = event.target.value; state.page = 0; draw(); } } }) : null;
  draw();
  const table = h("table", { class: "block-table" }, h("caption", { class: "table-caption" }, block.caption), h("thead", {}, h("tr", {}, headers)), tbody);
  return h("div", { class: "data-table" }, filter, h("div", { class: "table-wrap", tabIndex: 0, role: "region", "aria-label": block.caption }, table), h("div", { class: "table-pages" }, back, status, next));
}
