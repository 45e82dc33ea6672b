/** A thing that was mentioned or referred to: a click is the host page's business, and so is what its preview shows. */

import { type TemplateResult, html, nothing } from "lit";
import type { Entity, Widgets } from "@openai/chatkit";
import { styled } from "../styled";
import { renderWidget } from "../widgets";
import { onKey } from "./keys";
import { widgetContext } from "./widget_context";
import type { View } from "./view";

const ROOM = 240;

interface Preview {
  entity: Entity;
  anchor: Element;
  widget: Widgets.BasicRoot;
  style: Record<string, string>;
}

const PREVIEW = "preview";
const ASKED = "preview asked for";

/** `content` as a thing to click on and to look at, as far as the page allows either. */
export function entityChip(view: View, entity: Entity, content: unknown, className = ""): TemplateResult {
  const { onClick, onRequestPreview } = view.options.entities ?? {};
  if (!entity.interactive || !(onClick || onRequestPreview)) return html`<span class=${className}>${content}</span>`;
  const show = (event: Event): void => void preview(view, entity, event.currentTarget as Element);
  const hide = (): void => hidePreview(view);
  const key = onKey((event) => {
    if (event.key === "Escape") hide();
  });
  const isShown = (view.ui.get(PREVIEW) as Preview | undefined)?.entity.id === entity.id;
  return html`<button type="button" class=${className} aria-describedby=${isShown ? "preview" : nothing}
    @click=${() => onClick?.(entity)} @pointerenter=${show} @focus=${show} @pointerleave=${hide} @blur=${hide}
    @keydown=${key}>${content}</button>`;
}

/** The preview that is open, beside what it is of. */
export function openPreview(view: View): TemplateResult | typeof nothing {
  const shown = view.ui.get(PREVIEW) as Preview | undefined;
  if (!shown?.anchor.isConnected) return nothing;
  const context = widgetContext(view, { isBusy: false, act: async () => undefined });
  return html`<div class="preview-card" id="preview" role="tooltip" ${styled(shown.style)}>
    ${renderWidget(shown.widget, context)}
  </div>`;
}

/** Ask the page what to show; an answer that comes when the reader has gone on is dropped. */
async function preview(view: View, entity: Entity, anchor: Element): Promise<void> {
  const ask = view.options.entities?.onRequestPreview;
  if (!ask || view.ui.get(ASKED) === entity) return;
  view.ui.set(ASKED, entity);
  const answer = await ask(entity).catch(() => null);
  if (view.ui.get(ASKED) !== entity || !answer?.preview || !anchor.isConnected) return;
  view.ui.set(PREVIEW, { entity, anchor, widget: answer.preview, style: placeAt(anchor) } satisfies Preview);
  view.redraw();
}

function hidePreview(view: View): void {
  view.ui.delete(ASKED);
  if (view.ui.delete(PREVIEW)) view.redraw();
}

/** Below the anchor, or above it where there is more room. */
function placeAt(anchor: Element): Record<string, string> {
  const at = anchor.getBoundingClientRect();
  const around = anchor.closest(".root")?.getBoundingClientRect() ?? new DOMRect();
  const isBelow = around.bottom - at.bottom > ROOM || around.bottom - at.bottom > at.top - around.top;
  const side = Math.max(0, Math.min(at.left - around.left, around.width - ROOM));
  return {
    left: `${side}px`,
    ...(isBelow ? { top: `${at.bottom - around.top + 4}px` } : { bottom: `${around.bottom - at.top + 4}px` }),
  };
}
