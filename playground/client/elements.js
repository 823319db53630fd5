/** The interactive elements of Block Kit. Each is built from its JSON and tells its surface what was done. */
import { h, icon } from "./dom.js";
import { avatar } from "./avatars.js";
import { fromLocalInput, toLocalInput } from "./dates.js";
import { confirmed } from "./dialogs.js";
import { openMenu } from "./menus.js";
import { matching, picker } from "./pickers.js";
import { textObject, textOf } from "./text.js";
import { channelName, members, personName, world } from "./world.js";

/**
 * Build an element.
 * @param {object} element its JSON
 * @param {object} block the block it stands in
 * @param {object} surface what holds its state: `{read, write, act, suggest, label}`
 */
export function interactive(element, block, surface) {
  const make = MAKERS[element.type];
  if (!make) return h("span", { class: "unsupported" }, `This client does not show “${element.type}”.`);
  return make(element, block, surface);
}

const inInput = (block) => block.type === "input";

/** Remember a value, and tell the app at once unless it belongs to a form. Returns false when a confirm was declined. */
async function settle(element, block, surface, value) {
  if (!inInput(block) && !(await confirmed(element.confirm))) return false;
  surface.write(block, element, { type: element.type, ...value });
  if (!inInput(block) || block.dispatch_action) await surface.act(block, element, { type: element.type, ...value });
  return true;
}

const current = (element, block, surface) => surface.read(block, element);
const nameOf = (element, block) => textOf(block.label) || textOf(element.placeholder) || textOf(element.text) || "choice";

function button(element, block, surface) {
  const press = async (event) => {
    const node = event.currentTarget;
    if (!(await confirmed(element.confirm))) return;
    if (/^https?:/i.test(element.url ?? "")) window.open(element.url, "_blank", "noopener,noreferrer");
    node.classList.add("busy");
    node.setAttribute("aria-busy", "true");
    await surface.act(block, element, { type: "button", value: element.value });
    node.classList.remove("busy");
    node.removeAttribute("aria-busy");
  };
  return h("button", { type: "button", class: `button button-${element.style ?? "plain"}`, "aria-label": element.accessibility_label, data: { action: element.action_id ?? "" }, on: { click: press } }, textObject(element.text));
}

const optionItem = (option) => ({ value: option.value, text: textOf(option.text), description: textOf(option.description), option });
const personItem = (id) => ({ value: id, text: personName(id), leading: () => avatar(id, "small") });
const channelItem = (id) => {
  const channel = world.channels.get(id);
  return { value: id, text: channelName(channel), leading: () => (channel?.kind === "im" ? avatar(channel.user, "small") : icon(channel?.kind === "group" ? "lock" : "hash", 14)) };
};

const people = () => members().map((person) => personItem(person.id));
const rooms = (kinds) => [...world.channels.values()].filter((channel) => kinds.includes(channel.kind) && !channel.is_archived).map((channel) => channelItem(channel.id));

const FILTER_KINDS = { public: "channel", private: "group", im: "im", mpim: "mpim" };
const conversations = (element) => rooms((element.filter?.include ?? Object.keys(FILTER_KINDS)).map((name) => FILTER_KINDS[name]));

const single = (items) => async (query) => [{ items: matching(items(), query) }];

function optionGroups(element) {
  return async (query) => (element.option_groups ?? [{ options: element.options ?? [] }]).map((group) => ({ label: textOf(group.label), items: matching(group.options.map(optionItem), query) }));
}

/** How each family of selects loads its choices and names its values. */
const FAMILIES = {
  static: { load: optionGroups, item: optionItem, initial: "option", one: "selected_option", many: "selected_options", out: (item) => item.option },
  external: { load: null, item: optionItem, initial: "option", one: "selected_option", many: "selected_options", out: (item) => item.option },
  users: { load: () => single(people), item: personItem, initial: "user", one: "selected_user", many: "selected_users", out: (item) => item.value },
  channels: { load: () => single(() => rooms(["channel"])), item: channelItem, initial: "channel", one: "selected_channel", many: "selected_channels", out: (item) => item.value },
  conversations: { load: (element) => single(() => conversations(element)), item: channelItem, initial: "conversation", one: "selected_conversation", many: "selected_conversations", out: (item) => item.value },
};

