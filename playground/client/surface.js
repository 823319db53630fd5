/** The link between rendered blocks and the server: what was typed, and what was pressed. */
import { act, upload } from "./api.js";
import { attempt, session } from "./session.js";

const timers = new Map();

/**
 * Make the surface of a message, a modal or the Home tab.
 * @param {object} where `{message, channel}`, `{view}` or `{home: true}`, as the server takes it
 * @param {object} values `state.values` from the server
 * @param {object} errors field errors by block_id
 */
export function surfaceFor(where, values, errors = {}) {
  const id = where.view ?? where.message ?? "home";
  const typed = () => (session.life.typed[id] ??= {});
  const flush = () => {
    clearTimeout(timers.get(id));
    return typed();
  };
  const place = (block, element) => ({ where, block_id: block.block_id, action_id: element.action_id });
  const valueOf = ({ type: _, ...rest }) => Object.values(rest)[0];
  return {
    id: `s${id.replace(/\W/g, "")}`,
    errors,
    read: (block, element) => typed()[block.block_id]?.[element.action_id] ?? values?.[block.block_id]?.[element.action_id],
    write: (block, element, value) => {
      (typed()[block.block_id] ??= {})[element.action_id] = value;
      keepSoon(where, id);
    },
    act: (block, element, value) => attempt(async () => act(session.me, "use", { ...place(block, element), value: valueOf(value), typed: flush() })),
    suggest: (block, element, query) => act(session.me, "suggest", { ...place(block, element), query }),
    upload: (file) => upload(session.me, file),
    flush,
  };
}

/** Tell the server what was typed, a moment after the last key, so that other windows know it too. */
function keepSoon(where, id) {
  const { me, life } = session;
  clearTimeout(timers.get(id));
  timers.set(id, setTimeout(() => act(me, "keep", { where, typed: life.typed[id] ?? {} }).catch(() => {}), 600));
}

/** Forget what was typed into a screen that is gone. */
export function forget(id) {
  clearTimeout(timers.get(id));
  delete session.life.typed[id];
}
