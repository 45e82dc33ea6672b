/** Message of the assistant, with its references. */

import { type TemplateResult, html, nothing } from "lit";
import type { Annotation, AssistantMessage, EntitySource, Source } from "../protocol/types";
import { entityChip } from "./entity";
import { icon } from "./icons";
import { link, markdown } from "./rich_text";
import type { View } from "./view";

export function assistantMessage(view: View, message: AssistantMessage): TemplateResult {
  return html`${message.content.map((part) => markdown(view, part.text))}
  ${sources(view, message.content.flatMap((part) => part.annotations ?? []))}`;
}

function sources(view: View, annotations: readonly Annotation[]): TemplateResult | typeof nothing {
  const distinct = new Map(annotations.filter(Boolean).map(({ source }) => [key(source), source]));
  if (!distinct.size) return nothing;
  return html`<ul class="sources" aria-label=${view.locale.words.sources}>
    ${[...distinct.values()].map((each) => html`<li title=${each.description ?? each.title}>${source(view, each)}</li>`)}
  </ul>`;
}

/** One thing that was referred to. */
export function source(view: View, each: Source): TemplateResult {
  switch (each.type) {
    case "url":
      return link(each.url, html`${icon("globe")}<span dir="auto">${each.attribution ?? each.title}</span>`);
    case "file":
      return html`<span>${icon("document")}<span dir="auto">${each.title || each.filename}</span></span>`;
    default:
      return entity(view, each);
  }
}

function entity(view: View, each: EntitySource): TemplateResult {
  const label = html`${icon(each.icon ?? "cube")}<span dir="auto">${each.inline_label ?? each.title}</span>`;
  const { id, title, interactive = false, icon: name, data, group } = each;
  const named = { id, title, interactive, data: data ?? {}, ...(name ? { icon: name } : {}), ...(group ? { group } : {}) };
  return entityChip(view, named, label);
}

function key(each: Source): string {
  return each.type === "url" ? each.url : each.type === "file" ? each.filename : each.id;
}
