/** Block Kit: every block as nodes. */
import { chart } from "./charts.js";
import { dataTable } from "./datatable.js";
import { h, icon } from "./dom.js";
import { interactive } from "./elements.js";
import { markdown } from "./markdown.js";
import { richText } from "./richtext.js";
import { link, mrkdwn, textObject, textOf } from "./text.js";

/** A picture, with its alternative text in its place when it cannot be shown. */
export function picture(url, alt, className) {
  const image = h("img", { src: url, alt, class: className, loading: "lazy", referrerPolicy: "no-referrer", title: alt });
  image.addEventListener("error", () => image.replaceWith(h("span", { class: "image-missing" }, icon("file", 14), alt || "picture", " ", /^https?:/.test(url) ? link(url, "open") : "")));
  return image;
}

const FILE_ID = /\/(F[A-Z0-9]+)(?:\/|$)/;
const fileAddress = (file) => `files/${encodeURIComponent(file.id ?? FILE_ID.exec(file.url ?? "")?.[1] ?? "missing")}`;
const imageAddress = (object) => (object.slack_file ? fileAddress(object.slack_file) : object.image_url ?? "");

function section(block, surface) {
  const fields = block.fields?.length ? h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "field-cell" }, textObject(field)))) : null;
  const body = h("div", { class: "section-body" }, block.text ? h("div", { class: "section-text" }, textObject(block.text)) : null, fields);
  return h("div", { class: "section-row" }, body, block.accessory ? h("div", { class: "accessory" }, element(block.accessory, block, surface)) : null);
}

function element(spec, block, surface) {
  if (spec.type === "image") return picture(imageAddress(spec), spec.alt_text, "accessory-image");
  return interactive(spec, block, surface);
}

function context(block) {
  return block.elements.map((part) => (part.type === "image" ? picture(imageAddress(part), part.alt_text, "context-image") : h("span", { class: "context-text" }, textObject(part))));
}

function image(block) {
  const body = picture(imageAddress(block), block.alt_text, "block-image");
  const open = () => window.open(imageAddress(block), "_blank", "noopener");
  const frame = h("button", { type: "button", class: "image-frame", "aria-label": `Open picture: ${block.alt_text}`, on: { click: open } }, body);
  return [block.title ? h("div", { class: "image-title" }, textObject(block.title)) : null, frame];
}

/** What of a control is described: its field, and not a button that takes a chosen person away. */
const FIELD = "input, textarea, button:not(.chip-remove)";

function input(block, surface) {
  const error = surface.errors?.[block.block_id];
  const errorId = `${surface.id}-${block.block_id}-error`;
  const control = element(block.element, block, surface);
  const field = control.matches?.(FIELD) ? control : control.querySelector?.(FIELD);
  if (error && field) {
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", errorId);
  }
  if (!block.optional && !field?.matches("button:not([role=combobox])")) field?.setAttribute("aria-required", "true");
  const label = h("div", { class: "input-label" }, textObject(block.label), block.optional ? h("span", { class: "optional" }, " (optional)") : null);
  const hint = block.hint ? h("div", { class: "input-hint" }, textObject(block.hint)) : null;
  const complaint = error ? h("div", { class: "input-error", id: errorId, role: "alert" }, icon("info", 14), h("span", {}, error)) : null;
  return h("div", { class: error ? "input has-error" : "input" }, label, control, complaint, hint);
}

function cell(spec) {
  if (spec.type === "rich_text") return richText(spec);
  return spec.type === "raw_number" ? String(spec.text ?? spec.value ?? "") : spec.text ?? "";
}

function table(block) {
  const settings = block.column_settings ?? [];
  const columnClass = (index) => `align-${settings[index]?.align ?? "left"} ${settings[index]?.is_wrapped ? "wrap" : "nowrap"}`;
  const row = (tag, cells) => h("tr", {}, cells.map((spec, index) => h(tag, { class: columnClass(index), scope: tag === "th" ? "col" : undefined }, cell(spec))));
  const [head, ...rest] = block.rows ?? [];
  return h("div", { class: "table-wrap", tabIndex: 0, role: "region", "aria-label": textOf(block.caption) || "Table" }, h("table", { class: "block-table" }, head ? h("thead", {}, row("th", head)) : null, h("tbody", {}, rest.map((cells) => row("td", cells)))));
}

