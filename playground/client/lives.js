/** What the client keeps for each person it acts as: where they are, their drafts, and what they typed. */

const KEY = `hour48-lives-${location.pathname}`;
const lives = new Map(Object.entries(load()));

function load() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

const blank = () => ({ place: null, thread: null, drafts: {}, typed: {}, readUpTo: {} });

/** The life of one person, made when first asked for. */
export function lifeOf(id) {
  if (!lives.has(id)) lives.set(id, blank());
  return lives.get(id);
}

/** Keep it over a reload of the page. */
export function saveLives() {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(Object.fromEntries(lives)));
  } catch {
    /* A full or forbidden storage only costs the drafts of a reload. */
  }
}
