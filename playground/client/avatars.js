/** Avatars: initials on the person's own colour. */
import { h } from "./dom.js";
import { personName, world } from "./world.js";

function initials(name) {
  const words = name.trim().split(/[\s._-]+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters.map((word) => [...word][0].toLocaleUpperCase()).join("") || "?";
}

/** A square with a person's initials; the bot shows its own mark. Drawn, not text: a control that holds one is called by its name alone. */
export function avatar(userId, size = "medium") {
  const person = world.people.get(userId);
  const node = h("span", { class: `avatar avatar-${size} ${person?.is_bot ? "avatar-bot" : ""}`, "aria-hidden": "true", data: { initials: person?.is_bot ? "48" : initials(personName(userId)) } });
  if (!person?.is_bot) node.style.backgroundColor = `#${/^[0-9a-f]{6}$/i.test(person?.color ?? "") ? person.color : "616061"}`;
  return node;
}
