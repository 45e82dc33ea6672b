/** Updates of parts of a widget, found by their id. */

import type { ItemUpdate, WidgetRoot } from "../protocol/types";

interface Node {
  id?: string;
  type: string;
  value?: string;
  streaming?: boolean;
  children?: Node[] | Node | null;
}

/** The widget after an update; parts that stay keep their identity. */
export function updateWidget(root: WidgetRoot, update: ItemUpdate): WidgetRoot {
  switch (update.type) {
    case "widget.root.updated":
      return update.widget;
    case "widget.component.updated":
      return replace(root as Node, update.component_id, () => update.component as Node) as WidgetRoot;
    case "widget.streaming_text.value_delta":
      return replace(root as Node, update.component_id, (node) => ({
        ...node,
        value: (node.value ?? "") + update.delta,
        streaming: !update.done,
      })) as WidgetRoot;
    default:
      return root;
  }
}

function replace(node: Node, id: string, change: (node: Node) => Node): Node {
  if (node.id === id) return change(node);
  const { children } = node;
  if (!children) return node;
  if (!Array.isArray(children)) {
    const child = replace(children, id, change);
    return child === children ? node : { ...node, children: child };
  }
  const changed = children.map((child) => replace(child, id, change));
  return changed.some((child, index) => child !== children[index]) ? { ...node, children: changed } : node;
}
