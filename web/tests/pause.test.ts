import { describe, expect, it } from "vitest";

import { retryAfter } from "../src/protocol/pause";

describe("Retry-After", () => {
  const wait = (value?: string) => retryAfter(new Response(null, value === undefined ? {} : { headers: { "retry-after": value } }));

  it("is read in seconds and as a date, and is bounded", () => {
    expect(wait("2")).toBe(2_000);
    expect(wait(new Date(Date.now() + 20_000).toUTCString())).toBeGreaterThan(15_000);
    expect(wait(new Date(0).toUTCString())).toBe(0);
    expect(wait("99999999999")).toBe(3_600_000);
  });

  it("is nothing where it is missing or no time", () => {
    for (const value of [undefined, "", "soon", "-5"]) expect(wait(value)).toBe(0);
  });
});
