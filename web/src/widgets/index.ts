/** Widgets of the server as nodes of the page; `renderWidget` is the only entry. */

import { type TemplateResult, html } from "lit";
import { chart } from "./chart";
import { type Drawn, type Node, type WidgetContext, textOf } from "./context";
import { button, checkbox, datePicker, input, radioGroup, select, textarea } from "./controls";
import { box, divider, form, spacer } from "./layout";
import { icon, image } from "./media";
import { basic, card, listView, listViewItem } from "./roots";
import { table } from "./table";
import { badge, caption, label, text, title } from "./text";

export type { WidgetContext } from "./context";

type Draw = (node: Node, context: WidgetContext) => Drawn;

export const COMPONENTS: Record<string, Draw> = {
  Badge: badge,
  Basic: basic,
  Box: box,
  Button: button,
  Caption: caption,
  Card: card,
  Chart: chart,
  Checkbox: checkbox,
  Col: box,
  DatePicker: datePicker,
  Divider: divider,
  Form: form,
  Icon: icon,
  Image: image,
  Input: input,
  Label: label,
  ListView: listView,
  ListViewItem: listViewItem,
  Markdown: (node, context) => context.markdown(textOf(node["value"])),
  RadioGroup: radioGroup,
  Row: box,
  Select: select,
  Spacer: spacer,
  Table: table,
  Text: text,
  Textarea: textarea,
  Title: title,
  Transition: (node, context) => html`<div class="w-transition">${context.children(node)}</div>`,
};

/** No widget that people read is nested so deep; one that is would overflow the stack. */
const DEEPEST = 50;

/**
 * Draw a widget; a component of a kind that is not known is left out, and what it holds is drawn. What is nested too deep
 * is left out.
 */
export function renderWidget(root: object, given: Omit<WidgetContext, "children" | "nameOf">): TemplateResult {
  const labels = new Map(labelsOf(root as Node, 0));
  let depth = 0;
  const context: WidgetContext = {
    ...given,
    children: (node) => {
      if (depth === DEEPEST) return [];
      depth++;
      const drawn = childrenOf(node).map((each) => draw(each, context));
      depth--;
      return drawn;
    },
    nameOf: (node) => labels.get(textOf(node["name"])) ?? (textOf(node["placeholder"]) || textOf(node["name"])),
  };
  return html`${draw(root as Node, context)}`;
}

function draw(node: Node, context: WidgetContext): Drawn {
  const component = Object.hasOwn(COMPONENTS, node.type) ? COMPONENTS[node.type] : undefined;
  return component ? component(node, context) : html`${context.children(node)}`;
}

/** The words that labels give to fields, by the fields' names. */
function labelsOf(node: Node, depth: number): [string, string][] {
  if (depth > DEEPEST) return [];
  const own: [string, string][] = node.type === "Label" ? [[textOf(node["fieldName"]), textOf(node["value"])]] : [];
  return [...own, ...childrenOf(node).flatMap((each) => labelsOf(each, depth + 1))];
}

function childrenOf({ children }: Node): Node[] {
  const list = Array.isArray(children) ? children : children ? [children] : [];
  return list.filter((each): each is Node => typeof each === "object" && each !== null && typeof (each as Node).type === "string");
}
