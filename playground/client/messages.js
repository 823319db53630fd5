/** The messages of a channel or a thread. */
import { act } from "./api.js";
import { avatar } from "./avatars.js";
import { attachment, blocks, picture } from "./blocks.js";
import { ago, clockTime, dayKey, dayLabel, fullTime } from "./dates.js";
import { toast } from "./dialogs.js";
import { h, icon, iconButton, reconcile } from "./dom.js";
import { openMenu } from "./menus.js";
import { attempt, session } from "./session.js";
import { surfaceFor } from "./surface.js";
import { emoji, mrkdwn } from "./text.js";
import { personName, world } from "./world.js";

const GROUP_SECONDS = 300;
const QUIET_SUBTYPES = new Set(["channel_join", "channel_leave", "group_join", "group_leave", "channel_topic", "group_topic", "channel_purpose", "group_purpose", "channel_name", "group_name", "channel_archive", "group_archive", "pinned_item", "channel_unarchive", "group_unarchive"]);

/**
 * Show messages in `list`, with a line between days and above what is new.
 * @param {HTMLElement} list
 * @param {object[]} messages oldest first
 * @param {{inThread?: boolean, newFrom?: string}} options
 */
export function renderMessages(list, messages, options = {}) {
  reconcile(list, rows(messages, options), {
    key: (row) => row.key,
    signature: (row) => row.signature,
    render: (row) => row.render(),
  });
}

function rows(messages, { inThread, newFrom }) {
  const out = [];
  let previous = null;
  let announced = false;
  for (const message of messages) {
    const day = dayKey(Number(message.ts));
    const newDay = !previous || day !== dayKey(Number(previous.ts));
    if (newDay && !inThread) out.push(dividerRow(`day-${day}`, dayLabel(Number(message.ts))));
    const isNew = newFrom && !announced && message.ts > newFrom && message.user !== session.me;
    if (isNew && previous) out.push({ key: "new", signature: "new", render: () => h("div", { class: "divider divider-new", role: "separator" }, h("span", {}, "New")) });
    announced ||= isNew;
    const compact = !newDay && !isNew && follows(previous, message);
    out.push(messageRow(message, { compact, inThread }));
    previous = message;
  }
  return out;
}

const dividerRow = (key, label) => ({ key, signature: label, render: () => h("div", { class: "divider", role: "separator" }, h("span", {}, label)) });

const follows = (previous, message) =>
  previous?.user === message.user && previous.username === message.username && previous.ephemeral === message.ephemeral && !isQuiet(previous) && !isQuiet(message) && message.subtype !== "thread_broadcast" && Number(message.ts) - Number(previous.ts) < GROUP_SECONDS;

const isQuiet = (message) => QUIET_SUBTYPES.has(message.subtype);

function messageRow(message, options) {
  const { state: _, ...shown } = message;
  const pinned = session.channel(message.channel)?.pins.includes(message.ts);
  const minutes = message.reply_count ? Math.floor(world.clock.now / 60) : 0;
  const signature = JSON.stringify([shown, options, pinned, session.me, world.me?.tz, minutes, names(message)]);
  return { key: message.ts, signature, render: () => messageNode(message, { ...options, pinned }) };
}

/** The names that a message shows: when one changes, it is drawn again. */
const names = (message) => [personName(message.user), ...(message.reply_users ?? []).map(personName)];

function messageNode(message, { compact, inThread, pinned }) {
  const quiet = isQuiet(message);
  const classes = ["message", compact && "message-compact", message.ephemeral && "message-ephemeral", pinned && "message-pinned", quiet && "message-quiet", message.pinged && "message-pinged"].filter(Boolean);
  const node = h(
    "article",
    { class: classes.join(" "), tabIndex: -1, "aria-label": `${authorName(message)}, ${clockTime(Number(message.ts))}`, data: { ts: message.ts } },
    pinned ? h("div", { class: "message-note" }, icon("pin", 12), "Pinned") : null,
    message.subtype === "thread_broadcast" && !inThread ? broadcastNote(message) : null,
    message.ephemeral ? h("div", { class: "message-note" }, icon("eye", 12), "Only visible to you") : null,
    gutter(message, compact),
    h("div", { class: "message-main" }, compact ? null : head(message), body(message), files(message), reactions(message), inThread ? null : threadLine(message)),
    toolbar(message, { inThread, pinned }),
  );
  return node;
}

const authorName = (message) => message.username || personName(message.user);
const isApp = (message) => Boolean(message.bot_id) || world.people.get(message.user)?.is_bot;

function gutter(message, compact) {
  if (compact) return h("time", { class: "message-gutter time-small", title: fullTime(Number(message.ts)) }, clockTime(Number(message.ts)).replace(/ [AP]M/, ""));
  return h("button", { type: "button", class: "message-gutter avatar-button", tabIndex: -1, "aria-label": `Profile of ${authorName(message)}`, on: { click: () => world.openPerson(message.user) } }, avatar(message.user));
}

function head(message) {
  const name = h("button", { type: "button", class: "author", on: { click: () => world.openPerson(message.user) } }, authorName(message));
  return h("div", { class: "message-head" }, name, isApp(message) ? h("span", { class: "app-badge" }, "APP") : null, h("time", { class: "time", title: fullTime(Number(message.ts)), dateTime: new Date(Number(message.ts) * 1000).toISOString() }, clockTime(Number(message.ts))));
}

