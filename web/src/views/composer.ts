/** Composer: the user's message before it is sent. */

import { type TemplateResult, html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import type { Upload } from "../state/draft";
import { dictation } from "./dictation";
import { acceptAttribute, refusal } from "./file_rules";
import { icon } from "./icons";
import { onKey } from "./keys";
import { isOpen } from "./notices";
import { markdown } from "./rich_text";
import type { Suggestion } from "./suggestions";
import type { View } from "./view";

type Drawn = TemplateResult | typeof nothing;

export function composer(view: View): TemplateResult {
  const { disclaimer } = view.options;
  return html`<footer class="composer" part="composer">
    ${suggestions(view)}
    <form class="box" @submit=${(event: Event) => submit(view, event)} @drop=${(event: DragEvent) => drop(view, event)}
        @dragover=${(event: DragEvent) => event.preventDefault()}>
      ${quote(view)} ${uploads(view)} ${field(view)}
      <div class="tools">
        ${attach(view)} ${mention(view)} ${tools(view)} ${models(view)}
        <span class="space"></span>
        ${dictation(view)} ${sendOrStop(view)}
      </div>
    </form>
    ${disclaimer
      ? html`<div class="disclaimer ${disclaimer.highContrast ? "high" : ""}">${markdown(view, disclaimer.text)}</div>`
      : nothing}
  </footer>`;
}

function field(view: View): TemplateResult {
  const { draft, locale, options } = view;
  const isOffering = view.suggestions.list.length > 0;
  const tool = options.composer?.tools?.find(({ id }) => id === draft.toolId);
  const placeholder = tool?.placeholderOverride ?? options.composer?.placeholder ?? locale.words.placeholder;
  return html`<textarea id="message" rows="1" dir="auto" autocomplete="off" aria-label=${locale.words.message}
    placeholder=${placeholder} ?disabled=${!isOpen(view)} .value=${live(draft.text)}
    aria-controls=${isOffering ? "suggestions" : nothing}
    aria-activedescendant=${isOffering ? `s${view.suggestions.chosen}` : nothing}
    @input=${(event: InputEvent) => typed(view, event.target as HTMLTextAreaElement)}
    @keydown=${onKey((event) => key(view, event))}
    @paste=${(event: ClipboardEvent) => paste(view, event)}></textarea>`;
}

function sendOrStop(view: View): TemplateResult {
  const { words } = view.locale;
  if (view.conversation.isBusy) {
    return html`<button class="round" type="button" aria-label=${words.stop} title=${words.stop}
      ?disabled=${!view.conversation.state.canStop} @click=${() => view.conversation.stop()}>${icon("stop")}</button>`;
  }
  return html`<button class="round" type="submit" aria-label=${words.send} title=${words.send}
    ?disabled=${view.draft.isEmpty || view.draft.isUploading || !isOpen(view)}>${icon("send")}</button>`;
}

function submit(view: View, event: Event): void {
  event.preventDefault();
  void view.submit();
}

function typed(view: View, area: HTMLTextAreaElement): void {
  view.draft.text = area.value;
  void view.suggestions.update(area.value.slice(0, area.selectionStart));
  view.redraw();
}

function key(view: View, event: KeyboardEvent): void {
  if (view.suggestions.list.length && keyInSuggestions(view, event)) return event.preventDefault();
  if (event.key !== "Enter" || event.shiftKey) return;
  event.preventDefault();
  void view.submit();
}

function keyInSuggestions(view: View, event: KeyboardEvent): boolean {
  const { suggestions: offered } = view;
  switch (event.key) {
    case "ArrowDown":
      offered.move(1);
      return true;
    case "ArrowUp":
      offered.move(-1);
      return true;
    case "Escape":
      offered.close();
      return true;
    case "Enter":
    case "Tab":
      take(view, offered.list[offered.chosen], event.target as HTMLTextAreaElement);
      return true;
    default:
      return false;
  }
}

function take(view: View, suggestion: Suggestion | undefined, area: HTMLTextAreaElement): void {
  const caret = area.selectionStart;
  void view.suggestions.take(suggestion, area.value.slice(0, caret), area.value.slice(caret));
  void view.focusComposer();
}

function suggestions(view: View): Drawn {
  const { list, chosen } = view.suggestions;
  if (!list.length) return nothing;
  const pick = (one: Suggestion): void => take(view, one, view.renderRoot.querySelector("#message") as HTMLTextAreaElement);
  return html`<ul class="menu" id="suggestions" role="listbox" aria-label=${view.locale.words.mention}>
    ${list.map((one, index) => {
      const { label, detail, name } = described(one);
      return html`<li id="s${index}" role="option" aria-selected=${index === chosen}
        @mousedown=${(event: Event) => event.preventDefault()} @click=${() => pick(one)}>
        ${icon(name)}<span dir="auto">${label}</span><span class="faint" dir="auto">${detail}</span></li>`;
    })}
  </ul>`;
}

function described(one: Suggestion): { label: string; detail: string; name: string } {
  if (one.kind === "entity") {
    return { label: one.entity.title, detail: one.entity.group ?? "", name: one.entity.icon ?? "cube" };
  }
  if (one.kind === "own") return { label: one.command.label, detail: "", name: one.command.icon };
  const { label, description, group, icon: name } = one.command;
  return { label, detail: description ?? group ?? "", name: name ?? "bolt" };
}

function quote(view: View): Drawn {
  const { draft, locale } = view;
  if (!draft.quote) return nothing;
  const drop = (): void => {
    draft.quote = "";
    view.redraw();
  };
  return html`<blockquote class="quote" dir="auto">${draft.quote}
    <button class="quiet" type="button" aria-label="${locale.words.detach}: ${locale.words.quote}" @click=${drop}>${icon("close")}</button>
  </blockquote>`;
}

function uploads(view: View): Drawn {
  if (!view.draft.uploads.length) return nothing;
  return html`<ul class="files">${view.draft.uploads.map((each) => html`<li>${upload(view, each)}</li>`)}</ul>`;
}

function upload(view: View, each: Upload): TemplateResult {
  const { words } = view.locale;
  const name = each.attachment?.name ?? each.file?.name ?? "";
  const isRunning = !each.attachment && !each.error;
  return html`<span class="file ${each.error ? "danger" : ""}" aria-busy=${isRunning}>
    ${isRunning ? html`<span class="pulse"></span>` : icon(each.attachment?.type === "image" ? "image" : "document")}
    <span dir="auto">${name}${each.error ? html` · ${each.error}` : nothing}</span>
    <button class="quiet" type="button" aria-label="${words.detach}: ${name}" @click=${() => view.draft.detach(each)}>
      ${icon("close")}
    </button>
  </span>`;
}

/** Upload files that the page's rules allow, and say why others are not taken. */
export function addFiles(view: View, files: Iterable<File>): void {
  const rules = view.options.composer?.attachments;
  if (!rules?.enabled) return;
  for (const file of files) {
    const why = refusal(file, rules, view.draft.uploads.length, view.locale.words);
    if (why) view.draft.refuse(file, why);
    else void view.draft.upload(file);
  }
}

function drop(view: View, event: DragEvent): void {
  event.preventDefault();
  addFiles(view, event.dataTransfer?.files ?? []);
}

function paste(view: View, event: ClipboardEvent): void {
  const files = event.clipboardData?.files;
  if (!files?.length) return;
  event.preventDefault();
  addFiles(view, files);
}

function attach(view: View): Drawn {
  const rules = view.options.composer?.attachments;
  if (!rules?.enabled) return nothing;
  const chosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    addFiles(view, [...(input.files ?? [])]);
    input.value = "";
  };
  return html`<label class="quiet button" title=${view.locale.words.attach}>
    ${icon("paperclip")}
    <input class="hidden" type="file" multiple accept=${acceptAttribute(rules.accept)} aria-label=${view.locale.words.attach}
      @change=${chosen} />
  </label>`;
}

