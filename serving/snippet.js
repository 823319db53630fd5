/* hour48 in a page: asks the page's own origin, whose proxy adds the token. Loaded as
   <script src="/hour48/snippet.js" defer></script>; the folder it came from is where it asks.

   hour48.predict("visitor-17", {spend: 12.5}, {fallback: "as before"}).then(given => given.answer)
   hour48.outcome(given.prediction, true)

   A page never breaks by it: without an answer in time, the visitor gets the fallback. */
(() => {
  "use strict";
  const script = document.currentScript;
  const folder = new URL(".", script ? script.src : location.href);
  if (folder.origin !== location.origin) {
    throw new Error("hour48: serve snippet.js from the page's own origin, through its proxy");
  }

  async function send(path, body, timeout) {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), timeout);
    try {
      const response = await fetch(new URL(path, folder), {
        method: "POST",
        credentials: "same-origin",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: limit.signal,
      });
      if (!response.ok) {
        throw new Error(`HTTP ${response.status}`);
      }
      return await response.json();
    } finally {
      clearTimeout(timer);
    }
  }

  window.hour48 = Object.freeze({
    async predict(entity, values, { fallback = null, timeout = 1000 } = {}) {
      try {
        const { predictions } = await send("predict", { entity, values }, timeout);
        const { prediction, arm, score, answer } = predictions[0];
        return { prediction, arm, score, answer: answer ?? fallback };
      } catch (problem) {
        console.warn(`hour48: ${problem.message}; the fallback is shown`);
        return { prediction: null, arm: "control", score: null, answer: fallback };
      }
    },
    async outcome(prediction, value, { timeout = 5000 } = {}) {
      if (!prediction) {
        return false;
      }
      try {
        await send("outcomes", { prediction, value }, timeout);
        return true;
      } catch (problem) {
        console.warn(`hour48: ${problem.message}; the outcome was not taken`);
        return false;
      }
    },
  });
})();
