/** Slack's mrkdwn as nodes. What people wrote only ever becomes text; links are let through by scheme. */
import { fragment, h } from "./dom.js";
import { slackDate } from "./dates.js";
import { emojiArt } from "./emoji-art.js";
import { emojiFor, nameOfChar } from "./emoji.js";
import { channelName, personName, world } from "./world.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const unescape = (text) => text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);

const SAFE_LINK = /^(https?:|mailto:|tel:|slack:)/i;
const PERMALINK = /\/archives\/([A-Z0-9]+)(?:\/p(\d{10})(\d{6}))?/;

/** A link, opened in a new tab; one to a message of this workspace goes there instead. Unsafe schemes stay text. */
export function link(url, ...label) {
  const inside = PERMALINK.exec(url);
  if (inside && world.channels.has(inside[1])) return insideLink(inside, label.length ? label : [url]);
  if (!SAFE_LINK.test(url)) return h("span", { class: "dead-link" }, label.length ? label : url);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow", class: "link" }, label.length ? label : url);
}

function insideLink([, channel, seconds, fraction], label) {
  const go = (event) => {
    event.preventDefault();
    if (seconds) world.openMessage(channel, `${seconds}.${fraction}`);
    else world.openChannel(channel);
  };
  return h("a", { href: `#${channel}`, class: "link", on: { click: go } }, label);
}

/** `@Name`; a mention of the reader stands out. */
export function userMention(id, fallback) {
  const known = world.people.has(id);
  const name = known ? personName(id) : fallback || id;
  const mine = id === world.me?.id ? " mention-me" : "";
  return h("button", { type: "button", class: `mention${mine}`, disabled: !known, on: { click: () => world.openPerson(id) } }, `@${name}`);
}

export function channelMention(id, fallback) {
  const channel = world.channels.get(id);
  if (!channel) return h("span", { class: "mention mention-off" }, fallback ? `#${fallback}` : "private channel");
  const mark = channel.kind === "group" ? "🔒" : "#";
  return h("button", { type: "button", class: "mention", on: { click: () => world.openChannel(id) } }, `${mark}${channelName(channel)}`);
}

export const broadcastMention = (range) => h("span", { class: "mention mention-me" }, `@${range}`);
export const groupMention = (id, fallback) => h("span", { class: "mention" }, fallback || `@${id}`);

/** An emoji by name; an unknown one stays `:name:`. */
export function emoji(typed) {
  const name = typed.replace(/::?skin-tone-\d$/, "");
  const char = emojiFor(name);
  return char ? h("span", { class: "emoji", role: "img", "aria-label": name.replaceAll("_", " "), title: `:${name}:` }, emojiArt(name) ?? char) : `:${name}:`;
}

