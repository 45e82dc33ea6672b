/** Each kind of item by the function that draws it. */

import { type TemplateResult, html, nothing } from "lit";
import type { GeneratedImageItem, ThreadItem, WidgetItem } from "../protocol/types";
import { renderWidget } from "../widgets";
import { assistantMessage } from "./assistant_message";
import { incompleteNote, isNote } from "./incomplete";
import { link } from "./rich_text";
import { structuredInput } from "./structured_input";
import { userMessage } from "./user_message";
import type { View } from "./view";
import { widgetContext } from "./widget_context";
import { task, workflow } from "./workflow";

export type Drawn = TemplateResult | typeof nothing;

/** `isLive` while the item is the newest of an answer that is being given. One that cannot be drawn takes no other along. */
export function item(view: View, each: ThreadItem, isLive: boolean): Drawn {
  try {
    return drawn(view, each, isLive);
  } catch (error) {
    view.emit("error", { error });
    return html`<p class="faint">${view.locale.words.failed}</p>`;
  }
}

function drawn(view: View, each: ThreadItem, isLive: boolean): Drawn {
  switch (each.type) {
    case "user_message":
      return userMessage(view, each);
    case "assistant_message":
      return assistantMessage(view, each);
    case "widget":
      return widget(view, each);
    case "workflow":
      return workflow(view, each, isLive);
    case "task":
      return isNote(each) ? incompleteNote(view, each) : html`<ol class="steps">${task(view, each.task)}</ol>`;
    case "structured_input":
      return structuredInput(view, each);
    case "generated_image":
      return generatedImage(view, each);
    default:
      return nothing;
  }
}

function widget(view: View, each: WidgetItem): TemplateResult {
  const isBusy = view.ui.get(`item ${each.id}`) === "busy";
  const context = widgetContext(view, { isBusy, act: (action) => view.act(action, each) });
  return html`<div dir="auto">
    ${renderWidget(each.widget, context)}
  </div>`;
}

function generatedImage(view: View, each: GeneratedImageItem): TemplateResult {
  const { words } = view.locale;
  const percent = each.progress === null || each.progress === undefined ? null : Math.round(each.progress * 100);
  if (!each.image) return html`<p class="progress" role="status"><span class="pulse"></span>${words.drawing}</p>`;
  return html`<figure class="generated">
    ${view.mayLoad(each.image.url)
      ? html`<img src=${each.image.url} alt=${words.image} />`
      : html`<span>${link(each.image.url, words.image)}</span>`}
    ${percent !== null && percent < 100
      ? html`<progress max="100" .value=${percent} aria-label=${words.drawing}></progress>`
      : nothing}
  </figure>`;
}
