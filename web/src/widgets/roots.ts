/** Roots of widgets: a card, a list, or the children alone. */

import { html, nothing } from "lit";
import { styled } from "../styled";
import { icon } from "../views/icons";
import { onKey } from "../views/keys";
import { type Drawn, type Node, type WidgetContext, actionOf, run, textOf } from "./context";
import { aligned, borders, colour, defined, flexbox, length, spacing } from "./values";

const AUTO_LIMIT = 6;

export function basic(node: Node, context: WidgetContext): Drawn {
  const direction = node["direction"] === "row" ? "row" : "column";
  return html`<div class="w-box ${themeOf(node)}" ${styled(flexbox(node, direction, context.scheme))}>
    ${context.children(node)}
  </div>`;
}

export function card(node: Node, context: WidgetContext): Drawn {
  const style = {
    ...spacing("padding", node["padding"]),
    ...borders(node["border"], context.scheme),
    ...defined({ "background-color": colour(node["background"], context.scheme) }),
  };
  const size = /^(sm|md|lg|full)$/.exec(textOf(node["size"]))?.[0] ?? "md";
  const classes = `w-card ${size} ${themeOf(node)}`;
  const content = html`${status(node)}
    ${node["collapsed"] ? collapsed(node, context) : context.children(node)}
    ${confirmations(node, context)}`;
  if (!node["asForm"]) return html`<div class=${classes} ${styled(style)}>${content}</div>`;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    run(context, (node["confirm"] as { action?: unknown } | undefined)?.action, event.target as Element);
  };
  return html`<form class=${classes} ${styled(style)} @submit=${submit}>${content}</form>`;
}

function collapsed(node: Node, context: WidgetContext): Drawn {
  return html`<details><summary>${context.words.showAll}</summary>${context.children(node)}</details>`;
}

function confirmations(node: Node, context: WidgetContext): Drawn {
  const confirm = node["confirm"] as { label?: unknown; action?: unknown } | undefined;
  const cancel = node["cancel"] as { label?: unknown; action?: unknown } | undefined;
  if (!confirm && !cancel) return nothing;
  const isForm = Boolean(node["asForm"]);
  return html`<div class="w-confirm">
    ${cancel
      ? html`<button class="w-button plain" type="button" ?disabled=${context.isBusy}
          @click=${(event: Event) => run(context, cancel.action, event.target as Element)}>${textOf(cancel.label)}</button>`
      : nothing}
    ${confirm
      ? html`<button class="w-button primary" type=${isForm ? "submit" : "button"} ?disabled=${context.isBusy}
          @click=${(event: Event) => (isForm ? undefined : run(context, confirm.action, event.target as Element))}>${textOf(confirm.label)}</button>`
      : nothing}
  </div>`;
}

export function listView(node: Node, context: WidgetContext): Drawn {
  const rows = context.children(node);
  const limit = node["limit"] === "auto" ? AUTO_LIMIT : Number(node["limit"]) || rows.length;
  const rest = rows.slice(limit);
  return html`<div class="w-list ${themeOf(node)}">
    ${status(node)}
    <ul>${rows.slice(0, limit)}</ul>
    ${rest.length
      ? html`<details class="w-rest"><summary>${context.words.showAll} (${rows.length})</summary><ul>${rest}</ul></details>`
      : nothing}
  </div>`;
}

export function listViewItem(node: Node, context: WidgetContext): Drawn {
  const style = styled(
    defined({ gap: length(node["gap"], "space"), "align-items": aligned(node["align"]) }),
  );
  const action = actionOf(node["onClickAction"]);
  if (!action) return html`<li class="w-item" ${style}>${context.children(node)}</li>`;
  const open = (event: Event): void => {
    // A button or a field inside the item has its own action.
    const inner = (event.target as Element).closest("button, input, select, textarea, a, label");
    if (!inner || inner === event.currentTarget) run(context, action, event.currentTarget as Element);
  };
  const key = onKey((event) => {
    if (event.target !== event.currentTarget || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    open(event);
  });
  return html`<li class="w-item active" ${style} tabindex="0" @click=${open} @keydown=${key}>
    ${context.children(node)}
  </li>`;
}

function status(node: Node): Drawn {
  const said = node["status"] as { text?: unknown; icon?: unknown } | undefined;
  if (!said || typeof said !== "object") return nothing;
  const name = textOf(said.icon);
  return html`<p class="w-status">${name ? icon(name) : nothing}<span dir="auto">${textOf(said.text)}</span></p>`;
}

function themeOf(node: Node): string {
  return node["theme"] === "dark" || node["theme"] === "light" ? node["theme"] : "";
}
