/** The sidebar: channels, direct messages, the app, and what is unread. */
import { avatar } from "./avatars.js";
import { append, h, icon } from "./dom.js";
import { channelName, members, personName } from "./world.js";

const byName = (one, other) => channelName(one).localeCompare(channelName(other));

/**
 * Draw the sidebar.
 * @param {{open: (id: string) => void, openHome: () => void, message: (userId: string) => void, place: object}} handlers
 */
export function renderSidebar(nav, state, handlers) {
  const brief = state.channels.map(({ id, name, kind, unread, unread_mentions: mentions, is_member: member, is_archived: archived, user }) => [id, name, kind, unread, mentions, member, archived, user]);
  const signature = JSON.stringify([state.me, state.team, brief, state.people.map((person) => person.real_name), handlers.place]);
  if (nav.drawn === signature) return;
  nav.drawn = signature;
  const focused = nav.contains(document.activeElement) ? document.activeElement.dataset.place : null;
  const { scrollTop } = nav;
  nav.replaceChildren();
  append(nav, h("div", { class: "team" }, h("span", { class: "team-mark", "aria-hidden": "true" }, [...state.team.name][0] ?? "?"), h("strong", {}, state.team.name)), sections(state, handlers));
  nav.scrollTop = scrollTop;
  if (focused) nav.querySelector(`[data-place="${CSS.escape(focused)}"]`)?.focus();
}

function sections(state, handlers) {
  const rooms = state.channels.filter((channel) => ["channel", "group"].includes(channel.kind) && !channel.is_archived).sort(byName);
  const others = rooms.filter((channel) => !channel.is_member);
  const archived = state.channels.filter((channel) => channel.is_archived).sort(byName);
  return [
    section("Channels", rooms.filter((channel) => channel.is_member).map((channel) => channelRow(channel, handlers))),
    others.length ? section("More channels", others.map((channel) => channelRow(channel, handlers))) : null,
    archived.length ? section("Archived", archived.map((channel) => channelRow(channel, handlers))) : null,
    section("Direct messages", directRows(state, handlers)),
    section("Apps", [appRow(state, handlers)]),
  ];
}

const section = (title, rows) => h("section", { class: "sidebar-section", "aria-label": title }, h("h2", {}, title), h("ul", {}, rows.map((row) => h("li", {}, row))));

function row({ key, leading, name, unread, badge, current, onClick, muted }) {
  return h(
    "button",
    { type: "button", class: `sidebar-row ${unread ? "unread" : ""} ${muted ? "muted" : ""}`, "aria-current": current ? "page" : undefined, data: { place: key }, on: { click: onClick } },
    h("span", { class: "row-leading" }, leading),
    h("span", { class: "row-name" }, name, unread ? h("span", { class: "sr-only" }, `${unread} unread`) : null),
    badge ? h("span", { class: "badge", "aria-hidden": "true" }, badge > 99 ? "99+" : String(badge)) : null,
  );
}

function channelRow(channel, { open, place }) {
  return row({ key: channel.id, leading: icon(channel.kind === "group" ? "lock" : "hash", 16), name: channel.name, unread: channel.is_member ? channel.unread : 0, badge: channel.is_member ? channel.unread_mentions : 0, current: place.kind === "channel" && place.id === channel.id, muted: !channel.is_member, onClick: () => open(channel.id) });
}

function directRows(state, { open, message, place }) {
  const humans = members().filter((person) => person.id !== state.me);
  const groups = state.channels.filter((channel) => channel.kind === "mpim");
  const direct = (person) => state.channels.find((channel) => channel.kind === "im" && channel.user === person.id);
  const personRow = (person) => {
    const channel = direct(person);
    return row({ key: person.id, leading: avatar(person.id, "tiny"), name: personName(person.id), unread: channel?.unread, badge: channel?.unread, current: channel && place.id === channel.id, onClick: () => (channel ? open(channel.id) : message(person.id)) });
  };
  const groupRow = (channel) => row({ key: channel.id, leading: icon("people", 16), name: channel.name, unread: channel.unread, badge: channel.unread, current: place.id === channel.id, onClick: () => open(channel.id) });
  return [...humans.map(personRow), ...groups.map(groupRow)];
}

function appRow(state, { openHome, place }) {
  const channel = state.channels.find((one) => one.kind === "im" && one.user === state.bot_user_id);
  const current = place.kind === "home" || (channel && place.id === channel.id);
  return row({ key: "app", leading: avatar(state.bot_user_id, "tiny"), name: personName(state.bot_user_id), unread: channel?.unread, badge: channel?.unread, current, onClick: () => openHome(Boolean(channel?.unread) && channel.id) });
}
