/** A channel's canvas: read it, and edit it as people do. */
import { act } from "./api.js";
import { showDialog } from "./dialogs.js";
import { h, iconButton } from "./dom.js";
import { markdown } from "./markdown.js";
import { attempt, session } from "./session.js";

/** Open the canvas of a channel; it is drawn anew after each edit. */
export function openCanvas(id) {
  const body = h("div", { class: "dialog-body canvas", tabIndex: 0, role: "document", "aria-label": "Canvas" });
  const close = () => dialog.close();
  const head = h("header", { class: "dialog-head" }, h("h2", { id: "canvas-title" }, session.channel(id)?.canvas?.title || "Canvas"), iconButton("close", "Close", close));
  const dialog = h("dialog", { class: "dialog canvas-dialog", "aria-labelledby": "canvas-title" }, head, body);
  const change = async (edit) => {
    await attempt(() => act(session.me, "canvas", { channel: id, ...edit }));
    draw(body, id, change);
  };
  draw(body, id, change);
  showDialog(dialog, { onCancel: close });
}

function draw(body, id, change) {
  const sections = session.channel(id)?.canvas?.sections ?? [];
  const add = h("button", { type: "button", class: "button", on: { click: () => edit(add, "", (text) => change({ markdown: text })) } }, "Add a section");
  body.replaceChildren(...sections.map((section, place) => row(section, place, change)), add);
}

function row(section, place, change) {
  const shown = h("div", { class: "canvas-text" }, markdown(section.markdown));
  for (const heading of shown.querySelectorAll("[aria-level]")) heading.ariaLevel = "3";  // below the dialog's own
  const name = `section ${place + 1}`;
  const buttons = [
    iconButton("edit", `Edit ${name}`, () => edit(shown, section.markdown, (text) => change({ section: section.id, markdown: text }))),
    place ? iconButton("up", `Move ${name} up`, () => change({ section: section.id, up: true })) : null,
    iconButton("trash", `Delete ${name}`, () => change({ section: section.id })),
  ];
  return h("div", { class: "canvas-row" }, shown, h("div", { class: "canvas-tools" }, buttons));
}

/** Put a field in the place of `node`, and hand over what was typed. */
function edit(node, text, done) {
  const field = h("textarea", { class: "field", rows: 3, "aria-label": "Section, in Markdown" });
  field.value = text;
  const save = h("button", { type: "button", class: "button button-primary", on: { click: () => field.value.trim() && done(field.value) } }, "Save");
  node.replaceWith(h("div", { class: "canvas-edit" }, field, save));
  field.focus();
}
