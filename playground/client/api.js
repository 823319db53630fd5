/** The line to the server: the state, the nudges that it changed, and the acts of a person. */

/** An answer that the server refused, with its sentence. */
export class Refusal extends Error {}

async function answerOf(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(body.error ?? `The workspace answered ${response.status}. Reload the page.`);
  return body;
}

const query = (parameters) => new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));

/** Fetch what `as` sees, with the messages of one channel. */
export const fetchState = async (as, channel) => answerOf(await fetch(`api/state?${query({ as, channel })}`, { headers: { Accept: "application/json" } }));

/** Do something as a person. Throws a Refusal with a sentence when the workspace refused. */
export async function act(as, name, body = {}) {
  const response = await fetch(`api/${name}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...body, as }) });
  return answerOf(response);
}

/** Upload a file, and return what a file input keeps of it. */
export async function upload(as, file) {
  const response = await fetch(`api/upload?${query({ as, name: file.name })}`, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
  return answerOf(response);
}

/** Call `changed` whenever the workspace changed, and `connected(true|false)` as the line comes and goes. */
export function listen(changed, connected) {
  const source = new EventSource("api/events");
  source.addEventListener("open", () => connected(true));
  source.addEventListener("error", () => connected(false));
  source.addEventListener("change", changed);
  return source;
}
