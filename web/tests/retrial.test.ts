import { expect, test } from "vitest";
import type { Client } from "../src/protocol/client";
import { RequestError } from "../src/protocol/client";
import type { ThreadEvent, ThreadItem } from "../src/protocol/types";
import { Conversation } from "../src/state/conversation";
import { isGrave, retrialOf } from "../src/state/retrial";
import { EMPTY } from "../src/state/thread";

const BASE = { thread_id: "thr_1", created_at: "2026-01-01T00:00:00Z" };
const user = (id: string): ThreadItem => ({ ...BASE, id, type: "user_message", content: [{ type: "input_text", text: id }] });
const said = (id: string): ThreadItem => ({
  ...BASE, id, type: "assistant_message", content: [{ type: "output_text", text: id, annotations: [] }],
});
const worked = (id: string, changes?: string[]): ThreadItem => ({
  ...BASE, id, type: "workflow", workflow: { type: "custom", tasks: [] }, ...(changes ? { changes } : {}),
});
const THREAD = [user("u1"), worked("w1", ["Adding a task: tea"]), said("a1"), user("u2"), worked("w2"), said("a2")];

test("the last answer is answered again without a question, unless it has changed something", () => {
  const last = retrialOf(THREAD, "a2");
  expect(last).toMatchObject({ asked: "u2", later: 0, changes: [], through: "a2" });
  expect(isGrave(last!)).toBe(false);
  const changing = retrialOf(THREAD.slice(0, 3));
  expect(changing).toMatchObject({ asked: "u1", later: 0, changes: ["Adding a task: tea"], through: "a1" });
  expect(isGrave(changing!)).toBe(true);
});

test("an earlier answer takes the later ones along, and says so", () => {
  expect(retrialOf(THREAD, "a1")).toMatchObject({ asked: "u1", later: 1, kept: [user("u1")], through: "a2" });
  expect(retrialOf(THREAD, "none")).toBeNull();
  expect(retrialOf([said("a")])).toBeNull();
});

type Answers = Record<string, unknown>;

/** A conversation over a server that answers requests from a table: events as lists, failures as errors. */
function over(answers: Answers, items: ThreadItem[]): { talk: Conversation; sent: { type: string; metadata: unknown }[] } {
  const sent: { type: string; metadata: unknown }[] = [];
  const client = {
    async call(type: string) {
      sent.push({ type, metadata: undefined });
      if (answers[type] instanceof Error) throw answers[type];
      return answers[type];
    },
    async *stream(type: string, _: object, __: AbortSignal, metadata: unknown) {
      sent.push({ type, metadata });
      if (answers[type] instanceof Error) throw answers[type];
      yield* answers[type] as ThreadEvent[];
    },
  } as unknown as Client;
  const host = { changed() {}, emit() {}, runTool: async () => ({}), threadsChanged() {} };
  const talk = new Conversation(client, host, null);
  talk.state = { ...EMPTY, thread: { id: "thr_1", created_at: BASE.created_at }, items };
  return { talk, sent };
}

test("what the reader agreed to lose is named to the server, and nothing else is", async () => {
  const { talk, sent } = over({ "threads.retry_after_item": [{ type: "thread.item.done", item: said("a3") }] }, THREAD);
  await talk.retry(retrialOf(THREAD, "a1")!);
  expect(sent).toEqual([{ type: "threads.retry_after_item", metadata: { anyport: { confirm_removal: "a2" } } }]);
  expect(talk.state.items).toEqual([user("u1"), said("a3")]);
  await talk.retry(retrialOf(talk.state.items)!);
  expect(sent[1]?.metadata).toBeUndefined();
});

test("a refused retry takes nothing off the page", async () => {
  const now = { ...BASE, id: "thr_1", items: { data: [], has_more: false } };
  const page = { data: [...THREAD, user("u3")].reverse(), has_more: false };
  const refused = new RequestError("Confirm it.", 409);
  const { talk } = over({ "threads.retry_after_item": refused, "threads.get_by_id": now, "items.list": page }, THREAD);
  await talk.retry(retrialOf(THREAD, "a1")!);
  expect(talk.state.items).toEqual([...THREAD, user("u3")]);
  expect(talk.state.failure).toMatchObject({ message: "Confirm it.", canRetry: false });
});

for (const [how, ends] of Object.entries({
  "without a word": [{ type: "thread.item.added", item: said("a3") }],
  "before its first word": [],
})) {
  test(`a thread that is deleted while it is answered offers nothing any more: it ends ${how}`, async () => {
    const missing = new RequestError("Thread thr_1 not found", 404);
    const first: ThreadEvent = { type: "stream_options", stream_options: { allow_cancel: true } };
    const { talk, sent } = over({ "threads.retry_after_item": [first, ...ends], "threads.get_by_id": missing }, THREAD);
    await talk.retry(retrialOf(THREAD)!);
    expect(talk.state).toMatchObject({ isGone: true, failure: null });
    expect(talk.isBusy).toBe(false);
    const asked = sent.length;
    await talk.retry(retrialOf(THREAD)!);
    await talk.refresh();
    expect(sent.length).toBe(asked);
  });
}

test("a change that says so ends the answer too", () => {
  const { talk } = over({}, THREAD);
  talk.state = { ...talk.state, failure: { message: "It broke.", isOffline: false, canRetry: true } };
  talk.lose();
  expect(talk.state).toMatchObject({ isGone: true, failure: null, canStop: false });
});
