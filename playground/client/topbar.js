/** The bar at the top: the workspace's clock, shortcuts, and whom the client acts as. */
import { act } from "./api.js";
import { avatar } from "./avatars.js";
import { shortDateTime } from "./dates.js";
import { append, h, icon, iconButton } from "./dom.js";
import { openMenu } from "./menus.js";
import { matching, picker } from "./pickers.js";
import { attempt, session } from "./session.js";
import { channelName, members, now, personName, world } from "./world.js";

const SPEEDS = [
  { speed: 0, label: "Pause", face: () => icon("pause", 16) },
  { speed: 1, label: "Real time", face: () => "1×" },
  { speed: 60, label: "One minute a second", face: () => "60×" },
  { speed: 3600, label: "One hour a second", face: () => "3600×" },
];

const TRAFFIC = [
  { state: "off", label: "Nobody calls the model", text: "No traffic" },
  { state: "on", label: "Households call the model", text: "Traffic" },
  { state: "broken", label: "Households call it, and the column “spend” arrives in cents", text: "Broken" },
];

/** Draw the bar. @param {{toggleSidebar: () => void, actAs: (id: string) => void, open: (id: string) => void}} handlers */
export function renderTopbar(bar, state, handlers) {
  const signature = JSON.stringify([state.me, state.people, state.clock.speed, state.clock.controllable, state.clock.can_jump, state.traffic?.state, state.shortcuts, state.channels.map((channel) => channel.name)]);
  if (bar.drawn === signature) return;
  bar.drawn = signature;
  bar.replaceChildren();
  append(bar, iconButton("menu", "Show or hide the sidebar", handlers.toggleSidebar, { class: "menu-toggle" }), h("div", { class: "topbar-clock" }, clock(state), traffic(state)), switcher(handlers), h("div", { class: "topbar-right" }, shortcutsButton(), actAsButton(state, handlers)));
  tick();
}

function clock(state) {
  const face = h("time", { id: "clock-face", class: "clock-face", title: "The workspace's time, in this person's time zone" });
  if (!state.clock.controllable) return face;
  const speeds = SPEEDS.map(({ speed, label, face: show }) => h("button", { type: "button", class: "clock-button", "aria-pressed": String(state.clock.speed === speed), "aria-label": typeof show() === "string" ? `${show()} ${label}` : label, title: label, on: { click: () => setClock({ speed }) } }, show()));
  const jump = state.clock.can_jump ? h("button", { type: "button", class: "clock-button clock-next", "aria-label": "Next event: jump to the next thing that is due", title: "Jump to the next thing that is due", on: { click: jumpOn } }, icon("next", 14), h("span", { class: "clock-next-text" }, "Next event")) : null;
  return [face, h("div", { class: "clock-buttons", role: "group", "aria-label": "Clock" }, speeds, jump)];
}

/** The switch for calls of the deployed model, where the workspace has one. */
function traffic(state) {
  if (!state.traffic) return null;
  const buttons = TRAFFIC.map((one) => h("button", { type: "button", class: "clock-button", "aria-pressed": String(state.traffic.state === one.state), "aria-label": `${one.text}: ${one.label}`, title: one.label, on: { click: () => attempt(() => act(session.me, "traffic", { state: one.state })) } }, one.text));
  return h("div", { class: "clock-buttons", role: "group", "aria-label": "Traffic" }, buttons);
}

const setClock = (body) => attempt(() => act(session.me, "clock", body));

async function jumpOn(event) {
  const button = event.currentTarget;
  button.disabled = true;
  await setClock({ jump: true });
  button.disabled = false;
}

/** Show the running time. */
export function tick() {
  const face = document.getElementById("clock-face");
  if (face && session.state) face.textContent = shortDateTime(now());
}

function switcher(handlers) {
  const everything = () => [...world.channels.values()].map((channel) => ({ value: channel.id, text: channelName(channel), leading: () => (channel.kind === "im" ? avatar(channel.user, "small") : icon(channel.kind === "group" ? "lock" : "hash", 14)) }));
  const node = picker({ label: "Go to a conversation", placeholder: `Go to… (Ctrl K)`, chosen: [], className: "switcher", load: async (query) => [{ items: matching(everything(), query) }], onChange: ([item]) => (handlers.open(item.value), false) });
  return node;
}

function shortcutsButton() {
  const open = (event) => {
    const shortcuts = session.state.shortcuts.filter((shortcut) => shortcut.type === "global");
    const items = shortcuts.map((shortcut) => ({ label: shortcut.name, detail: shortcut.description, icon: "bolt", onPick: () => attempt(() => act(session.me, "global_shortcut", { callback_id: shortcut.callback_id })) }));
    openMenu(event.currentTarget, items.length ? [{ heading: true, label: "Shortcuts" }, ...items] : [{ heading: true, label: "The app has no global shortcuts" }], { align: "end" });
  };
  return iconButton("bolt", "Shortcuts", open, { class: "topbar-icon", "aria-haspopup": "menu" });
}

function actAsButton(state, handlers) {
  const open = (event) => {
    const items = members().map((person) => ({ label: personName(person.id), detail: person.tz.replaceAll("_", " "), leading: avatar(person.id, "small"), checked: person.id === state.me, onPick: () => handlers.actAs(person.id) }));
    openMenu(event.currentTarget, [{ heading: true, label: "Act as" }, ...items], { align: "end" });
  };
  return h("button", { type: "button", class: "act-as", id: "act-as", "aria-haspopup": "menu", "aria-expanded": "false", on: { click: open } }, avatar(state.me, "small"), h("span", { class: "act-as-text" }, h("small", {}, "Acting as"), h("strong", {}, personName(state.me))), icon("down", 14));
}
