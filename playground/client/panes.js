/** The panes: a channel, the app's Home, and the thread beside them. */
import { act } from "./api.js";
import { avatar } from "./avatars.js";
import { blocks } from "./blocks.js";
import { openCanvas } from "./canvas.js";
import { composer } from "./composer.js";
import { append, h, icon, iconButton } from "./dom.js";
import { openMenu, openPopover } from "./menus.js";
import { renderMessages } from "./messages.js";
import { attempt, session } from "./session.js";
import { surfaceFor } from "./surface.js";
import { emoji, link, mrkdwn, plain } from "./text.js";
import { channelName, personName, SLACKBOT, world } from "./world.js";

const NEAR_END = 80;

/** Draw `node` anew only when what it shows has changed. */
function drawn(node, signature, make) {
  if (node.drawn === signature) return;
  node.drawn = signature;
  node.replaceChildren();
  append(node, make());
}

function messageScroller(label) {
  const scroller = h("div", { class: "scroller", tabIndex: 0, role: "log", "aria-label": label, "aria-live": "off" }, h("div", { class: "scroll-start" }), h("div", { class: "message-list" }));
  let wasAtEnd = true;
  scroller.addEventListener("scroll", () => (wasAtEnd = isAtEnd(scroller)), { passive: true });
  new ResizeObserver(() => wasAtEnd && (scroller.scrollTop = scroller.scrollHeight)).observe(scroller);
  return scroller;
}

const isAtEnd = (scroller) => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END;

/** Keep the end in view when it was in view, or when the reader has just come. */
function keepingEnd(scroller, fresh, work) {
  const atEnd = isAtEnd(scroller);
  work();
  if (fresh || atEnd) toEnd(scroller);
}

function toEnd(scroller) {
  scroller.scrollTop = scroller.scrollHeight;
  for (const image of scroller.querySelectorAll("img")) if (!image.complete) image.addEventListener("load", () => (scroller.scrollTop = scroller.scrollHeight), { once: true });
}

/** Draw a channel or a direct conversation. */
export function renderChannel(main, channel, handlers) {
  const key = `channel-${session.me}-${channel.id}`;
  const fresh = main.dataset.place !== key;
  if (fresh) {
    main.dataset.place = key;
    main.drawn = null;
    main.replaceChildren(h("header", { class: "pane-head" }), h("div", { class: "bookmarks" }), messageScroller(channelName(channel)), h("div", { class: "composer-place" }));
  }
  const [head, bar, scroller, place] = main.children;
  drawn(head, JSON.stringify([channel.name, channel.topic, channel.members, channel.pins, channel.is_archived, session.state.people.length]), () => channelHead(channel, handlers));
  drawn(bar, JSON.stringify([channel.bookmarks]), () => bookmarks(channel));
  bar.hidden = !channel.bookmarks.length;
  const shown = channel.messages.filter((message) => !message.is_reply || message.reply_broadcast || message.ephemeral);
  const own = shown.filter((message) => !(message.ephemeral && message.is_reply));
  drawn(place, JSON.stringify([channel.is_member, channel.is_archived, channel.kind, channel.name, channel.suggested]), () => [suggested(channel), composerOrJoin(channel)]);
  keepingEnd(scroller, fresh, () => {
    drawn(scroller.firstElementChild, JSON.stringify([channel.name, channel.purpose, channel.creator, own.length > 300]), () => channelStart(channel));
    renderMessages(scroller.lastElementChild, own, { newFrom: session.life.readUpTo[channel.id] });
  });
}

function channelTitle(channel) {
  if (channel.kind === "im") return [avatar(channel.user, "small"), personName(channel.user)];
  return [icon({ group: "lock", mpim: "people" }[channel.kind] ?? "hash", 18), h("span", { class: "pane-name" }, channel.name)];
}

function channelHead(channel, handlers) {
  if (channel.user === session.state.bot_user_id && channel.kind === "im") return appHead("messages", handlers);
  const topic = channel.topic?.value ? h("div", { class: "topic", title: channel.topic.value }, mrkdwn(channel.topic.value)) : null;
  const people = channel.kind === "im" ? null : h("button", { type: "button", class: "head-button", "aria-label": `${channel.members.length} members`, title: "Members", on: { click: (event) => openMembers(event.currentTarget, channel) } }, channel.members.slice(0, 3).map((id) => avatar(id, "tiny")), String(channel.members.length));
  const pins = channel.pins.length ? h("button", { type: "button", class: "head-button", "aria-label": `${channel.pins.length} pinned`, on: { click: (event) => openPins(event.currentTarget, channel) } }, icon("pin", 14), `${channel.pins.length} pinned`) : null;
  const canvas = channel.canvas ? h("button", { type: "button", class: "head-button", on: { click: () => openCanvas(channel.id) } }, icon("canvas", 14), "Canvas") : null;
  return [h("h1", { class: "pane-title" }, channelTitle(channel)), topic, h("div", { class: "head-right" }, canvas, pins, people)];
}

