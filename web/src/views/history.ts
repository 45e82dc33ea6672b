/** The list of the user's threads. */

import { type TemplateResult, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ThreadMetadata } from "../protocol/types";
import { icon } from "./icons";
import { onKey } from "./keys";
import type { View } from "./view";

export function history(view: View): TemplateResult {
  const { words } = view.locale;
  const { threads, hasMore, isLoading } = view.threads;
  return html`<nav class="history" part="history" aria-label=${words.history} aria-busy=${isLoading}>
    ${threads.length || isLoading ? nothing : html`<p class="faint">${words.noHistory}</p>`}
    <ul>
      ${repeat(threads, (thread) => thread.id, (thread) => row(view, thread))}
    </ul>
    ${hasMore
      ? html`<button type="button" class="plain" @click=${() => view.threads.loadMore()}>${words.more}</button>`
      : nothing}
  </nav>`;
}

function row(view: View, thread: ThreadMetadata): TemplateResult {
  if (view.ui.get("renaming") === thread.id) return renaming(view, thread);
  if (view.ui.get("deleting") === thread.id) return deleting(view, thread);
  const { words } = view.locale;
  const title = thread.title ?? words.untitled;
  const { showRename = true, showDelete = true } = view.options.history ?? {};
  const isOpen = thread.id === view.conversation.threadId;
  return html`<li class="thread-row">
    <button type="button" class="open" aria-current=${isOpen ? "page" : "false"} @click=${() => view.show(thread.id)}>
      <span class="name" dir="auto">${title}</span>
      <time class="faint" datetime=${thread.created_at}>${day(view, thread.created_at)}</time>
    </button>
    ${showRename ? tool(view, "write", words.rename, title, () => begin(view, "renaming", thread.id)) : nothing}
    ${showDelete ? tool(view, "trash", words.remove, title, () => begin(view, "deleting", thread.id)) : nothing}
  </li>`;
}

function tool(_: View, name: string, label: string, title: string, onClick: () => void): TemplateResult {
  return html`<button class="quiet" type="button" aria-label="${label}: ${title}" title=${label} @click=${onClick}>
    ${icon(name)}
  </button>`;
}

function renaming(view: View, thread: ThreadMetadata): TemplateResult {
  const { words } = view.locale;
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const title = String(new FormData(event.target as HTMLFormElement).get("title")).trim();
    end(view);
    if (title) await view.threads.rename(thread.id, title);
  };
  return html`<li class="thread-row">
    <form @submit=${save} @keydown=${escape(view)}>
      <input name="title" aria-label=${words.rename} .value=${thread.title ?? ""} maxlength="200" autofocus />
      <button class="plain" type="submit">${words.save}</button>
      <button class="plain" type="button" @click=${() => end(view)}>${words.cancel}</button>
    </form>
  </li>`;
}

function deleting(view: View, thread: ThreadMetadata): TemplateResult {
  const { words } = view.locale;
  const remove = async (): Promise<void> => {
    end(view);
    const isOpen = thread.id === view.conversation.threadId;
    if ((await view.threads.remove(thread.id)) && isOpen) await view.conversation.open(null);
  };
  return html`<li class="thread-row">
    <div class="asked" role="alertdialog" aria-label=${words.removeSure}
        @keydown=${escape(view)}>
      <span class="name">${words.removeSure}</span>
      <button class="plain danger" type="button" @click=${remove}>${words.remove}</button>
      <button class="plain" type="button" autofocus @click=${() => end(view)}>${words.cancel}</button>
    </div>
  </li>`;
}

function begin(view: View, what: "renaming" | "deleting", threadId: string): void {
  end(view);
  view.ui.set(what, threadId);
  view.redraw();
}

function end(view: View): void {
  view.ui.delete("renaming");
  view.ui.delete("deleting");
  view.redraw();
}

function escape(view: View): (event: KeyboardEvent) => void {
  return onKey(({ key }) => {
    if (key === "Escape") end(view);
  });
}

function day(view: View, moment: string): string {
  return new Date(moment).toLocaleDateString(view.locale.tag, { day: "numeric", month: "short" });
}
