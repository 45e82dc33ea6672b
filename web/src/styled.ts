/** Styles of one element, set by script: Lit's own styleMap writes a style attribute, which strict page policies refuse. */

import { noChange } from "lit";
import { Directive, type ElementPart, type PartInfo, PartType, directive } from "lit/directive.js";

export type StyleInfo = Readonly<Record<string, string>>;

class Styled extends Directive {
  private names: readonly string[] = [];

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error("styled() belongs into a tag, not into an attribute");
  }

  override render(_: StyleInfo): unknown {
    return noChange;
  }

  override update({ element }: ElementPart, [styles]: [StyleInfo]): unknown {
    const { style } = element as HTMLElement;
    for (const name of this.names) if (!(name in styles)) style.removeProperty(name);
    for (const [name, value] of Object.entries(styles)) style.setProperty(name, value);
    this.names = Object.keys(styles);
    return noChange;
  }
}

/** Used in a tag: html`<p ${styled({ color: "red" })}>`. */
export const styled = directive(Styled);