function openMembers(anchor, channel) {
  const leading = (id) => avatar(id, "small");
  const members = channel.members.map((id) => ({ label: personName(id), detail: world.people.get(id)?.is_bot ? "App" : `@${world.people.get(id)?.name ?? id}`, leading: leading(id), onPick: () => world.openPerson(id) }));
  const outside = [...world.people.values()].filter((person) => !channel.members.includes(person.id) && !person.deleted && person.id !== SLACKBOT);
  const invite = channel.is_member ? outside.map((person) => ({ label: `Add ${personName(person.id)}`, icon: "plus", onPick: () => attempt(() => act(session.me, "invite", { channel: channel.id, user: person.id })) })) : [];
  openMenu(anchor, [{ heading: true, label: "Members" }, ...members, ...(invite.length ? [{ heading: true, label: "Add to the channel" }, ...invite] : [])], { align: "end" });
}

function openPins(anchor, channel) {
  const pinned = channel.pins.map((ts) => channel.messages.find((message) => message.ts === ts)).filter(Boolean);
  const items = pinned.map((message) => ({ label: personName(message.user), detail: mrkdwn(message.text).textContent.slice(0, 140), leading: avatar(message.user, "small"), onPick: () => world.openMessage(channel.id, message.ts) }));
  openMenu(anchor, [{ heading: true, label: "Pinned in this channel" }, ...items], { align: "end" });
}

function bookmarks(channel) {
  const mark = (bookmark) => (bookmark.emoji ? emoji(bookmark.emoji.replaceAll(":", "")) : icon("bookmark", 14));
  return channel.bookmarks.map((bookmark) => {
    const node = link(bookmark.link ?? "", mark(bookmark), ...plain(bookmark.title));
    node.classList.add("bookmark");
    return node;
  });
}

function channelStart(channel) {
  if (channel.kind === "im") return [avatar(channel.user, "large"), h("h2", {}, personName(channel.user)), h("p", { class: "muted" }, "This conversation is between you and ", h("strong", {}, personName(channel.user)), ".")];
  const purpose = channel.purpose?.value ? [" ", mrkdwn(channel.purpose.value)] : "";
  return [h("h2", {}, channelTitle(channel)), h("p", { class: "muted" }, `${personName(channel.creator)} created this ${channel.kind === "group" ? "private channel" : "channel"}. This is its very beginning.`, purpose)];
}

/** What the app suggests to ask, above the composer of its messages. */
function suggested(channel) {
  if (!channel.suggested?.prompts?.length) return null;
  const ask = (prompt) => attempt(() => act(session.me, "post", { channel: channel.id, text: prompt.message }));
  const chips = channel.suggested.prompts.map((prompt) => h("button", { type: "button", class: "button", on: { click: () => ask(prompt) } }, prompt.title));
  return h("div", { class: "suggested", role: "group", "aria-label": channel.suggested.title || "Suggested prompts" }, chips);
}

function composerOrJoin(channel) {
  if (channel.is_archived) return h("div", { class: "join" }, "This channel is archived. It can be read, but not written to.");
  if (channel.is_member) return composer({ channel: channel.id, placeholder: channel.kind === "im" ? `Message ${personName(channel.user)}` : `Message #${channel.name}` });
  const join = () => attempt(() => act(session.me, "join", { channel: channel.id }));
  return h("div", { class: "join" }, h("span", {}, "You are looking at ", h("strong", {}, `#${channel.name}`), "."), h("button", { type: "button", class: "button button-primary", on: { click: join } }, "Join channel"));
}

const APP_TABS = [["home", "Home"], ["messages", "Messages"]];

