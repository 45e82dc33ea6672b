/** Context that a widget is drawn with. */

import type { TemplateResult, nothing } from "lit";
import type { Words } from "../locale/en";
import type { ImageRule } from "../markdown";
import type { Action } from "../protocol/types";

/** A component as the server sent it: nothing of it is trusted. */
export interface Node {
  type: string;
  children?: unknown;
  [property: string]: unknown;
}

export type Drawn = TemplateResult | typeof nothing;

export interface WidgetContext {
  scheme: "light" | "dark";
  words: Words;
  language: string;
  mayLoad: ImageRule;
  /** An action of this widget is under way. */
  isBusy: boolean;
  act(action: Action): Promise<void>;
  markdown(text: string): TemplateResult;
  children(node: Node): Drawn[];
  /** Name of a field: its label, else its placeholder or name. */
  nameOf(node: Node): string;
}

/** An action as a component names it; null when there is none. */
export function actionOf(value: unknown): Action | null {
  const action = value as Action | null | undefined;
  return action && typeof action === "object" && typeof action.type === "string" ? action : null;
}

/** A text property; numbers count as text. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

/** A number of lines of text, as many as a screen has at most; 0 when there is none. */
export function linesOf(value: unknown): number {
  return Math.min(Math.max(Math.trunc(Number(value)) || 0, 0), 40);
}

/**
 * A field's name in the page. A form's fields are properties of the form by their names, so that one called "elements" or
 * "style" would stand in for the form's own; none of those has a colon.
 */
export function fieldName(name: unknown): string {
  const own = textOf(name);
  return own && `${FIELD}${own}`;
}
const FIELD = "field:";

/** Run a component's action with what is filled in around it. */
export function run(context: WidgetContext, value: unknown, source: Element, extra: Record<string, unknown> = {}): void {
  const action = actionOf(value);
  if (!action) return;
  const form = source.closest("form");
  const filled = form ? valuesOf(form) : {};
  void context.act({ ...action, payload: { ...action.payload, ...filled, ...extra } });
}

/** A form's fields by name; "a.b" is the field b of an object a, a box is whether it is ticked. */
export function valuesOf(form: HTMLFormElement): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const field of form.elements) {
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement)) continue;
    if (!field.name.startsWith(FIELD) || (field.type === "radio" && !(field as HTMLInputElement).checked)) continue;
    put(values, field.name.slice(FIELD.length).split("."), field.type === "checkbox" ? (field as HTMLInputElement).checked : field.value);
  }
  return { ...values };
}

const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

function put(into: Record<string, unknown>, [name, ...rest]: string[], value: unknown): void {
  if (name === undefined || FORBIDDEN.has(name)) return;
  if (!rest.length) {
    into[name] = value;
    return;
  }
  const inner = into[name];
  const next = typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>) : {};
  into[name] = next;
  put(next, rest, value);
}
