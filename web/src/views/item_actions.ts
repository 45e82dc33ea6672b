/** Actions on an answer: copy, feedback, retry. */

import { type TemplateResult, html, nothing } from "lit";
import type { ThreadItem } from "../protocol/types";
import { icon } from "./icons";
import { retryQuestion, tryAgain } from "./retry";
import type { View } from "./view";

/** The items of the turn that ends with the item at `place`; null where it goes on behind it, or may yet. */
export function turnEndingAt(items: readonly ThreadItem[], place: number, isBusy: boolean): readonly ThreadItem[] | null {
  const isLast = place === items.length - 1;
  if (isLast ? isBusy : items[place + 1]?.type !== "user_message") return null;
  let start = place + 1;
  while (start > 0 && items[start - 1]?.type !== "user_message") start--;
  return start > place ? null : items.slice(start, place + 1);
}

export function actions(view: View, turn: readonly ThreadItem[]): TemplateResult | typeof nothing {
  const { words } = view.locale;
  const { feedback = false, retry = false } = view.options.threadItemActions ?? {};
  const last = turn.at(-1);
  if (!last) return nothing;
  const text = turn.map(textOf).filter(Boolean).join("\n\n");
  const done = view.ui.get(`item ${last.id}`);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    remember(view, last, "copied");
    view.say(words.copied);
  };
  const judge = (kind: "positive" | "negative") => (): void => {
    remember(view, last, kind);
    void view.conversation.feedback(turn.map(({ id }) => id), kind);
  };
  return html`<div class="actions" role="group">
    ${text ? button(done === "copied" ? "check" : "copy", done === "copied" ? words.copied : words.copy, copy) : nothing}
    ${feedback
      ? [
          button("thumb-up", words.good, judge("positive"), done === "positive"),
          button("thumb-down", words.bad, judge("negative"), done === "negative"),
        ]
      : nothing}
    ${retry && !view.conversation.state.isGone
      ? button("reload", words.retry, () => tryAgain(view, last.id, last.id))
      : nothing}
  </div>
  ${retryQuestion(view, last.id)}`;
}

function button(name: string, label: string, onClick: () => void, isPressed?: boolean): TemplateResult {
  return html`<button class="quiet" type="button" aria-label=${label} title=${label}
    aria-pressed=${isPressed === undefined ? nothing : isPressed} @click=${onClick}>${icon(name)}</button>`;
}

function remember(view: View, { id }: ThreadItem, what: string): void {
  view.ui.set(`item ${id}`, what);
  view.redraw();
}

function textOf(item: ThreadItem): string {
  if (item.type === "assistant_message") return item.content.map(({ text }) => text).join("\n");
  if (item.type === "widget") return item.copy_text ?? "";
  return "";
}
