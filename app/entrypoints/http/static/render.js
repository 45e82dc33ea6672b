// Thread items as elements. Text only ever goes in as text, never as HTML.

/** An element with a class and children; strings become text. */
export function element(tag, className = "", ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** What `item` looks like; null for items that a reader has no use for. */
export function render(item) {
  const draw = ITEMS[item.type];
  return draw ? draw(item) : null;
}

const ITEMS = {
  user_message: (item) =>
    element("div", "user", quote(item.quoted_text), ...item.content.map((part) => paragraph(part.text))),
  assistant_message: (item) => element("div", "assistant", ...item.content.flatMap((part) => formatted(part.text))),
  workflow: (item) => workflow(item.workflow),
  task: (item) => element("ul", "workflow", task(item.task)),
  widget: (item) => element("div", "widget", widget(item.widget)),
  client_tool_call: (item) => element("p", "faint", `${item.name} waits for the page it was made for.`),
  structured_input: (item) => element("div", "assistant", ...item.inputs.map((input) => paragraph(input.question))),
  generated_image: () => element("p", "faint", "An image; OpenAI’s ChatKit shows it."),
};

function paragraph(text) {
  return element("p", "", text);
}

function quote(text) {
  return text ? element("blockquote", "", text) : null;
}

/** Fenced code stays as it is; in the rest, `code` and **bold** are all the Markdown that is drawn. */
function formatted(text) {
  return text.split(/^```.*$\n?/m).map((part, index) => (index % 2 ? codeBlock(part) : prose(part)));
}

function codeBlock(text) {
  return element("pre", "", element("code", "", text));
}

function prose(text) {
  const pieces = text.trim().split(/(`[^`\n]+`|\*\*[^*\n]+\*\*)/);
  return element("p", "", ...pieces.map(inline));
}

function inline(piece) {
  if (/^`[^`\n]+`$/.test(piece)) return element("code", "", piece.slice(1, -1));
  if (/^\*\*[^*\n]+\*\*$/.test(piece)) return element("strong", "", piece.slice(2, -2));
  return piece;
}

function workflow({ tasks, summary }) {
  const steps = element("ul", "workflow", ...tasks.map(task));
  if (!summary) return steps;
  const details = element("details", "workflow", element("summary", "", summaryLine(summary)), steps);
  return details;
}

function summaryLine(summary) {
  return summary.title ?? `Thought for ${summary.duration} s`;
}

function task(step) {
  return element("li", step.status_indicator, step.title ?? step.content ?? "Working");
}

/** A plain drawing: containers keep their children, everything else its words. */
function widget(node) {
  const draw = COMPONENTS[node.type] ?? container;
  return draw(node);
}

const COMPONENTS = {
  ListView: (node) =>
    element("section", "", caption(node.status), element("ul", "list", ...(node.children ?? []).map(widget))),
  ListViewItem: (node) => element("li", "row", ...(node.children ?? []).map(widget)),
  Card: (node) => element("section", "", caption(node.status), ...(node.children ?? []).map(widget)),
  Row: (node) => container(node, "row"),
  Title: (node) => element("strong", colored("", node), node.value),
  Text: (node) => words(node),
  Markdown: (node) => words(node),
  Label: (node) => words(node),
  Caption: (node) => element("small", colored("", node), node.value),
  Badge: (node) => element("span", colored("badge", node), node.label),
  Icon: (node) => icon(node),
  Button: (node) => element("span", "badge", node.label ?? ""),
  Divider: () => element("hr"),
  Spacer: () => element("span", "spacer"),
  Image: (node) => element("span", "faint", node.alt ?? "image"),
  Transition: (node) => (node.children ? widget(node.children) : element("span")),
};

function container(node, className = "column") {
  return element("div", className, ...(Array.isArray(node.children) ? node.children.map(widget) : [node.label ?? ""]));
}

function caption(status) {
  return status ? element("p", "caption", status.text) : null;
}

function words(node) {
  const made = element("span", colored("", node), node.value);
  if (node.italic) made.classList.add("italic");
  if (node.lineThrough) made.classList.add("struck");
  return made;
}

// Names of ChatKit's icons that a list needs; others are left to OpenAI's front end.
const GLYPHS = { check: "✓", "check-circle": "✓", "check-circle-filled": "✓", "empty-circle": "○", calendar: "▦" };

function icon(node) {
  const made = element("span", colored("icon", node), GLYPHS[node.name] ?? "•");
  made.setAttribute("aria-hidden", "true");
  return made;
}

function colored(className, { color }) {
  return typeof color === "string" && /^[a-z]+$/.test(color) ? `${className} ${color}`.trim() : className;
}
