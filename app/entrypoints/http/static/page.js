// The page around the chat: options for the element, and the open thread's name in the address.

const chat = document.querySelector("openai-chatkit");
const opened = () => location.hash.slice(1) || null;

async function json(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: HTTP ${response.status}`);
  return response.json();
}

async function showHealth() {
  const health = await json("/health").catch(() => null);
  document.querySelector("#health").textContent = health
    ? [...new Set([health.provider, health.model, health.store])].join(" · ")
    : "not healthy";
}

async function show() {
  await customElements.whenDefined("openai-chatkit");
  const [config, assistant] = await Promise.all([json("/config.json"), json("/api/assistant").catch(() => ({}))]);
  const api = { url: "/chatkit", domainKey: config.domain_key };
  if (config.live) api.liveUrl = "/";
  chat.setOptions({
    api,
    locale: document.documentElement.dataset.locale || navigator.language,
    theme: {},
    initialThread: opened(),
    startScreen: assistant.start_screen,
    threadItemActions: { feedback: true, retry: true },
    thread: { autoScroll: true },
    composer: { attachments: { enabled: config.attachments } },
  });
  chat.focusComposer();
}

chat.addEventListener("chatkit.thread.change", ({ detail: { threadId } }) => {
  if (threadId !== opened()) history.pushState(null, "", threadId ? `#${threadId}` : location.pathname);
});
for (const change of ["hashchange", "popstate"]) {
  addEventListener(change, () => chat.setThreadId(opened()));
}

showHealth();
show();