function mention(view: View): Drawn {
  const { entities } = view.options;
  if (!entities?.onTagSearch || !entities.showComposerMenu) return nothing;
  return html`<button class="quiet" type="button" aria-label=${view.locale.words.mention}
    @click=${() => beginMention(view)}>@</button>`;
}

/** Write the "@" that begins a mention, and offer what can be mentioned. */
export async function beginMention(view: View): Promise<void> {
  view.draft.text = view.draft.text.replace(/\s*$/, (space) => (view.draft.text && !space ? " @" : `${space}@`));
  view.redraw();
  await view.focusComposer();
  await view.suggestions.update(view.draft.text);
}

/** Let the reader choose files to send along. */
export function pickFiles(view: View): void {
  view.renderRoot.querySelector<HTMLInputElement>("input[type=file]")?.click();
}

/** Choose the tool of the next message, or with null none. */
export function chooseTool(view: View, id: string | null): void {
  view.draft.toolId = id;
  view.emit("tool.change", { toolId: id });
  view.redraw();
}

function tools(view: View): Drawn {
  const offered = view.options.composer?.tools ?? [];
  if (!offered.length) return nothing;
  const pinned = offered.filter(({ pinned: isPinned }) => isPinned);
  const others = offered.filter(({ pinned: isPinned }) => !isPinned);
  const { toolId } = view.draft;
  return html`${pinned.map(
    (tool) => html`<button class="chip" type="button" aria-pressed=${tool.id === toolId}
      @click=${() => chooseTool(view, tool.id === toolId ? null : tool.id)}>${icon(tool.icon)}${tool.shortLabel ?? tool.label}</button>`,
  )}
  ${others.length
    ? html`<select class="picker" aria-label=${view.locale.words.tools}
        @change=${(event: Event) => chooseTool(view, (event.target as HTMLSelectElement).value || null)}>
        <option value="" ?selected=${!toolId}>${view.locale.words.tools}</option>
        ${others.map((tool) => html`<option value=${tool.id} ?selected=${tool.id === toolId}>${tool.label}</option>`)}
      </select>`
    : nothing}`;
}

function models(view: View): Drawn {
  const offered = view.options.composer?.models ?? [];
  if (!offered.length) return nothing;
  const choose = (event: Event): void => {
    view.draft.modelId = (event.target as HTMLSelectElement).value;
    view.redraw();
  };
  return html`<select class="picker" aria-label=${view.locale.words.model} @change=${choose}>
    ${offered.map(
      (model) => html`<option value=${model.id} ?disabled=${model.disabled} title=${model.description ?? ""}
        ?selected=${model.id === view.draft.modelId}>${model.label}</option>`,
    )}
  </select>`;
}
