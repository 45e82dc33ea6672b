/** Start screen of an empty thread: a greeting and prompts. */

import { type TemplateResult, html, nothing } from "lit";
import type { StartScreenPrompt } from "@openai/chatkit";
import { icon } from "./icons";
import type { View } from "./view";

export function start(view: View): TemplateResult {
  const { greeting, prompts = [] } = view.options.startScreen ?? {};
  return html`<div class="start" part="start">
    <p class="greeting" role="heading" aria-level="2">${greeting ?? view.locale.words.greeting}</p>
    <ul class="prompts">
      ${prompts.map((prompt) => html`<li>${button(view, prompt)}</li>`)}
    </ul>
  </div>`;
}

function button(view: View, { label, prompt, icon: name }: StartScreenPrompt): TemplateResult {
  const send = (): void => {
    const content = typeof prompt === "string" ? [{ type: "input_text" as const, text: prompt }] : prompt;
    view.draft.fill(content.map((part) => (part.type === "input_tag" ? { ...part, data: part.data ?? {} } : part)));
    void view.submit();
  };
  return html`<button type="button" class="prompt" @click=${send}>
    ${name ? icon(name) : nothing}<span dir="auto">${label}</span>
  </button>`;
}
