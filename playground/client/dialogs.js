/** Questions and notices: confirm dialogs, and toasts for what went wrong. */
import { h, iconButton } from "./dom.js";
import { textObject } from "./text.js";

/** Show `node` as a dialog that keeps the focus inside and gives it back at the end. */
export function showDialog(node, { onCancel } = {}) {
  const before = document.activeElement;
  node.addEventListener("cancel", (event) => {
    event.preventDefault();
    onCancel?.();
  });
  node.addEventListener("close", () => {
    node.remove();
    if (before?.isConnected) before.focus();
  });
  document.body.append(node);
  node.showModal();
  return node;
}

/**
 * Ask Block Kit's confirm object, when there is one.
 * @returns {Promise<boolean>} whether to go on
 */
export function confirmed(confirm) {
  if (!confirm) return Promise.resolve(true);
  return new Promise((resolve) => {
    const answer = (yes) => {
      dialog.close();
      resolve(yes);
    };
    const style = confirm.style === "danger" ? "danger" : "primary";
    const yes = h("button", { type: "button", class: `button button-${style}`, data: { role: "confirm" }, on: { click: () => answer(true) } }, textObject(confirm.confirm) ?? "Yes");
    const no = h("button", { type: "button", class: "button button-plain", data: { role: "deny" }, on: { click: () => answer(false) } }, textObject(confirm.deny) ?? "Cancel");
    const dialog = h(
      "dialog",
      { class: "dialog dialog-confirm", role: "alertdialog", "aria-labelledby": "confirm-title", "aria-describedby": "confirm-text" },
      h("header", { class: "dialog-head" }, h("h2", { id: "confirm-title" }, textObject(confirm.title)), iconButton("close", "Close", () => answer(false))),
      h("div", { class: "dialog-body", id: "confirm-text" }, textObject(confirm.text)),
      h("footer", { class: "dialog-foot" }, no, yes),
    );
    showDialog(dialog, { onCancel: () => answer(false) });
    yes.focus();
  });
}

/** A short notice at the bottom; it stays long enough to be read, and can be closed. */
export function toast(text, kind = "error") {
  const region = document.getElementById("toasts");
  const node = h("div", { class: `toast toast-${kind}`, role: kind === "error" ? "alert" : "status" }, h("span", {}, text), iconButton("close", "Dismiss", () => node.remove()));
  const top = [...document.querySelectorAll("dialog[open]")].at(-1);
  if (top) top.append(node);
  else region.append(node);
  setTimeout(() => node.remove(), 9000);
  for (const old of [...region.children].slice(0, -3)) old.remove();
}