function external(element, block, surface) {
  return async (query) => {
    const answer = await surface.suggest(block, element, query);
    const groups = answer.option_groups ?? [{ options: answer.options ?? [] }];
    return groups.map((group) => ({ label: textOf(group.label), items: (group.options ?? []).map(optionItem) }));
  };
}

function select(element, block, surface) {
  const multi = element.type.startsWith("multi_");
  const family = FAMILIES[element.type.replace("multi_", "").replace("_select", "")];
  const key = multi ? family.many : family.one;
  const saved = current(element, block, surface)?.[key];
  const chosen = (multi ? saved ?? [] : [saved]).filter(Boolean).map(family.item);
  const slow = family.load === null;
  return picker({
    label: nameOf(element, block),
    placeholder: textOf(element.placeholder) || (multi ? "Select options" : "Select an option"),
    multi,
    max: element.max_selected_items,
    chosen,
    slow,
    minQuery: slow ? element.min_query_length ?? 3 : 0,
    clearable: inInput(block) && block.optional,
    load: slow ? external(element, block, surface) : family.load(element),
    onChange: (items) => settle(element, block, surface, { [key]: multi ? items.map(family.out) : items.length ? family.out(items[0]) : null }),
  });
}

function choices(kind) {
  return (element, block, surface) => {
    const multi = kind === "checkbox";
    const saved = current(element, block, surface);
    const picked = new Set((multi ? saved?.selected_options ?? [] : [saved?.selected_option]).filter(Boolean).map((option) => option.value));
    const group = `${surface.id}-${block.block_id}-${element.action_id}`;
    const boxes = (element.options ?? []).map((option) => [option, h("input", { type: kind, name: group, value: option.value, checked: picked.has(option.value) })]);
    const changed = async () => {
      const chosen = boxes.filter(([, box]) => box.checked).map(([option]) => option);
      const kept = await settle(element, block, surface, multi ? { selected_options: chosen } : { selected_option: chosen[0] ?? null });
      if (!kept) for (const [option, box] of boxes) box.checked = picked.has(option.value);
    };
    const rows = boxes.map(([option, box]) => h("label", { class: "choice" }, box, h("span", {}, textObject(option.text), option.description ? h("small", {}, textObject(option.description)) : null)));
    return h("div", { class: "choices", role: multi ? "group" : "radiogroup", "aria-label": nameOf(element, block), on: { change: changed } }, rows);
  };
}

/** The date and time elements: an input type, and how its text becomes the element's value and back. */
const MOMENTS = {
  datepicker: { type: "date", key: "selected_date", read: (value) => value, write: (text) => text || null },
  timepicker: { type: "time", key: "selected_time", read: (value) => value, write: (text) => text || null },
  datetimepicker: { type: "datetime-local", key: "selected_date_time", read: toLocalInput, write: fromLocalInput },
};

function moment(element, block, surface) {
  const kind = MOMENTS[element.type];
  const saved = current(element, block, surface)?.[kind.key];
  const input = h("input", { type: kind.type, class: "field field-moment", "aria-label": nameOf(element, block), value: saved ? kind.read(saved) : "" });
  input.addEventListener("change", async () => {
    const value = kind.write(input.value);
    if (value === null && !inInput(block)) return;
    if (!(await settle(element, block, surface, { [kind.key]: value }))) input.value = saved ? kind.read(saved) : "";
  });
  const zone = element.type === "datetimepicker" || element.timezone ? h("small", { class: "zone" }, element.timezone ?? world.me?.tz ?? "UTC") : null;
  return h("span", { class: "moment" }, input, zone);
}

function overflow(element, block, surface) {
  const open = (event) =>
    openMenu(event.currentTarget, (element.options ?? []).map((option) => ({ label: textOf(option.text), detail: textOf(option.description), onPick: () => pickOverflow(option) })), { align: "end" });
  async function pickOverflow(option) {
    if (!(await confirmed(element.confirm))) return;
    if (/^https?:/i.test(option.url ?? "")) window.open(option.url, "_blank", "noopener,noreferrer");
    await surface.act(block, element, { type: "overflow", selected_option: option });
  }
  return h("button", { type: "button", class: "button button-plain button-overflow", "aria-label": "More choices", "aria-haspopup": "menu", data: { action: element.action_id ?? "" }, on: { click: open } }, icon("more"));
}

const INPUT_TYPES = { email_text_input: "email", url_text_input: "url", number_input: "number", plain_text_input: "text" };

