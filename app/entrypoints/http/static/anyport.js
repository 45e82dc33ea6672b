// For a page with ChatKit's own element: an answer survives a refresh, and what happens elsewhere appears here.
//
//   <script type="module">
//     import { stayInStep } from "/anyport.js";
//     stayInStep(document.querySelector("openai-chatkit"), { base: "" });
//   </script>

const PAUSE = 1000;
const LOGIN_PAUSE = 5000;
const GATHER = 150;

/**
 * Keep the element in step with the server until the function that is returned is called.
 * `base` is the address of the server, `headers` what `fetch` needs to be let in, as an object or a function, which may
 * be asynchronous. When the login has ended the element is sent an event `anyport.login`; with a new one all goes on.
 */
export function stayInStep(chatkit, { base = "", headers = {} } = {}) {
  const ended = new AbortController();
  let thread = null;
  let answering = false;
  let following = null;
  let refreshing = null;
  let missed = false;

  let loggedOut = false;

  const ask = async (path, options = {}) => {
    const response = await fetch(base + path, {
      credentials: "include",
      ...options,
      headers: typeof headers === "function" ? await headers() : headers,
    });
    if (response.status === 401 && !loggedOut) chatkit.dispatchEvent(new CustomEvent("anyport.login"));
    loggedOut = response.status === 401;
    return response;
  };

  // The element asks once for the changes of a moment, however many follow, and while it streams an answer itself, only when that has ended.
  const refresh = () => {
    missed = true;
    refreshing ??= setTimeout(() => {
      refreshing = null;
      if (answering || !thread) return;
      missed = false;
      chatkit.fetchUpdates();
    }, GATHER);
  };

  // An answer that runs without this page: show each piece, up to its end.
  const follow = async (id) => {
    following?.abort();
    const own = (following = new AbortController());
    const { signal } = own;
    for (;;) {
      const response = await ask(`/api/threads/${encodeURIComponent(id)}/stream?running=true`, { signal }).catch(() => null);
      if (isBusy(response)) {
        await rest(response);
        if (signal.aborted) return;
        continue;
      }
      if (response?.status !== 200) {
        if (following === own) following = null;
        return;
      }
      await frames(response, refresh).catch(() => {});
      if (signal.aborted) return;
      refresh(); // The stream may have ended because its replica did: only the next answer says that there is no more.
      await new Promise((done) => setTimeout(done, GATHER));
    }
  };

  const watch = async () => {
    while (!ended.signal.aborted) {
      const response = await ask("/api/events", { signal: ended.signal }).catch(() => null);
      if (response?.ok) {
        refresh(); // Whatever happened while nobody listened.
        if (thread && !answering && !following) follow(thread); // It may have been left because the login had ended.
        await frames(response, changed).catch(() => {});
      }
      await rest(response, loggedOut ? LOGIN_PAUSE : PAUSE);
    }
  };

  const changed = (event) => {
    chatkit.dispatchEvent(new CustomEvent("anyport.change", { detail: event }));
    if (event.type === "resync" || event.thread_id === thread) refresh();
  };

  const listeners = {
    "chatkit.thread.change": (event) => {
      thread = event.detail.threadId;
      if (thread && !answering) follow(thread);
    },
    "chatkit.response.start": () => {
      answering = true;
      following?.abort();
      following = null;
    },
    "chatkit.response.end": () => {
      answering = false;
      if (missed) refresh();
    },
  };
  for (const [name, listener] of Object.entries(listeners)) chatkit.addEventListener(name, listener);
  watch();

  return () => {
    ended.abort();
    following?.abort();
    clearTimeout(refreshing);
    for (const [name, listener] of Object.entries(listeners)) chatkit.removeEventListener(name, listener);
  };
}

/** Stop the answer of a thread, wherever it runs; what was said so far is kept. */
export const stopAnswer = (thread, { base = "", headers = {} } = {}) =>
  fetch(`${base}/api/threads/${encodeURIComponent(thread)}/stop`, { method: "POST", credentials: "include", headers });

const isBusy = (response) => response?.status === 429 || response?.status === 503;

/** Wait until the server wants to be asked again: at once all pages would find it as busy as before. */
const rest = (response, least = PAUSE) => {
  const seconds = Number(response?.headers.get("retry-after")) || 0;
  return new Promise((done) => setTimeout(done, Math.max(least, seconds * 1000)));
};

async function frames(response, tell) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (waiting + value).split("\n\n");
    waiting = parts.pop();
    for (const part of parts) {
      const data = part.split("\n").find((line) => line.startsWith("data: "));
      if (data) tell(JSON.parse(data.slice(6)));
    }
  }
}
