import { afterEach, describe, expect, it, vi } from "vitest";

import type { Client } from "../src/protocol/client";
import { Live } from "../src/protocol/live";

const EVENT = 'data: {"type":"progress_update","text":"…"}\n\n';

function live(...answers: Response[]): { live: Live; asked: () => number; last: () => string } {
  const fetch = vi.fn(async (_: string) => answers.shift() as Response);
  return {
    live: new Live({ fetch } as unknown as Client, new URL("http://host/")),
    asked: () => fetch.mock.calls.length,
    last: () => fetch.mock.lastCall?.[0] ?? "",
  };
}

async function all(turn: AsyncGenerator<unknown>): Promise<unknown[]> {
  const events = [];
  for await (const event of turn) events.push(event);
  return events;
}

afterEach(() => vi.useRealTimers());

describe("a thread's running turn", () => {
  it("is asked for again when the server is too busy to say", async () => {
    vi.useFakeTimers();
    const busy = new Response(null, { status: 429, headers: { "retry-after": "2" } });
    const { live: page, asked } = live(busy, new Response(null, { status: 503 }), new Response(EVENT));
    const events = all(page.turn("thr_1", new AbortController().signal));
    await vi.runAllTimersAsync();
    expect(await events).toHaveLength(1);
    expect(asked()).toBe(3);
  });

  it("goes on where it was when its replica is replaced", async () => {
    const headers = { "x-turn-id": "turn_1" };
    const answers = [new Response(EVENT + EVENT, { headers }), new Response(EVENT, { headers }), new Response(null, { status: 204 })];
    const { live: page, asked, last } = live(...answers);
    expect(await all(page.turn("thr_1", new AbortController().signal))).toHaveLength(3);
    expect(asked()).toBe(3);
    expect(last()).toMatch(/\?after=3&turn=turn_1$/);
  });

  it("is none where the server knows of none", async () => {
    for (const status of [204, 404]) {
      const { live: page, asked } = live(new Response(null, { status }));
      expect(await all(page.turn("thr_1", new AbortController().signal))).toEqual([]);
      expect(asked()).toBe(1);
    }
  });

  it("stops with the server's words when its login has ended, and can be joined again", async () => {
    const headers = { "x-turn-id": "turn_1" };
    const refusal = new Response('{"message":"Please log in again."}', { status: 401 });
    const { live: page, asked } = live(new Response(EVENT, { headers }), refusal, new Response(EVENT), new Response(null, { status: 204 }));
    const events: unknown[] = [];
    const reading = (async () => {
      for await (const event of page.turn("thr_1", new AbortController().signal)) events.push(event);
    })();
    await expect(reading).rejects.toMatchObject({ message: "Please log in again.", status: 401 });
    expect(events).toHaveLength(1);
    expect(asked()).toBe(2);
    expect(await all(page.turn("thr_1", new AbortController().signal))).toHaveLength(1);
  });

  it("is given up when the server stays busy", async () => {
    vi.useFakeTimers();
    const { live: page, asked } = live(...Array.from({ length: 9 }, () => new Response(null, { status: 500 })));
    const events = all(page.turn("thr_1", new AbortController().signal));
    await vi.runAllTimersAsync();
    expect(await events).toEqual([]);
    expect(asked()).toBe(4);
  });
});

describe("the changes of a user", () => {
  it("are asked for again when the server wants to be asked, and not before", async () => {
    vi.useFakeTimers();
    const later = (status: number, seconds: string) => new Response(null, { status, headers: { "retry-after": seconds } });
    const change = new Response('data: {"type":"thread.updated"}\n\n');
    const { live: page, asked } = live(later(429, "7"), later(503, "45"), new Response(null, { status: 503 }), change);
    const gone = new AbortController();
    const next = page.changes(gone.signal).next();
    await vi.advanceTimersByTimeAsync(6_900);
    expect(asked()).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked()).toBe(2);
    await vi.advanceTimersByTimeAsync(44_800);
    expect(asked()).toBe(2);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked()).toBe(3);
    await vi.runAllTimersAsync();
    expect(await next).toMatchObject({ value: { type: "thread.updated" } });
    gone.abort();
  });

  it("are not waited for any longer than they are wanted", async () => {
    vi.useFakeTimers();
    const { live: page, asked } = live(new Response(null, { status: 503, headers: { "retry-after": "3600" } }));
    const gone = new AbortController();
    const next = page.changes(gone.signal).next();
    await vi.advanceTimersByTimeAsync(10);
    gone.abort();
    expect(await next).toMatchObject({ done: true });
    expect(asked()).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
