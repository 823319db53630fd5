/** Modals: the top of the stack the app laid on this person's screen. */
import { act } from "./api.js";
import { blocks } from "./blocks.js";
import { showDialog } from "./dialogs.js";
import { append, h, icon, iconButton } from "./dom.js";
import { attempt, failureText, session } from "./session.js";
import { forget, surfaceFor } from "./surface.js";
import { textObject } from "./text.js";

const FIELDS = "input, textarea, button, [role=combobox]";
let shown = null;

/** Show the top modal of the stack, or none. */
export function renderModals(stack) {
  const top = stack.at(-1);
  const owner = session.me;
  if (shown && (!top || shown.owner !== owner)) drop();
  if (!top) return;
  const { state: _, ...content } = top;
  const signature = JSON.stringify([content, stack.length]);
  if (shown?.signature === signature) return;
  const same = shown?.view === top.id;
  const before = same ? focusIn(shown.node) : null;
  const scroll = same ? shown.node.querySelector(".dialog-body")?.scrollTop : 0;
  if (!shown) shown = { node: showDialog(h("dialog", { class: "dialog modal", "aria-labelledby": "modal-title" }), { onCancel: () => closeTop() }) };
  Object.assign(shown, { signature, view: top.id, owner, depth: stack.length, stack: stack.map((view) => view.id) });
  shown.node.replaceChildren(modalForm(top, stack.length));
  shown.node.querySelector(".dialog-body").scrollTop = scroll ?? 0;
  restoreFocus(shown.node, top, before);
}

function drop() {
  const { node } = shown;
  shown = null;
  node.close();
}

function focusIn(node) {
  const element = document.activeElement;
  if (!node.contains(element)) return null;
  const block = element.closest(".block")?.dataset.block;
  return block && { block, start: element.selectionStart, end: element.selectionEnd };
}

function restoreFocus(node, view, before) {
  const invalid = node.querySelector("[aria-invalid=true]");
  const focusOnLoad = view.blocks.find((block) => block.element?.focus_on_load)?.block_id;
  const wanted = before?.block ?? focusOnLoad;
  const inBlock = wanted && node.querySelector(`[data-block="${CSS.escape(wanted)}"]`)?.querySelector(FIELDS);
  const first = node.querySelector(`.dialog-body .block-input :is(${FIELDS})`) ?? node.querySelector(`.dialog-body :is(${FIELDS})`);
  const target = invalid ?? inBlock ?? first ?? node.querySelector(".dialog-foot button") ?? node;
  target.focus({ preventScroll: target === inBlock });
  if (target === inBlock && typeof before?.start === "number") target.setSelectionRange?.(before.start, before.end);
}

function modalForm(view, depth) {
  const surface = surfaceFor({ view: view.id }, view.state?.values, view.errors);
  const back = depth > 1 ? iconButton("back", "Back", () => closeTop()) : null;
  const trouble = h("div", { class: "modal-trouble", role: "alert", hidden: true });
  const submit = view.submit ? h("button", { type: "submit", class: "button button-primary modal-submit", disabled: view.submit_disabled }, textObject(view.submit)) : null;
  const closing = h("button", { type: "button", class: "button button-plain", on: { click: () => closeTop() } }, view.close ? textObject(view.close) : view.submit ? "Cancel" : "Close");
  const form = h("form", { class: "modal-form", noValidate: true });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (submit && !form.classList.contains("busy")) send(view, surface, form, trouble);
  });
  return append(
    form,
    h("header", { class: "dialog-head" }, back, h("span", { class: "dialog-app", "aria-hidden": "true" }, "48"), h("h2", { id: "modal-title" }, textObject(view.title)), iconButton("close", "Close", closeAll)),
    h("div", { class: "dialog-body" }, blocks(view.blocks, surface)),
    h("footer", { class: "dialog-foot" }, trouble, closing, submit),
  );
}

async function send(view, surface, form, trouble) {
  form.classList.add("busy");
  form.setAttribute("aria-busy", "true");
  trouble.hidden = true;
  const answer = await attempt(() => act(session.me, "submit", { view: view.id, typed: surface.flush() }), { quietFor: ["validation", "dispatch_failed", "operation_timeout"] });
  form.classList.remove("busy");
  form.removeAttribute("aria-busy");
  if (!answer) return;
  if (answer.ok) forget(view.id);
  else if (answer.error !== "validation") {
    trouble.replaceChildren(icon("info", 14), failureText(answer.error));
    trouble.hidden = false;
  }
}

function closeTop() {
  const { view } = shown;
  const typed = { ...session.life.typed[view] };
  forget(view);
  return attempt(() => act(session.me, "close", { view, typed }));
}

function closeAll() {
  const views = [...shown.stack].reverse();
  const typed = { ...session.life.typed[views[0]] };
  views.forEach(forget);
  return attempt(() => act(session.me, "close", { view: views[0], typed, all: true }));
}
