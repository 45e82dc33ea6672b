import { expect, test } from "vitest";
import { Blocks } from "../src/markdown";

const TEXTS = [
  "One *two*\n\n- a\n- b\n\n  more of b\n\n1. first\n2. second\n\nHeading\n===\n\nafter\n---\nend",
  "| a | b |\n|---|---|\n| 1 | 2 |\n\ntext\n\n| not a table\n\n```python\nx = 1\n\n\ny = 2\n```\n\n~~~\nopen",
  "> quoted\nlazily\n\n> again\n\n    code\n\n    more code\n\n- [x] done\n- [ ] open\n\n\n\n# End #\n***\nlast line",
  "A [link][1] and ![picture][2].\n\nMore.\n\n- list\n\n[1]: https://a.example\n[2]: /b.png\n\n[link][1] again.\n\nEnd",
  "<b>not html</b>\n\n<div>\n\ninside\n\n</div>\n\n<!-- a\n\ncomment -->\n\n\\\\ \\* `` ` ``\n\n\n- a\n\n\n- b\n\ttab\n",
  "\n\n  \n first\r\n\r\nsecond\r\n- a\r\n\r\n  b\r\n\r\nthird [r]\r\n\r\n> [r]: https://c.example\r\n\r\n[r]",
];

test.each(TEXTS)("a text that grows by one character at a time is what it would be at once: %#", (text) => {
  const growing = new Blocks();
  for (let length = 0; length <= text.length; length++) {
    const soFar = text.slice(0, length);
    expect(growing.of(soFar), JSON.stringify(soFar)).toEqual(new Blocks().of(soFar));
  }
});

test("a text that becomes another one is read anew", () => {
  const blocks = new Blocks();
  blocks.of("# One\n\ntwo\n\nthree\n\nfour");
  expect(blocks.of("two\n\nthree")).toEqual(["<p>two</p>\n", "<p>three</p>\n"]);
});
