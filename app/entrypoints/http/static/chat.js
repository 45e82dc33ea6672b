// The built-in chat: a small front end of our own, so that a closed network has one too.

import { apply, call, loadThread, stream, userInput } from "./protocol.js";
import { element } from "./element.js";
import { render } from "./render.js";

const $ = (selector) => document.querySelector(selector);
const log = $("#log");
const message = $("#message");

let threadId = null;
let items = new Map();
let turn = null;

// What is on screen.

function show(item) {
  const drawn = render(item);
  if (!drawn) return;
  const shown = items.get(item.id);
  const line = element("li", "", drawn);
  line.addEventListener("action", ({ detail }) => act(item.id, detail));
  if (shown) shown.line.replaceWith(line);
  else $("#items").append(line);
  items.set(item.id, { item, line });
  $("#welcome").hidden = true;
}

function remove(itemId) {
  items.get(itemId)?.line.remove();
  items.delete(itemId);
}

function clear() {
  items = new Map();
  $("#items").replaceChildren();
  $("#welcome").hidden = false;
  progress("");
}

function note(text, className, ...more) {
  $("#items").append(element("li", "", element("p", className, text, ...more)));
  follow(true);
}

function progress(text) {
  $("#progress").textContent = text;
  $("#progress").hidden = !text;
}

function isAtEnd() {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 80;
}

function follow(wanted) {
  if (wanted) log.scrollTop = log.scrollHeight;
}

// A turn: what the user said, and the events that answer it.

async function send(text) {
  const input = userInput(text);
  const arrived = await (threadId
    ? run("threads.add_user_message", { input, thread_id: threadId })
    : run("threads.create", { input }));
  if (!arrived && !message.value) message.value = text;
}

/** A click in a widget; while a turn runs it waits for nobody and is not taken. */
function act(itemId, action) {
  if (!turn) run("threads.custom_action", { thread_id: threadId, item_id: itemId, action });
}

/** Follow a turn to its end; whether the server took it. */
async function run(type, params) {
  const current = { abort: new AbortController(), arrived: false };
  turn = current;
  busy(true);
  progress("…");
  try {
    for await (const event of stream(type, params, current.abort.signal)) {
      current.arrived = true;
      if (turn === current) take(event);
    }
  } catch (error) {
    if (turn === current) fail(error);
  }
  if (turn === current) {
    turn = null;
    progress("");
    busy(false);
  }
  return current.arrived;
}

function take(event) {
  const wasAtEnd = isAtEnd();
  HANDLERS[event.type]?.(event);
  follow(wasAtEnd);
}

const HANDLERS = {
  "thread.created": ({ thread }) => name(thread),
  "thread.updated": ({ thread }) => name(thread),
  "thread.item.added": ({ item }) => (progress(""), show(item)),
  "thread.item.done": ({ item }) => show(item),
  "thread.item.replaced": ({ item }) => show(item),
  "thread.item.removed": ({ item_id }) => remove(item_id),
  "thread.item.updated": ({ item_id, update }) => {
    const shown = items.get(item_id);
    if (!shown) return;
    apply(update, shown.item);
    show(shown.item);
  },
  progress_update: ({ text }) => progress(text),
  stream_options: ({ stream_options }) => ($("#stop").disabled = !stream_options.allow_cancel),
  notice: ({ message: text }) => note(text, "notice"),
  error: ({ message: text, allow_retry }) => note(text ?? "Something went wrong.", "error", allow_retry ? retry() : null),
};

function fail(error) {
  if (error.name === "AbortError") note("Stopped.", "faint");
  else note(error instanceof TypeError ? "The server cannot be reached." : error.message, "error");
}

function retry() {
  const asked = [...items.values()].findLast(({ item }) => item.type === "user_message");
  if (!asked) return null;
  const button = element("button", "quiet", "Try again");
  button.addEventListener("click", () => {
    if (turn) return;
    button.closest("li").remove();
    run("threads.retry_after_item", { thread_id: threadId, item_id: asked.item.id });
  });
  return button;
}

function busy(isBusy) {
  $("#send").hidden = isBusy;
  $("#stop").hidden = !isBusy;
  $("#stop").disabled = false;
  log.setAttribute("aria-busy", isBusy);
}

// Threads: the open one is named by the address, so that a reload and the back button keep it.

function name(thread) {
  threadId = thread.id;
  history.replaceState(null, "", `#${thread.id}`);
  document.title = thread.title ? `${thread.title} · Anyport` : "Anyport";
  listThreads();
}

async function open(id) {
  turn?.abort.abort();
  turn = null;
  busy(false);
  threadId = id;
  clear();
  if (id) await showThread(id);
  else document.title = "Anyport";
  markOpen();
}

async function showThread(id) {
  try {
    const loaded = await loadThread(id);
    if (threadId !== id) return;
    loaded.items.forEach(show);
    name(loaded.thread);
    follow(true);
  } catch (error) {
    if (threadId !== id) return;
    threadId = null;
    fail(error);
  }
}

async function listThreads() {
  try {
    const page = await call("threads.list", { limit: 50, order: "desc" });
    $("#threads").replaceChildren(...page.data.map(threadLink));
    markOpen();
  } catch (error) {
    fail(error);
  }
}

function threadLink(thread) {
  const link = element("a", "", thread.title ?? "Untitled");
  link.href = `#${thread.id}`;
  return element("li", "", link);
}

function markOpen() {
  for (const link of document.querySelectorAll("#threads a")) {
    if (link.hash === `#${threadId}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

async function showHealth() {
  const response = await fetch("/health").catch(() => null);
  const health = response?.ok ? await response.json() : null;
  $("#health").textContent = health
    ? [...new Set([health.provider, health.model, health.store])].join(" · ")
    : "not healthy";
}

// Hands and keys.

function submit() {
  const text = message.value.trim();
  if (!text || turn) return;
  message.value = "";
  send(text);
  follow(true);
}

function toggleSide(isOpen) {
  document.body.classList.toggle("side-open", isOpen);
  $("#menu").setAttribute("aria-expanded", isOpen);
}

$("#composer").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
message.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") toggleSide(false);
});
$("#stop").addEventListener("click", () => turn?.abort.abort());
$("#menu").addEventListener("click", () => toggleSide(!document.body.classList.contains("side-open")));
$("#starters").addEventListener("click", (event) => {
  if (event.target.tagName === "BUTTON" && !turn) send(event.target.textContent);
});
$("#new").addEventListener("click", () => {
  history.pushState(null, "", location.pathname);
  toggleSide(false);
  open(null);
  message.focus();
});
$("#threads").addEventListener("click", () => toggleSide(false));
for (const change of ["hashchange", "popstate"]) {
  window.addEventListener(change, () => {
    const wanted = location.hash.slice(1) || null;
    if (wanted !== threadId) open(wanted);
  });
}

showHealth();
listThreads();
if (location.hash) open(location.hash.slice(1));
