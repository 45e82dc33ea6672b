/** The bar above the thread. */

import { type TemplateResult, html, nothing } from "lit";
import { icon } from "./icons";
import type { View } from "./view";

export function header(view: View): TemplateResult | typeof nothing {
  const { header: option, history } = view.options;
  if (option?.enabled === false) return nothing;
  const { words } = view.locale;
  const isHistoryOpen = view.ui.get("history") === true;
  const title = option?.title?.text ?? (isHistoryOpen ? words.history : view.conversation.state.thread?.title);
  return html`<header class="header" part="header">
    ${option?.leftAction ? action(option.leftAction) : nothing}
    ${isHistoryOpen ? button("back-small", words.back, () => view.hideHistory()) : nothing}
    <h2 class="title">${option?.title?.enabled === false ? nothing : title}</h2>
    ${history?.enabled === false || isHistoryOpen
      ? nothing
      : button("history", words.history, () => view.showHistory())}
    ${view.conversation.threadId ? button("compose", words.newChat, () => view.show(null)) : nothing}
    ${option?.rightAction ? action(option.rightAction) : nothing}
  </header>`;
}

function action({ icon: name, onClick }: { icon: string; onClick: () => void }): TemplateResult {
  return button(name, name.replaceAll("-", " "), onClick);
}

function button(name: string, label: string, onClick: () => void): TemplateResult {
  return html`<button class="quiet" type="button" aria-label=${label} title=${label} @click=${onClick}>
    ${icon(name)}
  </button>`;
}
