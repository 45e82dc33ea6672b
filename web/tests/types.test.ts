/** The public types of @openai/chatkit name what the element must have; what it lacks is listed here. */

import { readFileSync } from "node:fs";
import type { OpenAIChatKit } from "@openai/chatkit";
import { expect, expectTypeOf, test } from "vitest";
import type { ChatKitElement } from "../src/element";

const TYPES = readFileSync(new URL("../node_modules/@openai/chatkit/types/index.d.ts", import.meta.url), "utf8");
const WIDGETS = readFileSync(new URL("../node_modules/@openai/chatkit/types/widgets.d.ts", import.meta.url), "utf8");
const sources = import.meta.glob("../src/**/*.ts", { query: "?raw", import: "default", eager: true });
const SOURCE = Object.values(sources).map(String).map(withoutComments).join("\n");

/** Named in the types and left out here, each for a reason. */
const GAPS = new Set([
  // No other server decides whether a page may use the element.
  "CustomApiConfig.domainKey",
  // The name of a parameter rather than of an option.
  "WidgetsOption.widgetItem",
]);

/** Every exported type that is an object the page hands over; unions of names and the element itself are tested below. */
const OBJECTS = [...TYPES.matchAll(/^export type (\w+) = \{$/gm)]
  .map((match) => match[1] ?? "")
  // The other side's hosting is refused, and events have their own test.
  .filter((name) => name !== "HostedApiConfig" && name !== "ChatKitEvents");

function withoutComments(source: string): string {
  return source.replace(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*/gm, "");
}

function names(type: string, pattern: RegExp): string[] {
  const start = TYPES.search(new RegExp(`export (?:type|interface) ${type}\\b`));
  const body = TYPES.slice(start, TYPES.indexOf("\n}", start));
  return [...body.matchAll(pattern)].map((match) => match[1] ?? "");
}

test("the types that are looked at are those there are", () => {
  expect(OBJECTS).toEqual(expect.arrayContaining(["ChatKitOptions", "EntitiesOption", "Entity", "Command", "ToolOption", "FontObject"]));
  expect(OBJECTS.length).toBeGreaterThan(20);
});

test.each(OBJECTS)("every option of %s is read somewhere", (type) => {
  const found = names(type, /^ {2,6}(\w+)\??:/gm);
  expect(found.length).toBeGreaterThan(0);
  const missing = found.filter((name) => !new RegExp(`\\b${name}\\b`).test(SOURCE));
  expect(missing.filter((name) => !GAPS.has(`${type}.${name}`))).toEqual([]);
});

test("a gap that is listed is one", () => {
  for (const gap of GAPS) {
    const [type = "", name = ""] = gap.split(".");
    expect(names(type, /^ {2,6}(\w+)\??:/gm), gap).toContain(name);
    expect(new RegExp(`\\b${name}\\b`).test(SOURCE), gap).toBe(false);
  }
});

test("the element has every method, with the parameters of the types", () => {
  type Methods = Omit<OpenAIChatKit, keyof HTMLElement>;
  expectTypeOf<Pick<ChatKitElement, keyof Methods>>().toExtend<Methods>();
  const element = String(sources["../src/element.ts"]);
  const methods = names("OpenAIChatKit", /^ {2}(\w+)\(/gm).filter((name) => !name.endsWith("EventListener"));
  expect(methods).toContain("sendUserMessage");
  expect(methods.filter((name) => !element.includes(`  async ${name}(`) && !element.includes(`  ${name}(`))).toEqual([]);
});

test("every parameter of the methods is read", () => {
  const parameters = names("OpenAIChatKit", /^ {4}(\w+)\??:/gm);
  expect(parameters).toEqual(expect.arrayContaining(["toolChoice", "selectedModelId", "newThread"]));
  const element = String(sources["../src/element.ts"]);
  // The listeners' are the browser's own business.
  const own = parameters.filter((name) => !["type", "listener", "options"].includes(name));
  expect(own.filter((name) => !new RegExp(`\\b${name}\\b`).test(element))).toEqual([]);
});

test("every declared event is emitted, and no other", () => {
  const events = names("ChatKitEvents", /^ {2}'chatkit\.([\w.]+)'/gm);
  expect(events).toContain("thread.load.end");
  const emitted = [...SOURCE.matchAll(/\bemit\("([\w.]+)"/g)].map((match) => match[1] ?? "");
  expect([...new Set(emitted)].sort()).toEqual([...events].sort());
});

test("every component of a widget is drawn", () => {
  const components = [...WIDGETS.matchAll(/^ {2}type: '([\w.]+)'/gm)].map((match) => match[1] ?? "");
  const drawn = String(sources["../src/widgets/index.ts"]);
  expect(components.length).toBeGreaterThan(25);
  // Rows and cells are drawn by their table.
  const missing = components.filter((name) => !name.includes(".") && !new RegExp(`^ {2}${name}:`, "m").test(drawn));
  expect(missing).toEqual([]);
});
