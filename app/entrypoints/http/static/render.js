// Thread items as elements. Text only ever goes in as text, never as HTML.

import { element } from "./element.js";
import { widget } from "./widget.js";

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
