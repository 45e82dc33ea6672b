// For a page with ChatKit's element: resumes a running answer after a reload, and shows changes made elsewhere.
//
//   <script type="module">
//     import { stayInStep } from "/anyport.js";
//     stayInStep(document.querySelector("openai-chatkit"), { base: "" });
//   </script>

const PAUSE = 1000;
const LOGIN_PAUSE = 5000;
const GATHER = 150;

/**
 * Keep the element up to date with the server; returns a function that ends it.
 * `base` is the server's address; `headers` are the request headers for the login, an object or a function, which may be
 * asynchronous. When the login has ended, the element gets an event `anyport.login`; a new login resumes all streams.
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

  // Debounced: one request for many changes. While the element streams an answer itself, the request waits for its end.
  const refresh = () => {
    missed = true;
    refreshing ??= setTimeout(() => {
      refreshing = null;
      if (answering || !thread) return;
      missed = false;
      chatkit.fetchUpdates();
    }, GATHER);
  };

  // Follow a running turn that this page did not start, and show each event up to its end.
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
      refresh(); // The replica may have stopped, not the turn: only the next response shows that the turn is over.
      await new Promise((done) => setTimeout(done, GATHER));
    }
  };

  const watch = async () => {
    while (!ended.signal.aborted) {
      const response = await ask("/api/events", { signal: ended.signal }).catch(() => null);
      if (response?.ok) {
        refresh(); // Changes may have been missed while the stream was closed.
        if (thread && !answering && !following) follow(thread); // Its stream may have ended with the login.
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

/** Stop the running turn of a thread on any replica; its text so far is stored. */
export const stopAnswer = (thread, { base = "", headers = {} } = {}) =>
  fetch(`${base}/api/threads/${encodeURIComponent(thread)}/stop`, { method: "POST", credentials: "include", headers });

const isBusy = (response) => response?.status === 429 || response?.status === 503;

/** Wait `Retry-After` seconds, and at least `least` milliseconds, so that not all pages retry at once. */
const rest = (response, least = PAUSE) => {
  const seconds = Number(response?.headers.get("retry-after")) || 0;
  return new Promise((done) => setTimeout(done, Math.max(least, seconds * 1000)));
};

async function frames(response, onEvent) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (waiting + value).split("\n\n");
    waiting = parts.pop();
    for (const part of parts) {
      const data = part.split("\n").find((line) => line.startsWith("data: "));
      if (data) onEvent(JSON.parse(data.slice(6)));
    }
  }
}