function alertBlock(block) {
  return h("div", { class: `alert alert-${block.level ?? "default"}`, role: "note" }, icon("info", 16), h("div", {}, textObject(block.text)));
}

function video(block) {
  return [h("div", { class: "image-title" }, link(block.title_url ?? block.video_url, textOf(block.title))), block.description ? h("div", {}, textObject(block.description)) : null, picture(block.thumbnail_url, block.alt_text, "block-image")];
}

function container(block, surface) {
  const children = blocks(block.child_blocks ?? [], surface);
  if (!block.is_collapsible) return h("div", { class: "container" }, h("div", { class: "container-title" }, textOf(block.title)), children);
  return h("details", { class: "container", open: !block.default_collapsed }, h("summary", { class: "container-title" }, textOf(block.title)), children);
}

const TASK_MARKS = { complete: "✓", in_progress: "…", error: "!", pending: "○" };
const TASK_WORDS = { complete: "done", in_progress: "in progress", error: "failed", pending: "to do" };

function task(block) {
  return h("div", { class: "task" }, h("span", { class: `task-mark task-${block.status ?? "pending"}`, role: "img", "aria-label": TASK_WORDS[block.status] ?? "to do" }, TASK_MARKS[block.status] ?? "○"), h("div", {}, block.title, block.details ? richText(block.details) : null, block.output ? richText(block.output) : null));
}

function card(block, surface) {
  const actions = block.actions?.length ? h("div", { class: "actions" }, block.actions.map((spec) => element(spec, block, surface))) : null;
  return h("div", { class: "card" }, block.hero_image ? picture(imageAddress(block.hero_image), block.hero_image.alt_text, "block-image") : null, block.title ? h("strong", {}, textObject(block.title)) : null, block.subtitle ? h("div", { class: "muted" }, textObject(block.subtitle)) : null, block.body ? h("div", {}, textObject(block.body)) : null, actions);
}

const actions = (block, surface) => block.elements.map((spec) => element(spec, block, surface));

const BLOCKS = {
  section,
  header: (block, surface) => h("div", { role: "heading", "aria-level": String(block.level ?? (surface?.id === "shome" ? 2 : 3)), class: "header-text" }, textObject(block.text)),
  divider: () => h("hr"),
  context,
  actions,
  context_actions: actions,
  input,
  image,
  rich_text: richText,
  markdown: (block) => markdown(block.text),
  table,
  data_table: dataTable,
  data_visualization: chart,
  file: (block) => h("span", { class: "file-chip" }, icon("file", 16), block.external_id),
  alert: alertBlock,
  video,
  container,
  card,
  carousel: (block, surface) => block.elements.map((part) => card(part, surface)),
  task_card: task,
  plan: (block) => [h("strong", {}, typeof block.title === "string" ? block.title : textOf(block.title)), h("div", { class: "plan-tasks" }, (block.tasks ?? []).map(task))],
};

/** Render a list of blocks on a surface. */
export function blocks(list, surface) {
  return h("div", { class: "blocks" }, list.map((block) => oneBlock(block, surface)));
}

function oneBlock(block, surface) {
  const make = BLOCKS[block.type];
  const body = make ? make(block, surface) : h("div", { class: "unsupported" }, `This client does not show blocks of type “${block.type}”.`);
  return h("div", { class: `block block-${block.type}`, data: { block: block.block_id ?? "" } }, body);
}

/** Attachments, the older form: a coloured bar with text or blocks. */
export function attachment(spec, surface) {
  const bar = h("span", { class: "attachment-bar" });
  const color = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" }[spec.color] ?? (/^#?[0-9a-f]{6}$/i.test(spec.color ?? "") ? `#${spec.color.replace("#", "")}` : "");
  bar.style.backgroundColor = color;
  const body = spec.blocks?.length ? blocks(spec.blocks, surface) : [spec.pretext && mrkdwn(spec.pretext), spec.title && h("strong", {}, spec.title_link ? link(spec.title_link, spec.title) : spec.title), h("div", {}, mrkdwn(spec.text ?? spec.fallback ?? ""))];
  return h("div", { class: "attachment" }, bar, h("div", { class: "attachment-body" }, body));
}