function body(message) {
  const where = { message: message.ts, channel: message.channel };
  const surface = surfaceFor(where, message.state?.values);
  const content = message.blocks?.length && !message.client_msg_id ? blocks(message.blocks, surface) : message.text ? h("div", { class: "message-text" }, mrkdwn(message.text)) : null;
  const extras = (message.attachments ?? []).map((spec) => attachment(spec, surface));
  const edited = message.edited ? h("span", { class: "edited", title: message.edited.ts ? fullTime(Number(message.edited.ts)) : "" }, "(edited)") : null;
  return [content, extras, edited];
}

const fileUrl = (file) => `files/${encodeURIComponent(file.id)}/${encodeURIComponent(file.name)}`;

function files(message) {
  return (message.files ?? []).map((file) => {
    if (file.mimetype?.startsWith("image/")) return h("figure", { class: "file-image" }, h("figcaption", {}, file.title), h("a", { href: fileUrl(file), target: "_blank", rel: "noopener" }, picture(fileUrl(file), file.alt_txt || file.title, "block-image")));
    return h("a", { class: "file-chip", href: fileUrl(file), target: "_blank", rel: "noopener", download: file.name }, h("span", { class: "file-kind" }, icon("file", 22)), h("span", { class: "menu-text" }, h("strong", {}, file.title), h("small", {}, `${file.pretty_type || "File"} · ${size(file.size)}`)));
  });
}

const size = (bytes) => (bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1048576).toFixed(1)} MB`);

function reactions(message) {
  if (!message.reactions?.length) return null;
  const one = (reaction) => {
    const mine = reaction.users.includes(session.me);
    const toggle = () => attempt(() => act(session.me, mine ? "unreact" : "react", { channel: message.channel, ts: message.ts, name: reaction.name }));
    return h("button", { type: "button", class: `reaction ${mine ? "reaction-mine" : ""}`, title: `${reaction.users.map(personName).join(", ")} reacted with :${reaction.name}:`, "aria-pressed": String(mine), on: { click: toggle } }, emoji(reaction.name), h("span", {}, String(reaction.count)));
  };
  return h("div", { class: "reactions" }, message.reactions.map(one));
}

function threadLine(message) {
  if (!message.reply_count) return null;
  const replies = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
  return h("button", { type: "button", class: "thread-line", on: { click: () => world.openThread(message.channel, message.ts) } }, (message.reply_users ?? []).slice(0, 4).map((id) => avatar(id, "small")), h("strong", {}, replies), h("span", { class: "muted" }, `Last reply ${ago(Number(message.latest_reply))}`));
}

const broadcastNote = (message) => h("div", { class: "message-note" }, icon("thread", 12), h("button", { type: "button", class: "link-button", on: { click: () => world.openThread(message.channel, message.thread_ts) } }, "Replied to a thread"));

function toolbar(message, { inThread, pinned }) {
  if (isQuiet(message)) return null;
  const more = (event) => openMenu(event.currentTarget, menuFor(message, { pinned }), { align: "end" });
  const react = (name) => h("button", { type: "button", class: "icon-button", "aria-label": `React with ${name.replaceAll("_", " ")}`, title: `React with :${name}:`, on: { click: () => attempt(() => act(session.me, "react", { channel: message.channel, ts: message.ts, name })) } }, emoji(name));
  const buttons = message.ephemeral
    ? []
    : [react("white_check_mark"), react("construction"), react("pushpin"), inThread ? null : iconButton("thread", "Reply in thread", () => world.openThread(message.channel, message.ts, true))];
  return h("div", { class: "message-tools", role: "toolbar", "aria-label": "Message actions" }, buttons, iconButton("more", "More actions", more, { "aria-haspopup": "menu" }));
}

function menuFor(message, { pinned }) {
  if (message.ephemeral) return [{ label: "Dismiss message", icon: "close", onPick: () => attempt(() => act(session.me, "dismiss", { channel: message.channel, ts: message.ts })) }];
  const shortcuts = session.state.shortcuts.filter((shortcut) => shortcut.type === "message");
  return [
    { label: "Copy link to message", icon: "link", onPick: () => copyLink(message) },
    { label: pinned ? "Unpin from channel" : "Pin to channel", icon: "pin", onPick: () => attempt(() => act(session.me, pinned ? "unpin" : "pin", { channel: message.channel, ts: message.ts })) },
    shortcuts.length ? { heading: true, label: `${personName(session.state.bot_user_id)} shortcuts` } : null,
    ...shortcuts.map((shortcut) => ({ label: shortcut.name, detail: shortcut.description, icon: "bolt", onPick: () => attempt(() => act(session.me, "message_shortcut", { channel: message.channel, ts: message.ts, callback_id: shortcut.callback_id })) })),
  ].filter(Boolean);
}

async function copyLink(message) {
  const address = `${location.origin}/archives/${message.channel}/p${message.ts.replace(".", "")}`;
  try {
    await navigator.clipboard.writeText(address);
    toast("Link copied.", "info");
  } catch {
    toast(`The browser does not let the page copy. The link is ${address}`, "info");
  }
}
