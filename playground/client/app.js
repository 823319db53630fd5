/** The client: fetch what one person sees, draw it, and follow the changes. */
import { act, fetchState, listen } from "./api.js";
import { toast } from "./dialogs.js";
import { h } from "./dom.js";
import { renderGuide } from "./guide.js";
import { lifeOf, saveLives } from "./lives.js";
import { renderModals } from "./modal.js";
import { renderChannel, renderHome, renderThread, showPerson } from "./panes.js";
import { attempt, session } from "./session.js";
import { renderSidebar } from "./sidebar.js";
import { renderTopbar, tick } from "./topbar.js";
import { channelName, personName, updateWorld, world } from "./world.js";

const REFRESH_GAP = 120;
const byId = (id) => document.getElementById(id);
const view = { jumpTo: null, focusThread: false, lastAct: null };

const handlers = {
  open: (id) => goTo({ kind: "channel", id }),
  openHome: (unreadChannel) => (typeof unreadChannel === "string" ? goTo({ kind: "channel", id: unreadChannel }) : openHome()),
  message: messagePerson,
  actAs,
  visit,
  toggleSidebar: () => document.body.classList.toggle("sidebar-open"),
};

// --- where the person is: kept in the address, so that back, forward and links work ---

const addressOf = (me, place, thread) => {
  const parts = { as: me, at: place?.kind === "home" ? "home" : place?.id, thread };
  return `#${new URLSearchParams(Object.entries(parts).filter(([, value]) => value))}`;
};

function readAddress() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const at = parts.get("at");
  return { as: parts.get("as"), place: at && (at === "home" ? { kind: "home" } : { kind: "channel", id: at }), thread: parts.get("thread") };
}

function writeAddress({ replace = false } = {}) {
  const { life, me } = session;
  const address = addressOf(me, life.place, life.thread);
  if (address !== location.hash || location.search) history[replace ? "replaceState" : "pushState"](null, "", location.pathname + address);
  saveLives();
}

async function followAddress() {
  const { as, place, thread } = readAddress();
  if (as) session.me = as;
  if (place) session.life.place = place;
  session.life.thread = thread;
  await session.refresh();
  if (session.life.place?.kind === "home") await attempt(() => act(session.me, "open_home"));
}

function goTo(place, thread = null) {
  const { life } = session;
  if (place.kind === "channel") life.readUpTo[place.id] = session.channel(place.id)?.last_read ?? "0";
  Object.assign(life, { place, thread });
  document.body.classList.remove("sidebar-open");
  writeAddress();
  tellPlace(place);
  return session.refresh();
}

/** The agent surface: the app hears that its messages are open, and what stands beside them. */
function tellPlace(place) {
  if (place.kind !== "channel") return;
  const channel = session.channel(place.id);
  const isApps = channel?.kind === "im" && channel.user === session.state?.bot_user_id;
  if (isApps) act(session.me, "open_messages").catch(() => {});
  else act(session.me, "look_at", { channel: place.id }).catch(() => {});
}

async function openHome() {
  await goTo({ kind: "home" });
  await attempt(() => act(session.me, "open_home"));
}

async function messagePerson(user) {
  const answer = await attempt(() => act(session.me, "open_dm", { user }));
  if (answer) await goTo({ kind: "channel", id: answer.channel });
}

async function actAs(id) {
  session.me = id;
  writeAddress();
  await session.refresh();
  if (session.life.place?.kind === "home") await attempt(() => act(id, "open_home"));
  byId("act-as")?.focus();
}

/** Go somewhere as somebody. */
async function visit(id, place) {
  if (session.me !== id) await actAs(id);
  await (place.kind === "home" ? openHome() : goTo(place));
}

// --- refreshing: one request at a time, the newest wish wins ---

let running = null;
let again = false;

session.refresh = () => {
  if (running) {
    again = true;
    return running;
  }
  running = (async () => {
    do {
      again = false;
      await refreshOnce();
    } while (again);
  })().finally(() => (running = null));
  return running;
};

async function refreshOnce() {
  const me = session.me;
  const place = me && lifeOf(me).place;
  try {
    const state = await fetchState(me, place?.kind === "channel" ? place.id : null);
    if (session.me !== me) {
      again = true;
      return;
    }
    accept(state);
  } catch (error) {
    showConnection(false, error.message);
  }
}

function accept(state) {
  session.state = state;
  session.me = state.me;
  updateWorld(state);
  const { life } = session;
  const lost = !life.place || (life.place.kind === "channel" && !session.channel(life.place.id));
  if (lost) {
    const first = state.channels.find((channel) => channel.is_general) ?? state.channels[0];
    life.place = first ? { kind: "channel", id: first.id } : { kind: "home" };
    life.thread = null;
    again = true;
  }
  writeAddress({ replace: true });
  draw();
  markRead();
}

