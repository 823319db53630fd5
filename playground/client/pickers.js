/** The select control, for one or several choices, with search. */
import { append, h, icon } from "./dom.js";
import { openPopover } from "./menus.js";

let counter = 0;

/**
 * A select.
 * @param {object} spec
 * @param {string} spec.label what it chooses, for screen readers
 * @param {string} spec.placeholder
 * @param {boolean} spec.multi
 * @param {number} spec.max how many may be chosen
 * @param {object[]} spec.chosen items `{value, text, leading}` chosen at first
 * @param {(query: string) => Promise<{label?: string, items: object[]}[]>} spec.load groups of items that fit a query
 * @param {number} spec.minQuery how much must be typed before `load` is asked
 * @param {boolean} spec.clearable whether a single choice can be taken back
 * @param {(items: object[]) => Promise<boolean>|boolean} spec.onChange false takes the choice back
 */
export function picker(spec) {
  const state = { chosen: [...spec.chosen], opened: null };
  const root = h("div", { class: `picker ${spec.multi ? "picker-multi" : ""} ${spec.className ?? ""}` });
  const paint = () => root.replaceChildren(...face(spec, state, choose));
  async function choose(items) {
    const before = state.chosen;
    state.chosen = items;
    paint();
    if ((await spec.onChange(items)) === false) {
      state.chosen = before;
      paint();
    }
  }
  paint();
  return root;
}

function face(spec, state, choose) {
  const text = spec.multi || !state.chosen.length ? spec.placeholder : [state.chosen[0].leading?.(), state.chosen[0].text];
  const trigger = h(
    "button",
    { type: "button", role: "combobox", "aria-haspopup": "listbox", "aria-expanded": "false", "aria-label": labelOf(spec, state), class: `picker-trigger ${state.chosen.length && !spec.multi ? "" : "picker-empty"}`, on: { click: () => openList(trigger, spec, state, choose) } },
    h("span", { class: "picker-text" }, text),
    icon("down", 16),
  );
  trigger.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    openList(trigger, spec, state, choose);
  });
  const without = (item) => state.chosen.filter((each) => each.value !== item.value);
  const remove = (item) => h("button", { type: "button", class: "chip-remove", "aria-label": `Remove ${item.text}`, on: { click: () => choose(without(item)) } }, icon("close", 12));
  if (spec.multi) return [...state.chosen.map((item) => h("span", { class: "chip" }, item.leading?.(), item.text, remove(item))), trigger];
  return spec.clearable && state.chosen.length ? [trigger, h("button", { type: "button", class: "picker-clear", "aria-label": "Clear the choice", on: { click: () => choose([]) } }, icon("close", 14))] : [trigger];
}

const labelOf = (spec, state) => [spec.label, state.chosen.map((item) => item.text).join(", ")].filter(Boolean).join(": ") || spec.placeholder;

function openList(trigger, spec, state, choose) {
  counter += 1;
  const listId = `list-${counter}`;
  const search = h("input", { type: "text", class: "picker-search", placeholder: "Search", role: "combobox", "aria-expanded": "true", "aria-controls": listId, "aria-label": `Search ${spec.label}`, autocomplete: "off" });
  const list = h("div", { id: listId, role: "listbox", class: "picker-list", "aria-label": spec.label, "aria-multiselectable": spec.multi ? "true" : undefined });
  const opened = openPopover(trigger, [search, list], { matchWidth: true, className: "picker-popover" });
  if (!opened) return;
  const pick = (item) => {
    const without = state.chosen.filter((each) => each.value !== item.value);
    if (!spec.multi) {
      opened.close();
      choose([item]);
    } else if (without.length < state.chosen.length || state.chosen.length < (spec.max ?? Infinity)) {
      opened.close();
      choose(without.length < state.chosen.length ? without : [...state.chosen, item]);
    }
  };
  const refresh = newest(spec, list, state, pick, opened);
  search.addEventListener("input", () => refresh(search.value));
  search.addEventListener("keydown", (event) => keys(event, list, search));
  search.focus();
  refresh("");
}

/** Ask for the options of a query; an answer that a later query has overtaken is dropped. */
function newest(spec, list, state, pick, opened) {
  let asked = 0;
  return async (query) => {
    asked += 1;
    const mine = asked;
    if (query.length < (spec.minQuery ?? 0)) {
      list.replaceChildren(note(`Type ${spec.minQuery} or more characters`));
      return;
    }
    if (spec.slow) list.replaceChildren(note("Loading …"));
    const groups = await spec.load(query).catch(() => null);
    if (mine !== asked) return;
    list.replaceChildren(...(groups ? options(groups, state, pick) : [note("The app did not answer in time.")]));
    activate(list, list.querySelector("[aria-selected=true]") ?? list.querySelector("[role=option]"));
    opened.place();
  };
}

const note = (text) => h("div", { class: "picker-note" }, text);

function options(groups, state, pick) {
  const filled = groups.filter((group) => group.items.length);
  if (!filled.length) return [note("No matches")];
  return filled.flatMap((group) => [group.label ? h("div", { class: "menu-heading" }, group.label) : null, ...group.items.map((item) => option(item, state, pick))].filter(Boolean));
}

function option(item, state, pick) {
  counter += 1;
  const chosen = state.chosen.some((each) => each.value === item.value);
  const node = h("div", { role: "option", id: `option-${counter}`, "aria-selected": String(chosen), class: "picker-option", on: { click: () => pick(item), mousemove: () => activate(node.closest("[role=listbox]"), node) } });
  append(node, item.leading?.(), h("span", { class: "menu-text" }, h("span", {}, item.text), item.description ? h("small", {}, item.description) : null), chosen ? icon("check", 16) : null);
  return node;
}

function activate(list, node) {
  list?.querySelector(".active")?.classList.remove("active");
  node?.classList.add("active");
  const search = list?.parentElement?.querySelector(".picker-search");
  if (node) search?.setAttribute("aria-activedescendant", node.id);
  else search?.removeAttribute("aria-activedescendant");
}

function keys(event, list) {
  const nodes = [...list.querySelectorAll("[role=option]")];
  const here = nodes.findIndex((node) => node.classList.contains("active"));
  const steps = { ArrowDown: here + 1, ArrowUp: here - 1 };
  if (event.key in steps && nodes.length) {
    event.preventDefault();
    const next = nodes[(steps[event.key] + nodes.length) % nodes.length];
    activate(list, next);
    next.scrollIntoView({ block: "nearest" });
  }
  if (event.key === "Enter") {
    event.preventDefault();
    nodes[here]?.click();
  }
}

/** The items whose text holds the query. */
export function matching(items, query) {
  const wanted = query.trim().toLowerCase();
  return items.filter((item) => item.text.toLowerCase().includes(wanted));
}
