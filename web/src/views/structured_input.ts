/** Questions of the assistant, answered by choosing or writing. */

import { type TemplateResult, html, nothing } from "lit";
import type { StructuredAnswer, StructuredInputItem, StructuredQuestion } from "../protocol/types";
import type { View } from "./view";

export function structuredInput(view: View, item: StructuredInputItem): TemplateResult {
  if (item.status !== "pending") return html`<dl class="answers">${item.inputs.map((each) => answered(view, each))}</dl>`;
  const { words } = view.locale;
  const send = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const answers = Object.fromEntries(item.inputs.map((each) => [each.id, given(form, each)]));
    void view.conversation.answer(item.id, { status: "answered", answers });
  };
  const skip = (): void => {
    const answers = Object.fromEntries(item.inputs.map((each) => [each.id, { values: [], skipped: true }]));
    void view.conversation.answer(item.id, { status: "skipped", answers });
  };
  return html`<form class="questions" @submit=${send}>
    ${item.inputs.map((each) => question(view, each))}
    <div class="buttons">
      <button class="primary" type="submit">${words.submit}</button>
      <button class="plain" type="button" @click=${skip}>${words.skip}</button>
    </div>
  </form>`;
}

function question(view: View, each: StructuredQuestion): TemplateResult {
  const kind = each.multiple ? "checkbox" : "radio";
  return html`<fieldset>
    <legend dir="auto">${each.question}</legend>
    ${each.description ? html`<p class="faint" dir="auto">${each.description}</p>` : nothing}
    ${(each.options ?? []).map(
      ({ value }) => html`<label class="choice"><input type=${kind} name=${each.id} value=${value} /><span dir="auto">${value}</span></label>`,
    )}
    ${each.type === "freeform"
      ? html`<textarea name="text ${each.id}" rows="2" aria-label=${each.question}></textarea>`
      : html`<input class="field" name="text ${each.id}" aria-label="${each.question}: ${view.locale.words.other}"
          placeholder=${view.locale.words.other} />`}
  </fieldset>`;
}

/** Chosen options and written text; without either the question is skipped. */
function given(form: FormData, each: StructuredQuestion): StructuredAnswer {
  const written = String(form.get(`text ${each.id}`) ?? "").trim();
  const chosen = form.getAll(each.id).map(String);
  const values = written ? (each.multiple ? [...chosen, written] : [written]) : chosen;
  return { values, skipped: values.length === 0 };
}

function answered(view: View, each: StructuredQuestion): TemplateResult {
  const { answer } = each;
  const isSkipped = !answer || answer.skipped;
  return html`<dt dir="auto">${each.question}</dt>
    <dd dir="auto" class=${isSkipped ? "faint" : ""}>${isSkipped ? view.locale.words.skipped : answer.values.join(", ")}</dd>`;
}
