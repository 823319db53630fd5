/** The bar that leads a newcomer through the first sprint: what to try, where, and how far it is. */
import { act } from "./api.js";
import { append, h, icon } from "./dom.js";
import { attempt, session } from "./session.js";
import { mrkdwn } from "./text.js";
import { personName } from "./world.js";

/** Draw the bar; nothing where nobody leads. @param {{visit: (id: string, place: object) => void}} handlers */
export function renderGuide(bar, guide, handlers) {
  bar.hidden = !guide;
  const { place } = session.life;
  const isThere = !guide?.at || (session.me === guide.as && place.kind === guide.at.kind && (place.kind === "home" || place.id === guide.at.id));
  const signature = JSON.stringify([guide, isThere, guide?.as && personName(guide.as)]);
  if (bar.drawn === signature) return;
  bar.drawn = signature;
  bar.replaceChildren();
  if (guide) append(bar, h("div", { class: "guide-text", role: "status" }, progress(guide), h("p", {}, mrkdwn(guide.text))), buttons(guide, isThere, handlers));
}

function progress(guide) {
  const ticks = Array.from({ length: guide.of }, (_, at) => h("span", { class: at < guide.number - (guide.title ? 1 : 0) ? "guide-tick guide-done" : "guide-tick" }));
  const words = guide.title ? `Step ${guide.number} of ${guide.of}: ${guide.title}` : "All steps done";
  return h("div", { class: "guide-head" }, h("span", { class: "guide-ticks", "aria-hidden": "true" }, ticks), h("strong", {}, words));
}

function buttons(guide, isThere, handlers) {
  const where = guide.at.kind === "home" ? "Home" : "the channel";
  const label = session.me === guide.as ? `Go to ${where}` : `Act as ${personName(guide.as)}`;
  const go = isThere ? null : h("button", { type: "button", class: "button button-primary", on: { click: () => handlers.visit(guide.as, guide.at) } }, label);
  if (!guide.title) return go && h("div", { class: "guide-buttons" }, go);
  return h("div", { class: "guide-buttons" }, go, h("button", { type: "button", class: "button", on: { click: (event) => run(event, "do") } }, icon("bolt", 14), "Do it for me"), h("button", { type: "button", class: "button button-plain", on: { click: (event) => run(event, "skip") } }, "Skip"));
}

async function run(event, name) {
  const pressed = event.currentTarget;
  pressed.disabled = true;
  await attempt(() => act(session.me, "guide", { act: name }));
  pressed.disabled = false;
}
