import { expect, test, vi } from "vitest";

vi.stubGlobal("navigator", { language: "pt-BR" });
const { locale } = await import("../src/locale");
const { en } = await import("../src/locale/en");

const LANGUAGES = ["ar", "de-DE", "en", "es-419", "fr-CA", "ja-JP"];

test.each(LANGUAGES)("%s is spoken in all its words", (tag) => {
  const { words, tag: spoken } = locale(tag);
  expect(spoken).toBe(tag);
  expect(Object.keys(words).sort()).toEqual(Object.keys(en).sort());
  for (const [key, word] of Object.entries(words)) {
    expect(word.trim(), key).not.toBe("");
    expect(word.includes("{n}"), key).toBe(en[key as keyof typeof en].includes("{n}"));
  }
});

test("another language falls back to English, from left to right", () => {
  expect(locale("he")).toEqual({ tag: "en", direction: "ltr", words: en });
  expect(locale(undefined).tag).toBe("en");
  expect(locale("ar").direction).toBe("rtl");
});
