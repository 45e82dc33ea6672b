/** Which language the element speaks: the page's choice, else the browser's, else English. */

import { ar } from "./ar";
import { de } from "./de";
import { en, type Words } from "./en";
import { es } from "./es";
import { fr } from "./fr";
import { ja } from "./ja";

const LANGUAGES: Record<string, Words> = { ar, de, en, es, fr, ja };
const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);

export interface Locale {
  tag: string;
  direction: "ltr" | "rtl";
  words: Words;
}

export function locale(wanted: string | undefined): Locale {
  const tag = wanted ?? navigator.language ?? "en";
  const language = tag.split("-")[0]?.toLowerCase() ?? "en";
  const words = LANGUAGES[language];
  return {
    tag: words ? tag : "en",
    direction: RIGHT_TO_LEFT.has(language) && words ? "rtl" : "ltr",
    words: words ?? en,
  };
}
