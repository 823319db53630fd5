/** The composer: messages, slash commands, and suggestions while typing. */
import { act } from "./api.js";
import { avatar } from "./avatars.js";
import { toast } from "./dialogs.js";
import { h, icon } from "./dom.js";
import { emojiLike } from "./emoji.js";
import { saveLives } from "./lives.js";
import { attempt, session } from "./session.js";
import { channelName, personName, SLACKBOT, world } from "./world.js";

/**
 * Build a composer.
 * @param {{channel: string, thread?: string, placeholder: string}} place where it writes to
 */
export function composer({ channel, thread, placeholder }) {
  const draftKey = `${channel}/${thread ?? ""}`;
  const { me, life } = session;
  const input = h("textarea", { class: "composer-input", rows: 1, placeholder, "aria-label": placeholder, value: life.drafts[draftKey] ?? "", "aria-autocomplete": "list", data: { composer: thread ? "thread" : "channel" } });
  const list = h("div", { class: "suggestions", role: "listbox", "aria-label": "Suggestions", hidden: true });
  const sendButton = h("button", { type: "submit", class: "send", "aria-label": "Send", title: "Send" }, icon("send"));
  const helper = suggester(input, list, Boolean(thread));

  const keepDraft = () => {
    life.drafts[draftKey] = input.value;
    sendButton.classList.toggle("ready", Boolean(input.value.trim()));
    grow(input);
    saveLives();
  };
  const submit = async () => {
    const text = input.value.trim();
    if (!text) return;
    if (thread && isCommand(text)) return void toast("Slash commands do not work in threads, as in Slack. Type it in the channel.", "info");
    if (isCommand(text) && !knownCommand(text)) return void toast(`${text.split(/\s/)[0]} is not a command here. Type / to see those there are.`, "info");
    input.value = "";
    helper.close();
    keepDraft();
    const sent = await attempt(() => send(me, channel, thread, text));
    if (!sent && !input.value) {
      input.value = text;
      keepDraft();
    }
  };
  input.addEventListener("input", () => {
    keepDraft();
    helper.update();
  });
  input.addEventListener("keydown", (event) => {
    if (helper.key(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  input.addEventListener("blur", () => setTimeout(helper.close, 150));
  const insert = (text) => () => {
    const gap = input.value && !/\s$/.test(input.value) ? " " : "";
    input.value = text === "/" ? "/" : `${input.value}${gap}${text}`;
    input.focus();
    keepDraft();
    helper.update();
  };
  const tool = (text, label) => h("button", { type: "button", class: "icon-button composer-tool", "aria-label": `${text} ${label}`, title: label, on: { click: insert(text) } }, text);
  const form = h(
    "form",
    { class: "composer", on: { submit: (event) => (event.preventDefault(), submit()) } },
    list,
    input,
    h("div", { class: "composer-bar" }, thread ? null : tool("/", "Slash commands"), tool("@", "Mention someone"), tool(":", "Emoji"), h("span", { class: "composer-hint" }, "Enter to send · Shift+Enter for a new line"), sendButton),
  );
  queueMicrotask(keepDraft);
  return form;
}

function grow(input) {
  input.style.height = "auto";
  input.style.height = `${Math.min(input.scrollHeight, 240)}px`;
}

const isCommand = (text) => /^\/[a-z]/i.test(text);
const knownCommand = (text) => session.state.commands.length === 0 || session.state.commands.some((command) => command.name === text.split(/\s/)[0]);

function send(me, channel, thread, text) {
  if (!isCommand(text)) return act(me, "post", { channel, thread, text });
  const [, command, rest] = /^(\S+)\s*([\s\S]*)$/.exec(text);
  return act(me, "command", { channel, command, text: rest });
}

const SOURCES = [
  { pattern: /^\/[\w-]*$/, find: commands },
  { pattern: /(?:^|\s)@([\p{L}\p{N}._ -]{0,30})$/u, find: mentions },
  { pattern: /(?:^|\s)#([\p{L}\p{N}_-]{0,40})$/u, find: channels },
  { pattern: /(?:^|\s):([a-z0-9_+-]{0,30})$/i, find: emojis },
];

const choice = (key, leading, title, detail, insert) => ({ key, leading, title, detail, insert });

function commands([typed]) {
  return session.state.commands.filter((command) => command.name.startsWith(typed)).map((command) => choice(command.name, icon("bolt", 16), `${command.name} ${command.usage_hint}`.trim(), command.description, `${command.name} `));
}

function mentions([, typed]) {
  const wanted = typed.toLowerCase();
  const people = [...world.people.values()].filter((person) => !person.deleted && person.id !== SLACKBOT && [person.real_name, person.name].some((name) => name.toLowerCase().startsWith(wanted) || name.toLowerCase().includes(` ${wanted}`)));
  const ranges = ["here", "channel"].filter((name) => name.startsWith(wanted)).map((name) => choice(name, icon("people", 16), `@${name}`, "Notify everyone in this channel", `@${name} `));
  return [...people.map((person) => choice(person.id, avatar(person.id, "small"), personName(person.id), `@${person.name}`, `@${person.name} `)), ...ranges];
}

function channels([, typed]) {
  return [...world.channels.values()].filter((channel) => ["channel", "group"].includes(channel.kind) && channel.name.startsWith(typed.toLowerCase())).map((channel) => choice(channel.id, icon("hash", 16), channelName(channel), channel.topic?.value, `#${channel.name} `));
}

function emojis([, typed]) {
  return typed.length < 2 ? [] : emojiLike(typed.toLowerCase()).map(({ name, char }) => choice(name, char, `:${name}:`, "", `:${name}: `));
}

/** The list above the composer: what fits the word before the cursor. */
function suggester(input, list, inThread) {
  let found = [];
  let active = 0;
  const before = () => input.value.slice(0, input.selectionStart);
  const close = () => {
    found = [];
    list.hidden = true;
    list.replaceChildren();
    input.removeAttribute("aria-activedescendant");
  };
  const update = () => {
    const source = SOURCES.find(({ pattern, find }) => pattern.test(before()) && !(inThread && find === commands));
    found = source ? source.find(source.pattern.exec(before())).slice(0, 8) : [];
    active = 0;
    if (found.length) paint();
    else close();
  };
  const pick = (item) => {
    const source = SOURCES.find(({ pattern }) => pattern.test(before()));
    const word = source.pattern.exec(before())[0].trimStart();
    const start = before().length - word.length;
    input.setRangeText(item.insert, start, before().length, "end");
    close();
    input.focus();
    input.dispatchEvent(new Event("input"));
  };
  const row = (item, index) => h("div", { role: "option", id: `suggestion-${index}`, "aria-selected": String(index === active), class: `picker-option ${index === active ? "active" : ""}`, on: { mousedown: (event) => (event.preventDefault(), pick(item)) } }, h("span", { class: "option-leading" }, item.leading), h("span", { class: "menu-text" }, h("span", {}, item.title), item.detail ? h("small", {}, item.detail) : null));
  const paint = () => {
    list.hidden = false;
    list.replaceChildren(...found.map(row));
    input.setAttribute("aria-activedescendant", `suggestion-${active}`);
    list.children[active].scrollIntoView({ block: "nearest" });
  };
  const KEYS = {
    ArrowDown: () => ((active = (active + 1) % found.length), paint()),
    ArrowUp: () => ((active = (active + found.length - 1) % found.length), paint()),
    Tab: () => pick(found[active]),
    Enter: () => pick(found[active]),
    Escape: close,
  };
  /** Handle a key; true when it was for the list. What is typed to its end is sent by Enter. */
  const key = (event) => {
    if (!found.length || !KEYS[event.key] || event.shiftKey) return false;
    const complete = event.key === "Enter" && before().endsWith(found[active].insert.trim());
    if (complete) {
      close();
      return false;
    }
    event.preventDefault();
    KEYS[event.key]();
    return true;
  };
  return { update, close, key };
}