function draw() {
  const { state, life } = session;
  const channel = life.place.kind === "channel" ? session.channel(life.place.id) : null;
  if (channel && !(channel.id in life.readUpTo)) life.readUpTo[channel.id] = channel.last_read;
  renderTopbar(byId("topbar"), state, handlers);
  renderGuide(byId("guide"), state.guide, handlers);
  renderSidebar(byId("sidebar"), state, { ...handlers, place: life.place });
  if (channel?.messages) renderChannel(byId("main"), channel, handlers);
  else if (life.place.kind === "home") renderHome(byId("main"), state.home, handlers);
  renderThread(byId("side"), channel?.messages ? channel : null, life.thread, { close: closeThread, focus: view.focusThread });
  view.focusThread = false;
  renderModals(state.modals);
  drawTitle(channel);
  showJump();
}

function drawTitle(channel) {
  const unread = session.state.channels.reduce((sum, one) => sum + (one.is_member ? one.unread : 0), 0);
  const name = channel ? channelName(channel) : personName(session.state.bot_user_id);
  document.title = `${unread ? `(${unread}) ` : ""}${name} · ${session.state.team.name} · local workspace`;
}

function closeThread() {
  const { life } = session;
  const ts = life.thread;
  life.thread = null;
  writeAddress();
  draw();
  document.querySelector(`#main [data-ts="${CSS.escape(ts ?? "")}"]`)?.focus();
}

function markRead() {
  const channel = session.life.place.kind === "channel" && session.channel(session.life.place.id);
  if (!channel || !channel.unread || !channel.is_member || document.hidden) return;
  channel.unread = 0;
  act(session.me, "read", { channel: channel.id }).catch(() => {});
}

// --- going to a message, a thread, a person ---

function showJump() {
  if (!view.jumpTo) return;
  const node = document.querySelector(`#side [data-ts="${CSS.escape(view.jumpTo)}"], #main [data-ts="${CSS.escape(view.jumpTo)}"]`);
  if (!node) return;
  view.jumpTo = null;
  node.scrollIntoView({ block: "center" });
  node.classList.add("flash");
  node.focus({ preventScroll: true });
  setTimeout(() => node.classList.remove("flash"), 2500);
}

world.openChannel = handlers.open;
world.openPerson = (id) => showPerson(id, document.activeElement ?? document.body, handlers);
world.openThread = (channel, ts, focus = false) => {
  view.focusThread = focus;
  return goToThread(channel, ts);
};
world.openMessage = async (channel, ts) => {
  view.jumpTo = ts;
  await goTo({ kind: "channel", id: channel }, session.life.thread);
  const message = session.channel(channel)?.messages?.find((one) => one.ts === ts);
  if (!message) return void toast("That message is gone, or older than what is shown.", "info");
  if (message.is_reply) await goToThread(channel, message.thread_ts);
};

function goToThread(channel, ts) {
  session.life.thread = ts;
  if (session.life.place.id !== channel) return goTo({ kind: "channel", id: channel }, ts);
  writeAddress();
  draw();
  return undefined;
}

// --- the line to the server ---

function showConnection(up, detail = "") {
  const node = byId("connection");
  node.textContent = up ? "" : detail || "Connection lost. Trying again …";
  node.classList.toggle("down", !up);
}

let nudged = null;

function onChange() {
  nudged ??= setTimeout(() => {
    nudged = null;
    session.refresh();
  }, REFRESH_GAP);
}

function onKey(event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    document.querySelector(".switcher .picker-trigger")?.click();
  }
  if (event.key === "Escape" && session.life?.thread && byId("side").contains(event.target)) closeThread();
}

async function start() {
  const { as, place, thread } = readAddress();
  session.me = as;
  if (as && place) Object.assign(session.life, { place, thread });
  await session.refresh();
  if (session.life?.place?.kind === "home") await attempt(() => act(session.me, "open_home"));
  listen(onChange, (up) => {
    showConnection(up);
    if (up) onChange();
  });
  window.addEventListener("popstate", followAddress);
  window.addEventListener("keydown", onKey);
  document.addEventListener("visibilitychange", () => session.state && markRead());
  byId("main").addEventListener("click", () => document.body.classList.remove("sidebar-open"));
  setInterval(tick, 250);
  document.body.append(h("div", { id: "ready", hidden: true }));
}

start();
