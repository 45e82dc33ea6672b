/** Icons and pictures. */

import { html, nothing } from "lit";
import { styled } from "../styled";
import { icon as drawing } from "../views/icons";
import { link } from "../views/rich_text";
import { type Drawn, type Node, type WidgetContext, textOf } from "./context";
import { block, colour, defined } from "./values";

const SIZES: Record<string, string> = { xs: "12px", sm: "14px", md: "16px", lg: "20px", xl: "24px", "2xl": "28px", "3xl": "32px" };

export function icon(node: Node, { scheme }: WidgetContext): Drawn {
  const style = defined({ color: colour(node["color"], scheme), "font-size": SIZES[textOf(node["size"])] });
  return html`<span class="w-icon" ${styled(style)}>${drawing(textOf(node["name"]))}</span>`;
}

/** A picture from elsewhere than the page and the hosts that the thread names is shown as a link. */
export function image(node: Node, { mayLoad }: WidgetContext): Drawn {
  const source = textOf(node["src"]);
  const alt = textOf(node["alt"]);
  if (!source) return nothing;
  if (!mayLoad(source)) return link(source, alt || source);
  const style = {
    ...block(node),
    ...defined({
      "object-fit": /^(cover|contain|fill|scale-down|none)$/.exec(textOf(node["fit"]))?.[0],
      "object-position": /^[a-z ]+$/.exec(textOf(node["position"]))?.[0],
    }),
  };
  return html`<img class="w-image ${node["frame"] ? "frame" : ""} ${node["flush"] ? "flush" : ""}" src=${source} alt=${alt}
    loading="lazy" ${styled(style)} />`;
}