function textInput(element, block, surface) {
  const tag = element.multiline ? "textarea" : "input";
  const saved = current(element, block, surface)?.value ?? "";
  const field = h(tag, { class: "field", placeholder: element.placeholder?.text ?? "", "aria-label": nameOf(element, block), maxLength: element.max_length ?? (element.type === "plain_text_input" ? 3000 : undefined), autocomplete: "off" });
  if (tag === "input") Object.assign(field, { type: INPUT_TYPES[element.type], min: element.min_value ?? "", max: element.max_value ?? "", step: element.type === "number_input" ? (element.is_decimal_allowed ? "any" : "1") : "" });
  else field.rows = 4;
  field.value = saved;
  const counter = element.max_length ? h("small", { class: "counter", "aria-live": "off" }) : null;
  const count = () => counter && (counter.textContent = String(element.max_length - field.value.length));
  count();
  const value = () => ({ type: element.type, value: field.value === "" ? null : field.value });
  const triggers = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const dispatch = (trigger) => block.dispatch_action && triggers.includes(trigger) && surface.act(block, element, value());
  field.addEventListener("input", () => {
    surface.write(block, element, value());
    count();
    dispatch("on_character_entered");
  });
  field.addEventListener("keydown", (event) => event.key === "Enter" && !event.shiftKey && dispatch("on_enter_pressed"));
  return h("div", { class: "field-wrap" }, field, counter);
}

/** Rich text is typed as plain paragraphs here and sent as a rich_text block. */
function richTextInput(element, block, surface) {
  const saved = current(element, block, surface)?.rich_text_value ?? element.initial_value;
  const text = (saved?.elements ?? []).map((section) => (section.elements ?? []).map((leaf) => leaf.text ?? "").join("")).join("\n");
  const field = h("textarea", { class: "field", rows: 4, placeholder: element.placeholder?.text ?? "", "aria-label": nameOf(element, block), value: text });
  field.addEventListener("input", () => surface.write(block, element, { type: element.type, rich_text_value: asRichText(field.value) }));
  return h("div", { class: "field-wrap" }, field);
}

const asRichText = (text) => (text ? { type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "text", text }] }] } : null);

function fileInput(element, block, surface) {
  const list = h("ul", { class: "file-list" });
  const paint = () => list.replaceChildren(...(current(element, block, surface)?.files ?? []).map((file) => h("li", {}, icon("file", 14), file.name)));
  const input = h("input", { type: "file", multiple: (element.max_files ?? 10) > 1, accept: (element.filetypes ?? []).map((type) => `.${type}`).join(","), "aria-label": nameOf(element, block) });
  input.addEventListener("change", async () => {
    const files = await Promise.all([...input.files].slice(0, element.max_files ?? 10).map(surface.upload));
    surface.write(block, element, { type: element.type, files });
    paint();
  });
  paint();
  return h("div", { class: "file-input" }, input, list);
}

function feedback(element, block, surface) {
  const one = (spec, mark) => spec && h("button", { type: "button", class: "icon-button", "aria-label": spec.accessibility_label ?? textOf(spec.text), title: textOf(spec.text), on: { click: () => surface.act(block, element, { type: element.type, value: spec.value }) } }, mark);
  return h("span", { class: "feedback" }, one(element.positive_button, "👍"), one(element.negative_button, "👎"));
}

function iconAction(element, block, surface) {
  const press = async () => (await confirmed(element.confirm)) && surface.act(block, element, { type: element.type, value: element.value });
  return h("button", { type: "button", class: "icon-button", "aria-label": element.accessibility_label ?? textOf(element.text), title: textOf(element.text), on: { click: press } }, icon(element.icon === "trash" ? "trash" : "more"));
}

const SELECTS = ["static", "external", "users", "channels", "conversations"].flatMap((name) => [`${name}_select`, `multi_${name}_select`]);

const MAKERS = {
  button,
  workflow_button: button,
  overflow,
  checkboxes: choices("checkbox"),
  radio_buttons: choices("radio"),
  datepicker: moment,
  timepicker: moment,
  datetimepicker: moment,
  plain_text_input: textInput,
  email_text_input: textInput,
  url_text_input: textInput,
  number_input: textInput,
  rich_text_input: richTextInput,
  file_input: fileInput,
  feedback_buttons: feedback,
  icon_button: iconAction,
  ...Object.fromEntries(SELECTS.map((type) => [type, select])),
};
