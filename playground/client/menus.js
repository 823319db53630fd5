/** Popovers: menus and lists that hang from a control, above everything, closed by Escape or a click elsewhere. */
import { append, h, icon } from "./dom.js";

let closed = { anchor: null, at: 0 };

/**
 * Open a popover below (or above) `anchor`.
 * @returns {{close: () => void, place: () => void, node: HTMLElement} | null} null when the click that closed it is the one that asks.
 */
export function openPopover(anchor, content, { onClose, role, label, align = "start", focus = true, matchWidth = false, className = "" } = {}) {
  if (closed.anchor === anchor && performance.now() - closed.at < 250) return null;
  let done = false;
  const node = h("div", { popover: "auto", role, "aria-label": label, class: `popover ${className}` }, content);
  (anchor.closest("dialog") ?? document.body).append(node);
  const place = () => placeBy(node, anchor, align, matchWidth);
  node.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    if (!done) closed = { anchor, at: performance.now() };
    const hadFocus = node.contains(document.activeElement) || document.activeElement === document.body;
    node.remove();
    anchor.setAttribute("aria-expanded", "false");
    if (focus && hadFocus && anchor.isConnected) anchor.focus();
    onClose?.();
  });
  node.showPopover();
  anchor.setAttribute("aria-expanded", "true");
  place();
  const close = () => {
    done = true; // by a choice, and not by a click elsewhere that may be on the anchor
    if (node.isConnected) node.hidePopover();
  };
  return { close, place, node };
}

function placeBy(node, anchor, align, matchWidth) {
  const box = anchor.getBoundingClientRect();
  if (matchWidth) node.style.minWidth = `${box.width}px`;
  const { width, height } = node.getBoundingClientRect();
  const below = window.innerHeight - box.bottom - 12;
  const top = height <= below || below > box.top ? box.bottom + 4 : Math.max(8, box.top - height - 4);
  const left = align === "end" ? box.right - width : box.left;
  node.style.top = `${top}px`;
  node.style.left = `${Math.max(8, Math.min(left, window.innerWidth - width - 8))}px`;
  node.style.maxHeight = `${Math.max(160, window.innerHeight - top - 8)}px`;
}

/**
 * A menu of actions.
 * @param {{label: string, detail?: string, icon?: string, heading?: boolean, checked?: boolean, onPick?: () => void}[]} items
 */
export function openMenu(anchor, items, options = {}) {
  const menu = h("div", { class: "menu" });
  const opened = openPopover(anchor, menu, { role: "menu", label: "Actions", ...options });
  if (!opened) return null;
  append(menu, items.map((item) => (item.heading ? h("div", { class: "menu-heading" }, item.label) : menuItem(item, opened))));
  opened.place();
  menu.addEventListener("keydown", (event) => moveFocus(event, menu));
  menu.querySelector("button")?.focus();
  return opened;
}

function menuItem(item, opened) {
  const pick = () => {
    opened.close();
    item.onPick?.();
  };
  const role = item.checked === undefined ? "menuitem" : "menuitemradio";
  return h(
    "button",
    { type: "button", role, "aria-checked": item.checked === undefined ? undefined : String(item.checked), class: "menu-item", on: { click: pick } },
    item.leading ?? (item.icon ? icon(item.icon, 16) : null),
    h("span", { class: "menu-text" }, h("span", {}, item.label), item.detail ? h("small", {}, item.detail) : null),
    item.checked ? icon("check", 16) : null,
  );
}

/** Let the arrow keys, Home and End move the focus between the buttons of `menu`. */
export function moveFocus(event, menu, selector = "button:not([disabled])") {
  const buttons = [...menu.querySelectorAll(selector)];
  const here = buttons.indexOf(document.activeElement);
  const steps = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: buttons.length - 1 };
  if (!(event.key in steps) || !buttons.length) return;
  event.preventDefault();
  buttons[(steps[event.key] + buttons.length) % buttons.length].focus();
}
