// The page around the chat: sets the element's options, keeps the open thread's id in the address, and follows the
// system's colour scheme.

const chat = document.querySelector("openai-chatkit");
const dark = matchMedia("(prefers-color-scheme: dark)");
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
  const [config, assistant, models] = await Promise.all([
    json("/config.json"),
    json("/api/assistant").catch(() => ({})),
    json("/api/models").catch(() => []),
  ]);
  const api = { url: "/chatkit", domainKey: config.domain_key };
  if (config.live) api.liveUrl = "/";
  const options = {
    api,
    locale: document.documentElement.dataset.locale || navigator.language,
    initialThread: opened(),
    startScreen: assistant.start_screen,
    threadItemActions: { feedback: true, retry: true },
    thread: { autoScroll: true },
    composer: {
      attachments: { enabled: config.attachments },
      dictation: { enabled: config.dictation },
      // One model needs no picker.
      models: models.length > 1 ? models : [],
    },
    entities: { onTagSearch: (text) => json(`/api/entities?${new URLSearchParams({ query: text })}`) },
    commands: { enabled: true },
  };
  const draw = () => chat.setOptions({ ...options, theme: dark.matches ? "dark" : "light" });
  draw();
  dark.addEventListener("change", draw);
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
