import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { isComposing, keepComposing, onKey } from "../src/views/keys";

type Keys = Partial<KeyboardEvent>;
const key = (of: Keys): KeyboardEvent => ({ key: "Enter", isComposing: false, keyCode: 13, ...of }) as KeyboardEvent;

const COMPOSING: Record<string, Keys> = {
  "within the composition": { isComposing: true, keyCode: 229 },
  "behind compositionend, as Safari sends it": { isComposing: false, keyCode: 229 },
  "of a browser that gives no key code": { isComposing: true, keyCode: 0 },
};

for (const [which, of] of Object.entries(COMPOSING)) {
  test(`a key that composes a word is no command: ${which}`, () => {
    for (const name of ["Enter", "Escape", "Tab", "ArrowDown", "ArrowUp", " ", "Process"]) {
      const heard: string[] = [];
      onKey((event) => heard.push(event.key))(key({ ...of, key: name }));
      expect(isComposing(key({ ...of, key: name }))).toBe(true);
      expect(heard).toEqual([]);
    }
  });
}

test("any other key is", () => {
  const heard: string[] = [];
  for (const name of ["Enter", "Escape"]) onKey((event) => heard.push(event.key))(key({ key: name }));
  expect(heard).toEqual(["Enter", "Escape"]);
});

test("an Enter that composes submits no form; one that does not is the browser's", () => {
  class Input {}
  Object.assign(globalThis, { HTMLInputElement: Input });
  const prevented = (of: Keys): boolean => {
    let is = false;
    keepComposing(key({ ...of, target: new Input() as HTMLInputElement, preventDefault: () => void (is = true) }));
    return is;
  };
  expect(prevented({ keyCode: 229 })).toBe(true);
  expect(prevented({ keyCode: 229, key: "a" })).toBe(false);
  expect(prevented({})).toBe(false);
});

test("every handler of keys is spared keys that compose", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const bare = files.filter((name) => /@key(down|up|press)=\$\{\s*(\(|async)/.test(readFileSync(`src/${name}`, "utf8")));
  expect(bare).toEqual([]);
});
