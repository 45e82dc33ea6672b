/** Notices about the thread: progress, notices, failures, a closed thread. */

import { type TemplateResult, html, nothing } from "lit";
import { icon } from "./icons";
import { retryQuestion, tryAgain } from "./retry";
import { markdown } from "./rich_text";
import type { View } from "./view";

type Drawn = TemplateResult | typeof nothing;

const FAILURE = "failure";

export function progress(view: View): Drawn {
  const { conversation, locale } = view;
  if (!conversation.isBusy) return nothing;
  const { progress: step, items } = conversation.state;
  const isSpeaking = conversation.hasBegun && items.at(-1)?.type === "assistant_message";
  if (!step && isSpeaking) return nothing;
  return html`<p class="progress" role="status">
    ${step?.icon ? icon(step.icon) : html`<span class="pulse" aria-hidden="true"></span>`}
    <span dir="auto">${step?.text ?? locale.words.thinking}</span>
  </p>`;
}

export function notices(view: View): TemplateResult[] {
  return view.conversation.state.notices.map(
    (notice) => html`<div class="notice ${notice.level}" role="status">
      ${icon("info")}
      <div>${notice.title ? html`<strong>${notice.title}</strong>` : nothing} ${markdown(view, notice.message)}</div>
    </div>`,
  );
}

export function failure(view: View): Drawn {
  const { conversation, locale } = view;
  const { failure: failed } = conversation.state;
  if (!failed) return nothing;
  return html`<div class="notice danger error" role="alert">
    ${icon("info")}
    <p dir="auto">${failed.message ?? (failed.isOffline ? locale.words.offline : locale.words.failed)}</p>
    ${failed.canRetry && !conversation.state.isGone
      ? html`<button type="button" class="plain" @click=${() => tryAgain(view, FAILURE)}>${locale.words.retry}</button>`
      : nothing}
    <button type="button" class="quiet" aria-label=${locale.words.dismiss} @click=${() => conversation.dismissFailure()}>
      ${icon("close")}
    </button>
  </div>
  ${retryQuestion(view, FAILURE)}`;
}

export function threadStatus(view: View): Drawn {
  const { thread, isGone } = view.conversation.state;
  if (isGone) return html`<p class="faint gone" role="status">${view.locale.words.gone}</p>`;
  const status = thread?.status;
  if (!status || status.type === "active") return nothing;
  const said = status.type === "locked" ? view.locale.words.locked : view.locale.words.closed;
  return html`<p class="faint" role="status">${status.reason ?? said}</p>`;
}

/** True when the thread accepts messages. */
export function isOpen(view: View): boolean {
  const { thread, isGone } = view.conversation.state;
  return !isGone && (thread?.status?.type ?? "active") === "active";
}
