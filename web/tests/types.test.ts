/** The public types of @openai/chatkit name what the element must have; what it lacks is listed here. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const TYPES = readFileSync(new URL("../node_modules/@openai/chatkit/types/index.d.ts", import.meta.url), "utf8");
const WIDGETS = readFileSync(new URL("../node_modules/@openai/chatkit/types/widgets.d.ts", import.meta.url), "utf8");
const sources = import.meta.glob("../src/**/*.ts", { query: "?raw", import: "default", eager: true });
const SOURCE = Object.values(sources).join("\n");

/** Named in the types and left out here, each for a reason. */
const GAPS = new Set([
  // Nobody outside is asked whether a page may use the element.
  "CustomApiConfig.domainKey",
  // The name of a parameter rather than of an option.
  "WidgetsOption.widgetItem",
  // A mention is shown without a preview.
  "EntitiesOption.onRequestPreview",
]);

function names(type: string, pattern: RegExp): string[] {
  const start = TYPES.search(new RegExp(`export (?:type|interface) ${type}\\b`));
  const body = TYPES.slice(start, TYPES.indexOf("\n}", start));
  return [...body.matchAll(pattern)].map((match) => match[1] ?? "");
}

test.each(
  ["ChatKitOptions", "HeaderOption", "HistoryOption", "StartScreenOption", "WidgetsOption", "EntitiesOption", "CommandsOption",
    "DisclaimerOption", "ThreadItemActionsOption", "ThreadOption", "ComposerOption", "ToolOption", "ThemeOption",
    "TypographyOption", "ColorOption", "FontObject", "ModelOption", "CustomApiConfig"],
)("every option of %s is read somewhere", (type) => {
  const found = names(type, /^ {2,4}(\w+)\??:/gm);
  expect(found.length).toBeGreaterThan(0);
  const missing = found.filter((name) => !new RegExp(`\\b${name}\\b`).test(SOURCE));
  expect(missing.filter((name) => !GAPS.has(`${type}.${name}`))).toEqual([]);
});

test("the element has every method", () => {
  const element = String(sources["../src/element.ts"]);
  const methods = names("OpenAIChatKit", /^ {2}(\w+)\(/gm).filter((name) => !name.endsWith("EventListener"));
  expect(methods).toContain("sendUserMessage");
  expect(methods.filter((name) => !element.includes(`  async ${name}(`) && !element.includes(`  ${name}(`))).toEqual([]);
});

test("every event is told", () => {
  const events = names("ChatKitEvents", /^ {2}'chatkit\.([\w.]+)'/gm);
  expect(events).toContain("thread.load.end");
  expect(events.filter((name) => !SOURCE.includes(`emit("${name}"`))).toEqual([]);
});

test("every component of a widget is drawn", () => {
  const components = [...WIDGETS.matchAll(/^ {2}type: '([\w.]+)'/gm)].map((match) => match[1] ?? "");
  const drawn = String(sources["../src/widgets/index.ts"]);
  expect(components.length).toBeGreaterThan(25);
  // Rows and cells are drawn by their table.
  const missing = components.filter((name) => !name.includes(".") && !new RegExp(`^ {2}${name}:`, "m").test(drawn));
  expect(missing).toEqual([]);
});
