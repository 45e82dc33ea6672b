/** The note that ends an incomplete answer, and the way to go on with it. */

import { type TemplateResult, html, nothing } from "lit";
import type { Words } from "../locale/en";
import type { IncompleteReason, TaskItem, ThreadItem } from "../protocol/types";
import { icon } from "./icons";
import type { View } from "./view";

type Note = TaskItem & { incomplete_details: { reason: IncompleteReason } };

const WORDS: Record<IncompleteReason, keyof Words> = {
  stopped: "stopped",
  disconnected: "disconnected",
  interrupted: "interrupted",
  max_output_tokens: "limit",
  max_steps: "steps",
  content_filter: "filtered",
  failed: "broke",
};

export function isNote(item: ThreadItem): item is Note {
  return item.type === "task" && item.incomplete_details !== undefined;
}

/** In the reader's language; a reason that is not known here in the words of the server. */
export function incompleteNote(view: View, note: Note): TemplateResult {
  const known = WORDS[note.incomplete_details.reason];
  return html`<p class="incomplete" role="note">
    ${icon("info")}<span dir="auto">${known ? view.locale.words[known] : note.task.title}</span>
  </p>`;
}

/** A button that asks the model to go on, below the newest answer; what a filter cut off would be cut off again. */
export function goOn(view: View, last: ThreadItem): TemplateResult | typeof nothing {
  if (!isNote(last) || last.incomplete_details.reason === "content_filter") return nothing;
  const { words } = view.locale;
  return html`<button class="plain go-on" type="button" @click=${() => view.goOn(words.goOnMessage)}>${words.goOn}</button>`;
}
