// Widgets as elements: a plain drawing of the components that the server's own widgets are made of.
// A click becomes an event named "action" that bubbles up to whoever knows the thread.

import { element } from "./element.js";

/** Containers keep their children, everything else its words. */
export function widget(node) {
  const draw = COMPONENTS[node.type] ?? container;
  return draw(node);
}

const COMPONENTS = {
  ListView: (node) => element("section", "", caption(node.status), element("ul", "list", ...children(node))),
  ListViewItem: (node) => element("li", "row", ...children(node)),
  Card: (node) => element("section", "card", caption(node.status), ...children(node), decision(node)),
  Row: (node) => container(node, "row"),
  Form: form,
  Title: (node) => anyDirection(element("strong", colored("title", node), node.value)),
  Text: words,
  Markdown: words,
  Label: (node) => element("label", "faint", node.value),
  Caption: (node) => element("small", colored("", node), node.value),
  Badge: (node) => element("span", colored("badge", node), node.label),
  Icon: (node) => icon(node.name, node.color),
  Button: button,
  Input: (node) => field("input", node),
  Textarea: (node) => field("textarea", node),
  Select: select,
  DatePicker: datePicker,
  Divider: () => element("hr"),
  Spacer: () => element("span", "spacer"),
  Image: (node) => element("span", "faint", node.alt ?? "image"),
  Transition: (node) => (node.children ? widget(node.children) : element("span")),
};

function children(node) {
  return Array.isArray(node.children) ? node.children.map(widget) : [];
}

function container(node, className = "column") {
  const made = element("div", className, ...(Array.isArray(node.children) ? children(node) : [node.label ?? ""]));
  const label = made.querySelector(":scope > label");
  const control = made.querySelector(":scope > input, :scope > textarea, :scope > select");
  if (label && control) control.setAttribute("aria-label", label.textContent);
  return made;
}

function caption(status) {
  return status ? element("p", "caption", status.text) : null;
}

function words(node) {
  const made = anyDirection(element("span", colored("text", node), node.value));
  if (node.italic) made.classList.add("italic");
  if (node.lineThrough) made.classList.add("struck");
  return made;
}

/** What users wrote runs in its own direction. */
function anyDirection(made) {
  made.dir = "auto";
  return made;
}

// Names of ChatKit's icons that the widgets need; others are left to OpenAI's front end.
const GLYPHS = { check: "✓", "check-circle": "✓", "check-circle-filled": "✓", "empty-circle": "○", calendar: "▦", info: "ⓘ" };
const SPOKEN = { "empty-circle": "Complete", "check-circle-filled": "Reopen" };

function icon(name, color) {
  const made = element("span", colored("icon", { color }), GLYPHS[name] ?? "•");
  made.setAttribute("aria-hidden", "true");
  return made;
}

function colored(className, { color }) {
  return typeof color === "string" && /^[a-z]+$/.test(color) ? `${className} ${color}`.trim() : className;
}

// What can be clicked and filled in.

function button(node) {
  const look = node.iconStart && !node.label ? "round" : (node.style ?? node.variant ?? "");
  const made = element("button", colored(look, node), node.iconStart ? icon(node.iconStart) : null, node.label);
  if (!node.label) made.setAttribute("aria-label", SPOKEN[node.iconStart] ?? node.iconStart);
  made.type = node.submit ? "submit" : "button";
  if (node.onClickAction) made.addEventListener("click", () => send(made, node.onClickAction));
  return made;
}

function decision({ confirm, cancel }) {
  if (!confirm && !cancel) return null;
  const choice = ({ label, action }, style) => button({ label, style, onClickAction: action });
  return element("div", "row", confirm ? choice(confirm, "primary") : null, cancel ? choice(cancel, "outline") : null);
}

function form(node) {
  const made = element("form", "column", ...children(node));
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    send(made, node.onSubmitAction);
  });
  return made;
}

function field(tag, node) {
  const made = anyDirection(element(tag));
  made.name = node.name;
  made.value = node.defaultValue ?? "";
  made.required = Boolean(node.required);
  if (node.rows) made.rows = node.rows;
  return made;
}

function select(node) {
  const made = element("select", "", ...node.options.map(({ value, label }) => new Option(label, value)));
  made.name = node.name;
  made.value = node.defaultValue ?? "";
  return made;
}

function datePicker(node) {
  const made = field("input", { ...node, defaultValue: "" });
  made.type = "date";
  made.value = (node.defaultValue ?? "").slice(0, 10);
  return made;
}

/** The action with what stands in the form around it, as ChatKit's front end sends it. */
function send(from, action) {
  const filled = from.closest("form");
  const payload = { ...action.payload, ...(filled ? Object.fromEntries(new FormData(filled)) : {}) };
  from.dispatchEvent(new CustomEvent("action", { bubbles: true, detail: { type: action.type, payload } }));
}
