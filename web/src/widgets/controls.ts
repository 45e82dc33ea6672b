/** Buttons and the fields of forms. Each field is the browser's own, so keyboard and screen reader know it. */

import { html, nothing } from "lit";
import { icon } from "../views/icons";
import { type Drawn, type Node, type WidgetContext, fieldName, linesOf, run, textOf } from "./context";

export function button(node: Node, context: WidgetContext): Drawn {
  const isSubmit = Boolean(node["submit"]);
  const click = (event: Event): void => {
    event.stopPropagation();
    if (!isSubmit) run(context, node["onClickAction"], event.currentTarget as Element);
  };
  const kind = textOf(node["style"]) === "primary" || node["variant"] === "solid" ? "primary" : "plain";
  const color = /^(info|discovery|success|caution|warning|danger)$/.exec(textOf(node["color"]))?.[0] ?? "";
  const label = textOf(node["label"]);
  const start = textOf(node["iconStart"]);
  const end = textOf(node["iconEnd"]);
  return html`<button class="w-button ${kind} ${color} ${variantOf(node)} ${node["block"] ? "block" : ""}"
    type=${isSubmit ? "submit" : "button"} aria-label=${label ? nothing : spoken(start || end, context)}
    ?disabled=${Boolean(node["disabled"]) || context.isBusy} @click=${click}>
    ${start ? icon(start) : nothing}${label ? html`<span dir="auto">${label}</span>` : nothing}${end ? icon(end) : nothing}
  </button>`;
}

/** Label of a button that has an icon alone. */
function spoken(name: string, { words }: WidgetContext): string {
  if (name === "empty-circle") return words.complete;
  return name.startsWith("check-circle") ? words.reopen : name.replaceAll("-", " ");
}

export function input(node: Node, context: WidgetContext): Drawn {
  const type = /^(number|email|password|tel|url)$/.exec(textOf(node["inputType"]))?.[0] ?? "text";
  return html`<input class="w-field ${variantOf(node)}" dir="auto" type=${type} name=${fieldName(node["name"])}
    aria-label=${context.nameOf(node)} placeholder=${textOf(node["placeholder"])}
    .defaultValue=${textOf(node["defaultValue"])} pattern=${patternOf(node["pattern"]) ?? nothing}
    autocomplete=${node["allowAutofillExtensions"] ? "on" : "off"}
    ?required=${Boolean(node["required"])} ?disabled=${Boolean(node["disabled"])} />`;
}

export function textarea(node: Node, context: WidgetContext): Drawn {
  return html`<textarea class="w-field ${variantOf(node)} ${node["autoResize"] ? "resize" : ""}" dir="auto"
    name=${fieldName(node["name"])} rows=${linesOf(node["rows"]) || 3}
    aria-label=${context.nameOf(node)} placeholder=${textOf(node["placeholder"])}
    .defaultValue=${textOf(node["defaultValue"])} ?required=${Boolean(node["required"])}
    ?disabled=${Boolean(node["disabled"])}></textarea>`;
}

interface Option {
  label?: unknown;
  value?: unknown;
  disabled?: unknown;
}

export function select(node: Node, context: WidgetContext): Drawn {
  const chosen = textOf(node["defaultValue"]);
  const placeholder = textOf(node["placeholder"]);
  return html`<select class="w-field ${variantOf(node)} ${node["block"] ? "block" : ""}" name=${fieldName(node["name"])}
    aria-label=${context.nameOf(node)} ?disabled=${Boolean(node["disabled"])} @change=${changed(node, context)}>
    ${!chosen || node["clearable"] ? html`<option value="">${placeholder}</option>` : nothing}
    ${optionsOf(node).map(
      (each) => html`<option value=${textOf(each.value)} ?selected=${textOf(each.value) === chosen}
        ?disabled=${Boolean(each.disabled)}>${textOf(each.label)}</option>`,
    )}
  </select>`;
}

export function datePicker(node: Node, context: WidgetContext): Drawn {
  const day = (value: unknown): string => /^\d{4}-\d{2}-\d{2}/.exec(textOf(value))?.[0] ?? "";
  return html`<input class="w-field ${variantOf(node)} ${node["block"] ? "block" : ""}" type="date" name=${fieldName(node["name"])}
    aria-label=${context.nameOf(node)} .defaultValue=${day(node["defaultValue"])}
    min=${day(node["min"]) || nothing} max=${day(node["max"]) || nothing} ?disabled=${Boolean(node["disabled"])}
    @change=${changed(node, context)} />`;
}

export function checkbox(node: Node, context: WidgetContext): Drawn {
  return html`<label class="w-choice"><input type="checkbox" name=${fieldName(node["name"])}
    aria-label=${textOf(node["label"]) ? nothing : context.nameOf(node)} .defaultChecked=${Boolean(node["defaultChecked"])}
    ?required=${Boolean(node["required"])} ?disabled=${Boolean(node["disabled"])} @change=${changed(node, context)}
    @click=${(event: Event) => event.stopPropagation()} /><span dir="auto">${textOf(node["label"])}</span></label>`;
}

export function radioGroup(node: Node, context: WidgetContext): Drawn {
  const chosen = textOf(node["defaultValue"]);
  const name = fieldName(node["name"]);
  return html`<div class="w-radios ${node["direction"] === "col" ? "col" : ""}" role="radiogroup"
    aria-label=${textOf(node["ariaLabel"]) || context.nameOf(node)}>
    ${optionsOf(node).map(
      (each) => html`<label class="w-choice"><input type="radio" name=${name} value=${textOf(each.value)}
        .defaultChecked=${textOf(each.value) === chosen} ?required=${Boolean(node["required"])}
        ?disabled=${Boolean(node["disabled"]) || Boolean(each.disabled)} @change=${changed(node, context)} />
        <span dir="auto">${textOf(each.label)}</span></label>`,
    )}
  </div>`;
}

/** Outside a form a field sends its own value; inside, the form's fields go along. */
function changed(node: Node, context: WidgetContext): (event: Event) => void {
  return (event) => {
    const field = event.target as HTMLInputElement;
    const value = field.type === "checkbox" ? field.checked : field.value;
    run(context, node["onChangeAction"], field, field.form ? {} : { [textOf(node["name"])]: value });
  };
}

function optionsOf(node: Node): Option[] {
  return Array.isArray(node["options"]) ? (node["options"] as Option[]).filter((each) => each && typeof each === "object") : [];
}

/** A pattern that browsers can read. */
function patternOf(value: unknown): string | undefined {
  try {
    return new RegExp(textOf(value), "v").source === "(?:)" ? undefined : textOf(value);
  } catch {
    return undefined;
  }
}

function variantOf(node: Node): string {
  const variant = /^(solid|soft|outline|ghost)$/.exec(textOf(node["variant"]))?.[0] ?? "";
  const size = /^(3xs|2xs|xs|sm|md|lg|xl|2xl|3xl)$/.exec(textOf(node["size"]))?.[0];
  return `${variant} ${size ? `s-${size}` : ""} ${node["pill"] ? "pill" : ""} ${node["uniform"] ? "uniform" : ""}`;
}