function appHead(active, handlers) {
  const go = { home: () => handlers.openHome(), messages: () => handlers.message(session.state.bot_user_id) };
  const tabs = APP_TABS.map(([name, label]) => h("button", { type: "button", role: "tab", "aria-selected": String(name === active), class: "tab", on: { click: go[name] } }, label));
  return h("div", { class: "app-head" }, h("h1", { class: "pane-title" }, avatar(session.state.bot_user_id, "small"), personName(session.state.bot_user_id), h("span", { class: "app-badge" }, "APP")), h("div", { class: "tabs", role: "tablist", "aria-label": "App" }, tabs));
}

/** Draw the app's Home tab. */
export function renderHome(main, view, handlers) {
  const key = `home-${session.me}`;
  if (main.dataset.place !== key) {
    main.dataset.place = key;
    main.drawn = null;
    main.replaceChildren(h("header", { class: "pane-head pane-head-app" }, appHead("home", handlers)), h("div", { class: "scroller home", tabIndex: 0, role: "region", "aria-label": "Home" }));
  }
  const { state: _, ...shown } = view ?? {};
  drawn(main.lastElementChild, JSON.stringify([shown, world.me?.tz, Math.floor(world.clock.now / 60)]), () => (view ? h("div", { class: "home-body" }, blocks(view.blocks, surfaceFor({ home: true }, view.state?.values))) : h("div", { class: "empty" }, icon("home", 32), h("p", {}, `${personName(session.state.bot_user_id)} has not shown anything here yet.`))));
}

/** Draw the thread beside the channel. */
export function renderThread(side, channel, ts, { close, focus }) {
  const parent = channel?.messages.find((message) => message.ts === ts);
  side.hidden = !parent;
  document.body.classList.toggle("with-thread", Boolean(parent));
  if (!parent) {
    side.dataset.place = "";
    side.replaceChildren();
    return;
  }
  const key = `${session.me}-${channel.id}-${ts}`;
  const fresh = side.dataset.place !== key;
  if (fresh) {
    side.dataset.place = key;
    const title = h("h2", { class: "pane-title" }, "Thread", h("small", { class: "muted" }, channel.kind === "im" ? channelName(channel) : `#${channelName(channel)}`));
    const place = channel.is_member && !channel.is_archived ? composer({ channel: channel.id, thread: ts, placeholder: "Reply…" }) : null;
    side.replaceChildren(h("header", { class: "pane-head" }, title, h("div", { class: "head-right" }, iconButton("close", "Close thread", close))), h("div", { class: "scroller", tabIndex: 0, role: "log", "aria-label": "Thread" }, h("div", { class: "message-list thread-parent" }), h("div", { class: "thread-count" }), h("div", { class: "message-list" })), h("div", { class: "composer-place" }, place));
  }
  const scroller = side.children[1];
  const replies = channel.messages.filter((message) => message.is_reply && message.thread_ts === ts);
  keepingEnd(scroller, fresh, () => {
    renderMessages(scroller.children[0], [parent], { inThread: true });
    drawn(scroller.children[1], String(replies.length), () => (replies.length ? h("span", {}, replies.length === 1 ? "1 reply" : `${replies.length} replies`) : null));
    renderMessages(scroller.children[2], replies, { inThread: true });
  });
  if (fresh && focus) side.querySelector("textarea")?.focus();
}

/** A small card about a person, by the pointer. */
export function showPerson(id, anchor, handlers) {
  const person = world.people.get(id);
  if (!person) return;
  const local = new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit", timeZone: person.tz || "UTC" }).format(new Date(world.clock.now * 1000));
  const shut = (work) => () => {
    opened.close();
    work();
  };
  const buttons = [
    id === session.me ? null : h("button", { type: "button", class: "button button-plain", on: { click: shut(() => (person.is_bot ? handlers.openHome() : handlers.message(id))) } }, person.is_bot ? "Open Home" : "Message"),
    person.is_bot || id === session.me ? null : h("button", { type: "button", class: "button button-plain", on: { click: shut(() => handlers.actAs(id)) } }, `Act as ${personName(id)}`),
  ];
  const card = h("div", { class: "person-card" }, avatar(id, "large"), h("div", {}, h("strong", {}, personName(id)), h("div", { class: "muted" }, person.is_bot ? "App" : `@${person.name}`), person.is_bot ? null : h("div", { class: "muted" }, `${local} local time · ${person.tz.replaceAll("_", " ")}`), h("div", { class: "person-buttons" }, buttons)));
  const opened = openPopover(anchor, card, { role: "dialog", label: personName(id) });
}