/** An emoji written as a character: drawn where there is a drawing. */
function emojiChar(char) {
  const name = nameOfChar(char);
  return name && emojiArt(name) ? emoji(name) : h("span", { class: "emoji" }, char);
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function dateToken(body, fallback, opening) {
  const [, seconds, pattern, url] = body.split("^");
  const filled = slackDate(Number(seconds), unescape(pattern ?? ""));
  const text = (filled && opening ? capital(filled) : filled) ?? unescape(fallback ?? "");
  return url ? link(unescape(url), text) : h("time", { class: "date-token", title: unescape(fallback ?? "") }, text);
}

function special(body, label, opening) {
  if (body.startsWith("!date^")) return dateToken(body, label, opening);
  if (body.startsWith("!subteam^")) return groupMention(body.slice(9), label && unescape(label));
  const range = body.slice(1).split("|")[0];
  return ["here", "channel", "everyone"].includes(range) ? broadcastMention(range) : unescape(label ?? `<${body}>`);
}

/** What stands between `<` and `>`; `opening` says that a sentence starts with it. */
function token(inner, opening) {
  const bar = inner.indexOf("|");
  const body = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? null : inner.slice(bar + 1);
  if (body.startsWith("@")) return userMention(body.slice(1), label && unescape(label));
  if (body.startsWith("#")) return channelMention(body.slice(1), label && unescape(label));
  if (body.startsWith("!")) return special(body, label, opening);
  return link(unescape(body), unescape(label ?? body.replace(/^mailto:/, "")));
}

const STYLES = { "*": "strong", _: "em", "~": "s" };
const BARE_URL = /\bhttps?:\/\/[^\s<>|]+[^\s<>|.,;:!?"')\]]/g;
const EMOJI_NAME = /:([a-z0-9_+-]+(?:::skin-tone-\d)?):/gi;
const EMOJI_CHAR = /\p{Extended_Pictographic}\uFE0F?/gu;
const isWord = (char) => char !== undefined && /[\p{L}\p{N}]/u.test(char);

/** Plain text with emoji, and links where a bare address stands. */
export function plain(text, { links = false } = {}) {
  const parts = links ? split(text, BARE_URL, (match) => link(match[0])) : [text];
  const named = eachText(parts, EMOJI_NAME, (match) => emoji(match[1]));
  return eachText(named, EMOJI_CHAR, (match) => (/[\d#*©®™]/.test(match[0]) ? match[0] : emojiChar(match[0])));
}

const eachText = (parts, pattern, make) => parts.flatMap((part) => (typeof part === "string" ? split(part, pattern, make) : [part]));

function split(text, pattern, make) {
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(text.slice(last, match.index), make(match));
    last = match.index + match[0].length;
  }
  parts.push(text.slice(last));
  return parts;
}

function closing(text, from, mark) {
  for (let at = from + 1; at < text.length; at += 1) {
    const char = text[at];
    if (char === "\n") return -1;
    if (char === "<" || char === "`") {
      const end = text.indexOf(char === "<" ? ">" : "`", at + 1);
      if (end > 0) at = end;
    } else if (char === mark && at > from + 1 && !/\s/.test(text[at - 1]) && !isWord(text[at + 1])) return at;
  }
  return -1;
}

const opens = (text, at) => !isWord(text[at - 1]) && text[at + 1] !== undefined && !/\s/.test(text[at + 1]);

const SENTENCE_START = /(^|[\n.!?])[\s*_~]*$/;

/** One special piece that starts at `at`: [its end, its node], or null. */
function pieceAt(text, at) {
  const char = text[at];
  if (char === "<") {
    const end = text.indexOf(">", at);
    return end > at + 1 ? [end + 1, token(text.slice(at + 1, end), SENTENCE_START.test(text.slice(0, at)))] : null;
  }
  if (char === "`") {
    const end = text.indexOf("`", at + 1);
    const line = text.indexOf("\n", at);
    return end > at + 1 && (line < 0 || end < line) ? [end + 1, h("code", {}, unescape(text.slice(at + 1, end)))] : null;
  }
  if (!STYLES[char] || !opens(text, at)) return null;
  const end = closing(text, at, char);
  return end < 0 ? null : [end + 1, h(STYLES[char], {}, inline(text.slice(at + 1, end)))];
}

/** Styles, tokens, code and emoji within one block of lines. */
function inline(text) {
  const parts = [];
  let plainFrom = 0;
  const flush = (to) => parts.push(...lines(unescape(text.slice(plainFrom, to))));
  for (let at = 0; at < text.length; at += 1) {
    const piece = pieceAt(text, at);
    if (!piece) continue;
    flush(at);
    parts.push(piece[1]);
    plainFrom = piece[0];
    at = piece[0] - 1;
  }
  flush(text.length);
  return parts;
}

function lines(text) {
  return text.split("\n").flatMap((line, index) => (index ? [h("br"), ...plain(line, { links: true })] : plain(line, { links: true })));
}

const QUOTE = /^(?:&gt;|>) ?/;

function quoted(text) {
  const groups = [];
  for (const line of text.split("\n")) {
    const quote = QUOTE.test(line);
    if (groups.at(-1)?.quote !== quote) groups.push({ quote, lines: [] });
    groups.at(-1).lines.push(quote ? line.replace(QUOTE, "") : line);
  }
  return groups.map((group) => {
    const body = inline(group.lines.join("\n"));
    return group.quote ? h("blockquote", {}, body) : body;
  });
}

/** Render Slack mrkdwn, with `&amp; &lt; &gt;` escaped as Slack sends it. */
export function mrkdwn(text) {
  const pieces = String(text ?? "").split("```");
  if (pieces.length % 2 === 0) pieces.splice(-2, 2, pieces.slice(-2).join("```"));
  return fragment(pieces.map((piece, index) => (index % 2 ? preformatted(unescape(piece)) : quoted(trimAround(piece, index, pieces.length)))));
}

const trimAround = (piece, index, count) => {
  const start = index > 0 ? piece.replace(/^\n/, "") : piece;
  return index < count - 1 ? start.replace(/\n$/, "") : start;
};

export const preformatted = (text) => h("pre", {}, text.replace(/^\n/, "").replace(/\n$/, ""));

/** A Block Kit text object. */
export function textObject(object) {
  if (!object) return null;
  if (object.type === "mrkdwn") return mrkdwn(object.text);
  const body = String(object.text ?? "");
  return fragment(body.split("\n").flatMap((line, index) => [index ? h("br") : null, ...(object.emoji === false ? [line] : plain(line))]));
}

/** A text object as a plain string, for labels that only take one. */
export function textOf(object) {
  return textObject(object)?.textContent ?? "";
}
