/** Trying an answer again, and the question that comes first where something would be lost. */

import { type TemplateResult, html, nothing } from "lit";
import { type Retrial, isGrave, retrialOf } from "../state/retrial";
import { onKey } from "./keys";
import type { View } from "./view";

const ASKING = "trying again";

interface Question {
  /** Place of the question: below an item, or below the failure. */
  place: string;
  itemId: string | undefined;
  retrial: Retrial;
}

/** Try again what was asked before an item, or last; `place` is where the reader is asked first if need be. */
export function tryAgain(view: View, place: string, itemId?: string): void {
  const { conversation } = view;
  const retrial = conversation.isBusy ? null : retrialOf(conversation.state.items, itemId);
  if (!retrial) return;
  if (!isGrave(retrial)) return void conversation.retry(retrial);
  view.ui.set(ASKING, { place, itemId, retrial } satisfies Question);
  view.redraw();
}

/** The question at a place, if there is one. */
export function askedAt(view: View, place: string): Question | null {
  const question = view.ui.get(ASKING) as Question | undefined;
  return question?.place === place ? question : null;
}

export function retryQuestion(view: View, place: string): TemplateResult | typeof nothing {
  const question = askedAt(view, place);
  if (!question) return nothing;
  const { words } = view.locale;
  const { later, changes } = question.retrial;
  const lines = [
    ...(later ? [words.retryLater.replace("{n}", String(later))] : []),
    ...(changes.length ? [words.retryChanges.replace("{what}", () => changes.join(", "))] : []),
  ];
  const end = (): void => {
    view.ui.delete(ASKING);
    view.redraw();
  };
  const agree = (): void => {
    end();
    const now = retrialOf(view.conversation.state.items, question.itemId);
    // What came while the question stood is not what the reader agreed to lose.
    if (now?.through === question.retrial.through) void view.conversation.retry(now);
    else tryAgain(view, place, question.itemId);
  };
  const key = onKey((event) => {
    if (event.key === "Escape") end();
  });
  return html`<div class="asked retry" role="alertdialog" aria-label=${lines.join(" ")} @keydown=${key}>
    <div>${lines.map((line) => html`<p dir="auto">${line}</p>`)}</div>
    <button class="plain danger" type="button" @click=${agree}>${words.retry}</button>
    <button class="plain" type="button" autofocus @click=${end}>${words.cancel}</button>
  </div>`;
}
