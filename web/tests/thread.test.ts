import { expect, test } from "vitest";
import type { ItemUpdate, ThreadEvent, ThreadItem } from "../src/protocol/types";
import { EMPTY, applyEvent, askedBefore, type ThreadState, withEarlier, withNewest } from "../src/state/thread";

const BASE = { thread_id: "thr_1", created_at: "2026-01-01T00:00:00Z" };

function user(id: string): ThreadItem {
  return { ...BASE, id, type: "user_message", content: [{ type: "input_text", text: id }] };
}

function assistant(id: string, text = ""): ThreadItem {
  return { ...BASE, id, type: "assistant_message", content: [{ type: "output_text", text, annotations: [] }] };
}

function after(...events: ThreadEvent[]): ThreadState {
  return events.reduce(applyEvent, EMPTY);
}

function update(item_id: string, change: ItemUpdate): ThreadEvent {
  return { type: "thread.item.updated", item_id, update: change };
}

test("an answer grows by its deltas, and its end replaces it", () => {
  const delta = (text: string): ThreadEvent =>
    update("a", { type: "assistant_message.content_part.text_delta", content_index: 0, delta: text });
  const growing = after({ type: "thread.item.added", item: { ...assistant("a"), content: [] } as ThreadItem }, delta("He"), delta("llo"));
  expect(growing.items).toEqual([assistant("a", "Hello")]);
  const done = applyEvent(growing, { type: "thread.item.done", item: assistant("a", "Hello!") });
  expect(done.items).toEqual([assistant("a", "Hello!")]);
});

test("a repeated event changes nothing: a turn can be followed from its start", () => {
  const events: ThreadEvent[] = [
    { type: "thread.item.done", item: user("u") },
    { type: "thread.item.added", item: assistant("a") },
    update("a", { type: "assistant_message.content_part.text_delta", content_index: 0, delta: "Hi" }),
  ];
  expect(after(...events, ...events)).toEqual(after(...events));
});

test("what an event does not name keeps its identity", () => {
  const before = after({ type: "thread.item.done", item: user("u") }, { type: "thread.item.added", item: assistant("a") });
  const changed = applyEvent(before, update("a", { type: "assistant_message.content_part.text_delta", content_index: 0, delta: "x" }));
  expect(changed.items[0]).toBe(before.items[0]);
  expect(changed.items[1]).not.toBe(before.items[1]);
});

test("a part of a widget is found by its id, however deep", () => {
  const widget = { type: "Card", children: [{ type: "Row", children: [{ type: "Text", id: "t", value: "a" }] }] };
  const item = { ...BASE, id: "w", type: "widget", widget } as unknown as ThreadItem;
  const state = after(
    { type: "thread.item.added", item },
    update("w", { type: "widget.streaming_text.value_delta", component_id: "t", delta: "b", done: true }),
  );
  expect(JSON.stringify(state.items[0])).toContain('"value":"ab","streaming":false');
});

test("steps of a workflow are added and changed", () => {
  const item = { ...BASE, id: "f", type: "workflow", workflow: { type: "custom", tasks: [] } } as ThreadItem;
  const state = after(
    { type: "thread.item.added", item },
    update("f", { type: "workflow.task.added", task_index: 0, task: { type: "custom", title: "one" } }),
    update("f", { type: "workflow.task.updated", task_index: 0, task: { type: "custom", title: "two" } }),
  );
  expect(state.items[0]).toMatchObject({ workflow: { tasks: [{ title: "two" }] } });
});

test("notices, progress, errors and options are kept until the next turn", () => {
  const state = after(
    { type: "stream_options", stream_options: { allow_cancel: true } },
    { type: "progress_update", text: "Looking" },
    { type: "notice", level: "info", message: "Hm" },
    { type: "error", message: "No", allow_retry: true },
  );
  expect(state).toMatchObject({
    canStop: true,
    progress: { text: "Looking" },
    notices: [{ message: "Hm" }],
    failure: { message: "No", canRetry: true },
  });
});

test("pages are put together without doubles", () => {
  const newest = withEarlier(EMPTY, [user("3"), user("2")]);
  expect(withEarlier(newest, [user("2"), user("1")]).items.map(({ id }) => id)).toEqual(["1", "2", "3"]);
  const all = withEarlier(newest, [user("1")]);
  expect(withNewest(all, [user("4"), user("3")], true).items.map(({ id }) => id)).toEqual(["1", "2", "3", "4"]);
  expect(withNewest(all, [user("2")], false).items.map(({ id }) => id)).toEqual(["2"]);
});

test("what was asked before an answer is what is asked again", () => {
  const items = [user("u1"), assistant("a1"), user("u2"), assistant("a2")];
  expect(askedBefore(items, "a1")).toBe("u1");
  expect(askedBefore(items)).toBe("u2");
  expect(askedBefore([])).toBeNull();
});

test("an image is drawn unfinished first, and its end replaces it; a failed one is removed", () => {
  const drawing = { ...BASE, id: "g", type: "generated_image", image: null } as ThreadItem;
  const half = { type: "generated_image.updated", image: { id: "p", url: "/p" }, progress: 0.25 } as ItemUpdate;
  const state = after({ type: "thread.item.added", item: drawing }, update("g", half));
  expect(state.items[0]).toMatchObject({ image: { url: "/p" }, progress: 0.25 });
  const whole = { ...drawing, image: { id: "g", url: "/g" } } as ThreadItem;
  expect(applyEvent(state, { type: "thread.item.done", item: whole }).items).toEqual([whole]);
  expect(applyEvent(state, { type: "thread.item.removed", item_id: "g" }).items).toEqual([]);
});

test("citations are added to the part that they belong to, and stay when the part ends", () => {
  const cited = { type: "annotation" as const, source: { type: "url" as const, url: "https://a", title: "A" }, index: 2 };
  const done = { type: "output_text" as const, text: "Hi", annotations: [cited] };
  const state = after(
    { type: "thread.item.added", item: assistant("a", "Hi") },
    update("a", {
      type: "assistant_message.content_part.annotation_added",
      content_index: 0,
      annotation_index: 0,
      annotation: cited,
    }),
    update("a", { type: "assistant_message.content_part.done", content_index: 0, content: done }),
  );
  expect(state.items).toEqual([{ ...assistant("a"), content: [done] }]);
});
