/** Message of the user, with mentions, files and quoted text. */

import { type TemplateResult, html, nothing } from "lit";
import type { Attachment, TagContent, UserMessage } from "../protocol/types";
import { entityChip } from "./entity";
import { icon } from "./icons";
import type { View } from "./view";

export function userMessage(view: View, message: UserMessage): TemplateResult {
  const attachments = message.attachments ?? [];
  return html`${attachments.length
      ? html`<ul class="files">${attachments.map((file) => html`<li>${attached(view, file)}</li>`)}</ul>`
      : nothing}
    ${message.quoted_text ? html`<blockquote class="quote" dir="auto">${message.quoted_text}</blockquote>` : nothing}
    ${message.content.length
      ? html`<div class="bubble" dir="auto">${message.content.map((part) =>
          part.type === "input_tag" ? tag(view, part) : part.text,
        )}</div>`
      : nothing}`;
}

function tag(view: View, { id, text, group, data, interactive = false }: TagContent): TemplateResult {
  const entity = { id, title: text, interactive, data: data as Record<string, string>, ...(group ? { group } : {}) };
  return entityChip(view, entity, `@${text}`, "tag");
}

function attached(view: View, file: Attachment): TemplateResult {
  const preview = file.preview_url;
  if (file.type === "image" && preview && view.mayLoad(preview)) {
    return html`<img class="preview" src=${preview} alt=${file.name} />`;
  }
  return html`<span class="file">${icon("document")}<span dir="auto">${file.name}</span></span>`;
}
