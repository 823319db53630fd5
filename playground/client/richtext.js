/** The rich_text block: sections, lists, quotes, preformatted text and every leaf. */
import { h } from "./dom.js";
import { slackDate } from "./dates.js";
import { broadcastMention, channelMention, emoji, groupMention, link, plain, userMention } from "./text.js";
import { world } from "./world.js";

const STYLE_TAGS = [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"], ["underline", "u"], ["highlight", "mark"]];

function styled(style, content) {
  return STYLE_TAGS.reduce((inner, [name, tag]) => (style?.[name] ? [h(tag, {}, inner)] : inner), content);
}

const brokenLines = (text) => String(text ?? "").split("\n").flatMap((line, index) => [index ? h("br") : null, ...plain(line)]);

function dateLeaf(leaf) {
  const text = slackDate(Number(leaf.timestamp), leaf.format ?? "") ?? leaf.fallback ?? "";
  return leaf.url ? link(leaf.url, text) : h("time", { class: "date-token", title: leaf.fallback }, text);
}

function colorLeaf(leaf) {
  const swatch = h("span", { class: "swatch" });
  if (/^#[0-9a-f]{3,8}$/i.test(leaf.value)) swatch.style.backgroundColor = leaf.value;
  return [swatch, leaf.value];
}

const LEAVES = {
  text: (leaf) => brokenLines(leaf.text),
  link: (leaf) => [link(leaf.url, leaf.text || leaf.url)],
  emoji: (leaf) => [emoji(leaf.name)],
  user: (leaf) => [userMention(leaf.user_id)],
  channel: (leaf) => [channelMention(leaf.channel_id)],
  usergroup: (leaf) => [groupMention(leaf.usergroup_id)],
  team: () => [h("span", { class: "mention" }, world.team.name)],
  broadcast: (leaf) => [broadcastMention(leaf.range)],
  date: (leaf) => [dateLeaf(leaf)],
  color: colorLeaf,
};

const leaf = (element) => styled(element.style, LEAVES[element.type]?.(element) ?? []);
const leaves = (element) => (element.elements ?? []).map(leaf);

function list(element) {
  const tag = element.style === "ordered" ? "ol" : "ul";
  const items = (element.elements ?? []).map((item) => h("li", {}, item.type === "rich_text_section" ? leaves(item) : container(item)));
  const node = h(tag, { class: `rich-list rich-indent-${Math.min(element.indent ?? 0, 6)}` }, items);
  if (tag === "ol" && element.offset) node.start = element.offset + 1;
  return element.border ? h("div", { class: "rich-border" }, node) : node;
}

const CONTAINERS = {
  rich_text_section: (element) => h("div", { class: "rich-section" }, leaves(element)),
  rich_text_list: list,
  rich_text_quote: (element) => h("blockquote", {}, leaves(element)),
  rich_text_preformatted: (element) => h("pre", {}, (element.elements ?? []).map((part) => part.text ?? part.url ?? "")),
};

const container = (element) => CONTAINERS[element.type]?.(element) ?? null;

/** Render the elements of a rich_text block. */
export function richText(block) {
  return h("div", { class: "rich-text" }, (block.elements ?? []).map(container));
}
