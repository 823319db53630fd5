/** Who the client acts as now, the last state it was sent, and how acts are tried. */
import { Refusal } from "./api.js";
import { toast } from "./dialogs.js";
import { lifeOf } from "./lives.js";

export const session = {
  me: null,
  state: null,
  refresh: async () => {},
  get life() {
    return lifeOf(this.me);
  },
  channel(id) {
    return this.state?.channels.find((channel) => channel.id === id);
  },
};

const APP_FAILURES = {
  dispatch_failed: "hour48 did not take this in: it may not be running. Check its log, then try again.",
  operation_timeout: "hour48 did not answer within three seconds. It may still be working; look before you try again.",
};

/** The sentence for an app that did not acknowledge. */
export const failureText = (error) => APP_FAILURES[error] ?? `hour48 could not be reached (${error}). Check that it runs, then try again.`;

/**
 * Try an act, and say what went wrong; a click never ends in silence.
 * @returns the server's answer, or null when it was refused
 */
export async function attempt(work, { quietFor = [] } = {}) {
  try {
    const answer = await work();
    if (answer?.ok === false && !quietFor.includes(answer.error)) toast(failureText(answer.error));
    return answer;
  } catch (error) {
    toast(error instanceof Refusal ? error.message : "The local workspace cannot be reached. Is it still running?");
    return null;
  } finally {
    await session.refresh();
  }
}
