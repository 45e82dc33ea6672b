/** The page's theme as values of our style sheet's variables. */

import type { ChatKitOptions, ThemeOption } from "@openai/chatkit";

const RADII = { pill: 22, round: 16, soft: 8, sharp: 2 };
const SPACES = { compact: 0.75, normal: 1, spacious: 1.3 };

export interface Theme {
  scheme: "light" | "dark";
  variables: Record<string, string>;
}

/** A page that names no scheme is a light one, as the types say; one that follows the reader's system says which it is. */
export function themeOf(option: ChatKitOptions["theme"]): Theme {
  const theme: ThemeOption = typeof option === "string" ? { colorScheme: option } : (option ?? {});
  const scheme = theme.colorScheme ?? "light";
  return { scheme, variables: { ...shape(theme), ...colours(theme, scheme === "dark") } };
}

function shape({ typography, radius = "pill", density = "normal" }: ThemeOption): Record<string, string> {
  return {
    "--ck-size": `${typography?.baseSize ?? 16}px`,
    "--ck-radius": `${RADII[radius]}px`,
    "--ck-space": String(SPACES[density]),
    ...(typography?.fontFamily ? { "--ck-font": typography.fontFamily } : {}),
    ...(typography?.fontFamilyMono ? { "--ck-mono": typography.fontFamilyMono } : {}),
  };
}

function colours({ color }: ThemeOption, isDark: boolean): Record<string, string> {
  const { grayscale, accent, surface } = color ?? {};
  const values: Record<string, string> = {};
  if (grayscale) {
    const tint = grayscale.tint * 1.5;
    const shade = (grayscale.shade ?? 0) * 1.5;
    const grey = (light: number, dark: number): string =>
      `hsl(${grayscale.hue} ${tint}% ${(isDark ? dark : light) - shade}%)`;
    values["--ck-ground"] = grey(99, 9);
    values["--ck-raised"] = grey(96, 14);
    values["--ck-line"] = grey(87, 24);
    values["--ck-faint"] = grey(38, 68);
    values["--ck-ink"] = grey(12, 93);
  }
  if (accent) {
    values["--ck-accent"] = accent.primary;
    values["--ck-tint"] = `color-mix(in srgb, ${accent.primary} ${8 + accent.level * 6}%, var(--ck-ground))`;
  }
  if (surface) {
    values["--ck-ground"] = surface.background;
    values["--ck-ink"] = surface.foreground;
  }
  return values;
}

/** Load the fonts a page names; families that are there already are left alone. */
export function loadFonts(option: ChatKitOptions["theme"]): void {
  if (typeof option !== "object") return;
  for (const font of option.typography?.fontSources ?? []) {
    if ([...document.fonts].some(({ family }) => family === font.family)) continue;
    const { family, src, weight, style, display, unicodeRange } = font;
    const face = new FontFace(family, `url(${JSON.stringify(src)})`, {
      ...(weight ? { weight: String(weight) } : {}),
      ...(style ? { style } : {}),
      ...(display ? { display } : {}),
      ...(unicodeRange ? { unicodeRange } : {}),
    });
    document.fonts.add(face);
    // A font that cannot be had leaves the next one of its list.
    face.load().catch(() => undefined);
  }
}
