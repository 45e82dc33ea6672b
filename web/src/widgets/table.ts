/** Tables. */

import { type TemplateResult, html, nothing } from "lit";
import { styled } from "../styled";
import { type Drawn, type Node, type WidgetContext, textOf } from "./context";
import { defined, length, spacing } from "./values";

const COLUMNS: Record<string, string> = { xs: "4rem", sm: "6rem", md: "9rem", lg: "13rem", xl: "18rem" };

export function table(node: Node, context: WidgetContext): Drawn {
  return html`<div class="table" tabindex="0"><table><tbody>${nodes(node).map((each) => row(each, context))}</tbody></table></div>`;
}

function row(node: Node, context: WidgetContext): TemplateResult {
  return html`<tr>${nodes(node).map((each) => cell(each, Boolean(node["header"]), context))}</tr>`;
}

function cell(node: Node, isHeader: boolean, context: WidgetContext): TemplateResult {
  const style = styled({
    ...spacing("padding", node["padding"]),
    ...defined({
      width: length(node["width"]) ?? COLUMNS[textOf(node["colSize"])],
      "text-align": /^(start|center|end)$/.exec(textOf(node["align"]))?.[0],
      "vertical-align": { start: "top", center: "middle", end: "bottom" }[textOf(node["vAlign"])],
    }),
  });
  const across = Number(node["colSpan"]) || nothing;
  const down = Number(node["rowSpan"]) || nothing;
  return isHeader
    ? html`<th scope="col" colspan=${across} rowspan=${down} ${style}>${context.children(node)}</th>`
    : html`<td colspan=${across} rowspan=${down} ${style}>${context.children(node)}</td>`;
}

function nodes({ children }: Node): Node[] {
  return Array.isArray(children) ? (children as Node[]).filter((each) => each && typeof each === "object") : [];
}
