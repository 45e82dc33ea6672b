/** Words: text, titles, captions, labels, badges. */

import { html, nothing } from "lit";
import { type StyleInfo, styled } from "../styled";
import { type Drawn, type Node, type WidgetContext, fieldName, linesOf, textOf } from "./context";
import { colour, defined, length } from "./values";

const SIZES: Record<string, Record<string, number>> = {
  Text: { xs: 0.75, sm: 0.875, md: 1, lg: 1.125, xl: 1.25 },
  Caption: { sm: 0.75, md: 0.8125, lg: 0.875 },
  Label: { xs: 0.75, sm: 0.875, md: 1, lg: 1.125, xl: 1.25 },
  Title: { sm: 1, md: 1.125, lg: 1.25, xl: 1.5, "2xl": 1.75, "3xl": 2.125, "4xl": 2.5, "5xl": 3 },
};
const WEIGHTS: Record<string, string> = { normal: "400", medium: "500", semibold: "600", bold: "700" };

export function text(node: Node, context: WidgetContext): Drawn {
  const editable = node["editable"];
  if (editable && typeof editable === "object") return editableText(node, editable as Record<string, unknown>, context);
  return html`<p class="w-text ${node["truncate"] ? "truncate" : ""}" dir="auto" ${styled(styleOf(node, context))}>${textOf(node["value"])}</p>`;
}

function editableText(node: Node, field: Record<string, unknown>, context: WidgetContext): Drawn {
  return html`<textarea class="w-field w-text" dir="auto" rows=${linesOf(node["minLines"]) || 1} name=${fieldName(field["name"])}
    aria-label=${context.nameOf({ type: "Text", ...field })} placeholder=${textOf(field["placeholder"])}
    ?required=${Boolean(field["required"])} .defaultValue=${textOf(node["value"])} ${styled(styleOf(node, context))}></textarea>`;
}

export function title(node: Node, context: WidgetContext): Drawn {
  return html`<p class="w-title ${node["truncate"] ? "truncate" : ""}" role="heading" aria-level="3" dir="auto"
    ${styled(styleOf(node, context))}>${textOf(node["value"])}</p>`;
}

export function caption(node: Node, context: WidgetContext): Drawn {
  return html`<p class="w-caption ${node["truncate"] ? "truncate" : ""}" dir="auto" ${styled(styleOf(node, context))}>${textOf(node["value"])}</p>`;
}

/** A click on it goes to the field it names. */
export function label(node: Node, context: WidgetContext): Drawn {
  const focus = (event: Event): void => {
    const name = CSS.escape(fieldName(node["fieldName"]));
    const scope = (event.currentTarget as Element).closest("form, .widget");
    scope?.querySelector<HTMLElement>(`[name="${name}"]`)?.focus();
  };
  return html`<label class="w-label" dir="auto" ${styled(styleOf(node, context))} @click=${focus}>${textOf(node["value"])}</label>`;
}

export function badge(node: Node): Drawn {
  const kind = /^(secondary|success|danger|warning|info|discovery)$/.exec(textOf(node["color"]))?.[0] ?? "secondary";
  const variant = /^(solid|soft|outline)$/.exec(textOf(node["variant"]))?.[0] ?? "soft";
  const size = /^(sm|md|lg)$/.exec(textOf(node["size"]))?.[0] ?? "sm";
  const pill = node["pill"] === false ? "" : "pill";
  const said = textOf(node["label"]);
  return said ? html`<span class="w-badge ${kind} ${variant} ${size} ${pill}" dir="auto">${said}</span>` : nothing;
}

function styleOf(node: Node, { scheme }: WidgetContext): StyleInfo {
  const size = SIZES[node.type]?.[textOf(node["size"])];
  const lines = linesOf(node["maxLines"]);
  return defined({
    color: colour(node["color"], scheme),
    "font-size": size ? `${size}em` : undefined,
    "font-weight": WEIGHTS[textOf(node["weight"])],
    "font-style": node["italic"] ? "italic" : undefined,
    "text-decoration": node["lineThrough"] ? "line-through" : undefined,
    "text-align": /^(start|center|end)$/.exec(textOf(node["textAlign"]))?.[0],
    width: length(node["width"]),
    "min-height": node["minLines"] ? `${linesOf(node["minLines"]) * 1.5}em` : undefined,
    ...(lines ? { display: "-webkit-box", "-webkit-line-clamp": String(lines), "-webkit-box-orient": "vertical", overflow: "hidden" } : {}),
  });
}
