import { expect, test, vi } from "vitest";
import { borders, colour, length, spacing } from "../src/widgets/values";
import { RowHeights } from "../src/views/virtual";
import { refusal } from "../src/views/file_rules";
import { en } from "../src/locale/en";

vi.stubGlobal("CSS", { supports: (_: string, value: string) => value === "rebeccapurple" });

test("no value of a widget can load anything or leave its property", () => {
  for (const value of ["url(https://evil.example/x)", "1px; background: red", "image-set('x')", "expression(1)", {}]) {
    expect(colour(value, "light"), String(value)).toBeUndefined();
    if (value !== "expression(1)") expect(length(value), String(value)).toBeUndefined();
  }
});

test("names, shades and pairs of colours are understood", () => {
  expect(colour("danger", "light")).toBe("var(--ck-danger)");
  expect(colour("blue-500", "dark")).toMatch(/^hsl\(214/);
  expect(colour({ light: "rebeccapurple", dark: "white" }, "dark")).toBe("#fff");
  expect(colour("constructor", "light")).toBeUndefined();
});

test("spaces are steps of four pixels and follow the writing's direction", () => {
  expect(spacing("padding", 3)).toEqual({ padding: "12px" });
  expect(spacing("margin", { x: 2, left: 1 })).toEqual({ "margin-inline-start": "4px", "margin-inline-end": "8px" });
  expect(borders({ size: 2, style: "dashed" }, "light")).toEqual({ border: "2px dashed var(--ck-line)" });
});

test("of a long list only what is near the screen is drawn, and nothing of its height is lost", () => {
  const heights = new RowHeights();
  const ids = Array.from({ length: 10_000 }, (_, index) => `i${index}`);
  for (const id of ids) heights.measured(id, 100);
  for (const top of [0, 500_000, 999_200]) {
    const { start, end, before, after } = heights.range(ids, top, 800);
    expect(end - start).toBeLessThan(40);
    expect(before + (end - start) * 100 + after).toBe(1_000_000);
    expect(before).toBeLessThanOrEqual(top);
  }
});

test("files beyond the page's rules are refused, and why is said", () => {
  const file = (type: string, size: number): File => ({ name: "x.bin", type, size }) as File;
  const rules = { enabled: true, maxSize: { "image/*": 10, "*": 5 }, maxCount: 2, accept: { "image/*": [], "text/plain": [".txt"] } };
  expect(refusal(file("image/png", 10), rules, 0, en)).toBeNull();
  expect(refusal(file("image/png", 11), rules, 0, en)).toBe(en.tooLarge);
  expect(refusal(file("text/plain", 6), rules, 0, en)).toBe(en.tooLarge);
  expect(refusal(file("text/html", 1), rules, 0, en)).toBe(en.wrongType);
  expect(refusal(file("image/png", 1), rules, 2, en)).toBe(en.tooMany);
});
