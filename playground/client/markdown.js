/** Standard Markdown, as the markdown block takes it: headings, lists, quotes, code, tables, links, styles. */
import { fragment, h } from "./dom.js";
import { link, plain, preformatted } from "./text.js";

const INLINE = [
  [/^\\([\\`*_{}[\]()#+\-.!~|>])/, ([, char]) => char],
  [/^(`+)(.+?)\1(?!`)/s, ([, , code]) => h("code", {}, code.trim())],
  [/^!\[([^\]]*)\]\(([^)\s]+)[^)]*\)/, ([, alt, url]) => link(url, alt || url)],
  [/^\[((?:[^[\]]|\[[^\]]*\])+)\]\(([^)\s]+)[^)]*\)/, ([, label, url]) => link(url, ...inline(label))],
  [/^<(https?:[^>\s]+|[^>\s@]+@[^>\s]+)>/, ([, url]) => link(url.includes(":") ? url : `mailto:${url}`, url)],
  [/^(\*\*|__)(?=\S)(.+?\S?)\1/s, ([, , body]) => h("strong", {}, inline(body))],
  [/^~~(?=\S)(.+?)~~/s, ([, body]) => h("s", {}, inline(body))],
  [/^\*(?=[^\s*])(.+?)\*(?!\*)/s, ([, body]) => h("em", {}, inline(body))],
  [/^_(?=[^\s_])(.+?)_(?![\w_])/s, ([, body]) => h("em", {}, inline(body))],
  [/^ {2,}\n/, () => h("br")],
];
const STARTS = new Set("\\`![<*_~ ");

function inline(text) {
  const parts = [];
  let from = 0;
  const flush = (to) => parts.push(...text.slice(from, to).split("\n").flatMap((line, index) => (index ? ["\n", ...plain(line, { links: true })] : plain(line, { links: true }))));
  for (let at = 0; at < text.length; at += 1) {
    const hit = STARTS.has(text[at]) && !(text[at] === "_" && /\w/.test(text[at - 1] ?? "")) && match(text.slice(at));
    if (!hit) continue;
    flush(at);
    parts.push(hit.node);
    at += hit.length - 1;
    from = at + 1;
  }
  flush(text.length);
  return parts;
}

function match(rest) {
  for (const [pattern, make] of INLINE) {
    const found = pattern.exec(rest);
    if (found) return { node: make(found), length: found[0].length };
  }
  return null;
}

const cells = (row) => row.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
const alignment = (mark) => (/^:-+:$/.test(mark) ? "center" : /^-+:$/.test(mark) ? "right" : "left");

function table(rows) {
  const aligns = cells(rows[1]).map(alignment);
  const line = (tag, row) => h("tr", {}, cells(row).map((cell, index) => h(tag, { class: `align-${aligns[index] ?? "left"}` }, inline(cell))));
  return h("div", { class: "table-wrap" }, h("table", { class: "block-table" }, h("thead", {}, line("th", rows[0])), h("tbody", {}, rows.slice(2).map((row) => line("td", row)))));
}

const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const TASK = /^\[([ xX])\]\s+/;

function listFrom(lines) {
  const [, indent, marker] = ITEM.exec(lines[0]);
  const items = [];
  for (const line of lines) {
    const found = ITEM.exec(line);
    if (found && found[1].length <= indent.length + 1) items.push([found[3]]);
    else items.at(-1).push(line.replace(new RegExp(`^\\s{0,${indent.length + 2}}`), ""));
  }
  const ordered = /\d/.test(marker);
  const node = h(ordered ? "ol" : "ul", { class: "rich-list" }, items.map(listItem));
  if (ordered) node.start = parseInt(marker, 10);
  return node;
}

function listItem([first, ...rest]) {
  const task = TASK.exec(first);
  const text = task ? first.slice(task[0].length) : first;
  const box = task && h("input", { type: "checkbox", disabled: true, checked: task[1] !== " ", "aria-label": "task" });
  return h("li", { class: task ? "task-item" : "" }, box, inline(text), rest.some((line) => line.trim()) ? blocks(rest) : null);
}

const KINDS = [
  { test: (line) => /^\s*(```|~~~)/.test(line), take: takeFence },
  { test: (line) => /^#{1,6}\s/.test(line), take: takeHeading },
  { test: (line) => /^\s*([-*_])(\s*\1){2,}\s*$/.test(line), take: (lines) => [h("hr"), lines.slice(1)] },
  { test: (line, next) => line.includes("|") && /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(next ?? ""), take: (lines) => takeWhile(lines, (line) => line.includes("|"), table) },
  { test: (line) => /^\s*>/.test(line), take: (lines) => takeWhile(lines, (line) => /^\s*>/.test(line), (taken) => h("blockquote", {}, blocks(taken.map((line) => line.replace(/^\s*> ?/, ""))))) },
  { test: (line) => ITEM.test(line), take: (lines) => takeWhile(lines, (line) => ITEM.test(line) || /^\s+\S/.test(line), listFrom) },
];

function takeFence(lines) {
  const fence = /^\s*(```|~~~)/.exec(lines[0])[1];
  const end = lines.findIndex((line, index) => index > 0 && line.trim().startsWith(fence));
  const stop = end < 0 ? lines.length : end;
  return [preformatted(lines.slice(1, stop).join("\n")), lines.slice(stop + 1)];
}

function takeHeading([line, ...rest]) {
  const [, marks, text] = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line) ?? [null, "#", line];
  return [h("div", { class: `md-heading md-h${marks.length}`, role: "heading", "aria-level": String(marks.length + 2) }, inline(text)), rest];
}

function takeWhile(lines, belongs, make) {
  const stop = lines.findIndex((line) => !belongs(line));
  const end = stop < 0 ? lines.length : stop;
  return [make(lines.slice(0, end)), lines.slice(end)];
}

const kindOf = (lines) => KINDS.find((kind) => kind.test(lines[0], lines[1]));

function takeParagraph(lines) {
  let end = 1;
  while (end < lines.length && lines[end].trim() && !kindOf(lines.slice(end, end + 2))) end += 1;
  return [h("p", {}, inline(lines.slice(0, end).join("\n"))), lines.slice(end)];
}

function blocks(lines) {
  const out = [];
  let rest = lines;
  while (rest.length) {
    if (!rest[0].trim()) {
      rest = rest.slice(1);
      continue;
    }
    const [node, left] = (kindOf(rest)?.take ?? takeParagraph)(rest);
    out.push(node);
    rest = left;
  }
  return out;
}

/** Render Markdown text. */
export function markdown(text) {
  return h("div", { class: "markdown" }, fragment(blocks(String(text ?? "").replace(/\r\n?/g, "\n").split("\n"))));
}
