/** Markdown in the page. A text that grows draws only the blocks that changed, so nothing jumps or flickers. */

import { type TemplateResult, html } from "lit";
import { Directive, directive } from "lit/directive.js";
import { guard } from "lit/directives/guard.js";
import { Blocks, type ImageRule, clean, isSafeLink } from "../markdown";
import type { View } from "./view";

class Grown extends Directive {
  private readonly blocks = new Blocks();

  override render(text: string, mayLoad: ImageRule): unknown {
    return this.blocks.of(text).map((block) => guard([block, mayLoad], () => clean(block, mayLoad)));
  }
}

const grown = directive(Grown);

export function markdown(view: View, text: string): TemplateResult {
  return html`<div class="markdown" dir="auto" @click=${(event: MouseEvent) => follow(view, event)}>
    ${grown(text, view.mayLoad)}
  </div>`;
}

/** Links of the form chatkit-link://name?key=value are the host page's business. */
function follow(view: View, event: MouseEvent): void {
  const link = (event.target as Element).closest("a");
  const address = link?.getAttribute("href") ?? "";
  if (!address.startsWith("chatkit-link:")) return;
  event.preventDefault();
  if (!URL.canParse(address)) return;
  const url = new URL(address);
  const name = (url.host + url.pathname).replace(/^\/+|\/+$/g, "");
  view.emit("deeplink", { name, data: Object.fromEntries(url.searchParams) });
}

/** A link out of the page, or its words alone where the address could act. */
export function link(url: string, content: unknown): TemplateResult {
  if (!isSafeLink(url)) return html`<span>${content}</span>`;
  return html`<a href=${url} title=${url} target="_blank" rel="noopener noreferrer nofollow">${content}</a>`;
}
