/** Sizes, spaces, borders and colours of widgets as style properties. None of them can load anything. */

import type { StyleInfo } from "../styled";
import type { Node } from "./context";

const UNIT = 4;
const RADII: Record<string, string> = {
  none: "0", "2xs": "2px", xs: "4px", sm: "6px", md: "8px", lg: "10px", xl: "12px", "2xl": "16px", "3xl": "20px",
  "4xl": "24px", full: "9999px", "100%": "100%",
};
const NAMED: Record<string, string> = {
  prose: "var(--ck-ink)", primary: "var(--ck-ink)", emphasis: "var(--ck-ink)", secondary: "var(--ck-faint)",
  tertiary: "var(--ck-faint)", default: "var(--ck-line)", subtle: "var(--ck-line)", strong: "var(--ck-faint)",
  success: "var(--ck-success)", warning: "var(--ck-warning)", danger: "var(--ck-danger)", info: "var(--ck-info)",
  discovery: "var(--ck-discovery)", caution: "var(--ck-warning)",
  surface: "var(--ck-ground)", "surface-secondary": "var(--ck-raised)", "surface-tertiary": "var(--ck-line)",
  "surface-elevated": "var(--ck-ground)", "surface-elevated-secondary": "var(--ck-raised)",
  white: "#fff", black: "#000",
};
const HUES: Record<string, number> = {
  red: 4, orange: 24, yellow: 44, green: 140, teal: 174, blue: 214, purple: 266, pink: 330, gray: 210,
};
const ALIGN: Record<string, string> = {
  start: "flex-start", end: "flex-end", center: "center", baseline: "baseline", stretch: "stretch",
  between: "space-between", around: "space-around", evenly: "space-evenly",
};

type Scheme = "light" | "dark";

/** A length: numbers are steps of 4 pixels for spaces and pixels for sizes; texts are CSS lengths. */
export function length(value: unknown, unit: "space" | "size" = "size"): string | undefined {
  if (typeof value === "number") return `${unit === "space" ? value * UNIT : value}px`;
  return typeof value === "string" && /^[\w.%() +*/,-]+$/.test(value) && !/url|image/i.test(value) ? value : undefined;
}

/** A colour by a token's name, a shade such as "blue-500", CSS's own words, or one of each for light and dark. */
export function colour(value: unknown, scheme: Scheme): string | undefined {
  const wanted = typeof value === "object" && value !== null ? (value as Record<Scheme, unknown>)[scheme] : value;
  if (typeof wanted !== "string") return undefined;
  if (Object.hasOwn(NAMED, wanted)) return NAMED[wanted];
  const [, hue, shade] = /^([a-z]+)(?:-(\d{1,4}))?$/.exec(wanted) ?? [];
  if (hue !== undefined && Object.hasOwn(HUES, hue)) return shadeOf(hue, Number(shade ?? 500));
  return CSS.supports("color", wanted) ? wanted : undefined;
}

function shadeOf(hue: string, shade: number): string {
  const light = Math.max(8, Math.min(98, 100 - shade / 10.5));
  return `hsl(${HUES[hue]} ${hue === "gray" ? 8 : 70}% ${light.toFixed(0)}%)`;
}

/** Spaces of four sides, or of one value for all. */
export function spacing(name: "padding" | "margin", value: unknown): StyleInfo {
  if (typeof value !== "object" || value === null) return defined({ [name]: length(value, "space") });
  const sides = value as Record<string, unknown>;
  const side = (of: string, axis: string): string | undefined => length(sides[of] ?? sides[axis], "space");
  return defined({
    [`${name}-top`]: side("top", "y"),
    [`${name}-bottom`]: side("bottom", "y"),
    [`${name}-inline-start`]: side("left", "x"),
    [`${name}-inline-end`]: side("right", "x"),
  });
}

/** Border of a box. */
export function borders(value: unknown, scheme: Scheme): StyleInfo {
  if (typeof value === "number") return defined({ border: border(value, scheme) });
  if (typeof value !== "object" || value === null) return {};
  if ("size" in value) return defined({ border: border(value, scheme) });
  const sides = value as Record<string, unknown>;
  return defined({
    "border-top": border(sides["top"] ?? sides["y"], scheme),
    "border-bottom": border(sides["bottom"] ?? sides["y"], scheme),
    "border-inline-start": border(sides["left"] ?? sides["x"], scheme),
    "border-inline-end": border(sides["right"] ?? sides["x"], scheme),
  });
}

const BORDER_STYLES = new Set(["solid", "dashed", "dotted", "double", "groove", "ridge", "inset", "outset"]);

function border(value: unknown, scheme: Scheme): string | undefined {
  if (value === undefined || value === null) return undefined;
  const { size, color, style } = typeof value === "number" ? { size: value } as Record<string, unknown> : (value as Record<string, unknown>);
  const line = typeof style === "string" && BORDER_STYLES.has(style) ? style : "solid";
  return `${Number(size) || 0}px ${line} ${colour(color, scheme) ?? "var(--ck-line)"}`;
}

/** Height, width, radius and margin. */
export function block(node: Node): StyleInfo {
  return {
    ...defined({
      height: length(node["height"] ?? node["size"]),
      width: length(node["width"] ?? node["size"]),
      "min-height": length(node["minHeight"] ?? node["minSize"]),
      "min-width": length(node["minWidth"] ?? node["minSize"]),
      "max-height": length(node["maxHeight"] ?? node["maxSize"]),
      "max-width": length(node["maxWidth"] ?? node["maxSize"]),
      "aspect-ratio": ratio(node["aspectRatio"]),
      "border-radius": typeof node["radius"] === "string" ? RADII[node["radius"]] : undefined,
      flex: typeof node["flex"] === "number" ? String(node["flex"]) : length(node["flex"]),
    }),
    ...spacing("margin", node["margin"]),
  };
}

/** Box, with the layout of its children. */
export function flexbox(node: Node, direction: "row" | "column", scheme: Scheme): StyleInfo {
  return {
    ...block(node),
    ...spacing("padding", node["padding"]),
    ...borders(node["border"], scheme),
    ...defined({
      "flex-direction": direction,
      "align-items": aligned(node["align"]) ?? (direction === "row" ? "center" : undefined),
      "justify-content": aligned(node["justify"]),
      "flex-wrap": typeof node["wrap"] === "string" && /^(no)?wrap(-reverse)?$/.test(node["wrap"]) ? node["wrap"] : undefined,
      gap: length(node["gap"], "space"),
      "background-color": colour(node["background"], scheme),
    }),
  };
}

export function aligned(value: unknown): string | undefined {
  return typeof value === "string" && Object.hasOwn(ALIGN, value) ? ALIGN[value] : undefined;
}

/** Return the entries that have a value. */
export function defined(styles: Record<string, string | undefined>): StyleInfo {
  return Object.fromEntries(Object.entries(styles).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function ratio(value: unknown): string | undefined {
  return /^[\d.]+(?:\s*\/\s*[\d.]+)?$/.test(String(value)) ? String(value) : undefined;
}
