/** Boxes, rows, columns, forms, and the space between. */

import { html } from "lit";
import { styled } from "../styled";
import { type Drawn, type Node, type WidgetContext, run } from "./context";
import { colour, defined, flexbox, length } from "./values";

export function box(node: Node, context: WidgetContext): Drawn {
  return html`<div class="w-box" ${styled(styleOf(node, context))}>${context.children(node)}</div>`;
}

export function form(node: Node, context: WidgetContext): Drawn {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    run(context, node["onSubmitAction"], event.target as Element);
  };
  return html`<form class="w-box" ${styled(styleOf(node, context))} @submit=${submit}>
    ${context.children(node)}
  </form>`;
}

export function spacer(node: Node): Drawn {
  const size = length(node["minSize"]);
  return html`<div class="w-spacer" ${styled(defined({ "min-width": size, "min-height": size }))}></div>`;
}

export function divider(node: Node, { scheme }: WidgetContext): Drawn {
  const style = defined({
    "border-color": colour(node["color"], scheme),
    "border-block-start-width": length(node["size"]),
    "margin-block": length(node["spacing"], "space"),
  });
  return html`<hr class="w-divider ${node["flush"] ? "flush" : ""}" ${styled(style)} />`;
}

function styleOf(node: Node, { scheme }: WidgetContext): ReturnType<typeof flexbox> {
  const isRow = node.type === "Row" || (node.type !== "Col" && node["direction"] === "row");
  return flexbox(node, isRow ? "row" : "column", scheme);
}
