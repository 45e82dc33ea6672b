import { expect, test } from "vitest";
import { parseEvents, type ServerSentEvent } from "../src/protocol/sse";

async function parsed(...chunks: string[]): Promise<ServerSentEvent[]> {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
      controller.close();
    },
  });
  return collect(parseEvents(body));
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

const STREAM = ": ping\r\n\r\nid: 1\r\ndata: {\"a\":\r\ndata: \"ö\"}\r\n\r\nevent: x\ndata:two\n\ndata: cut off";

test("events come whole, comments and a cut end do not", async () => {
  expect(await parsed(STREAM)).toEqual([
    { id: "1", data: '{"a":\n"ö"}' },
    { id: null, data: "two" },
  ]);
});

test("where a chunk ends makes no difference", async () => {
  const whole = await parsed(STREAM);
  for (let cut = 1; cut < STREAM.length; cut++) {
    expect(await parsed(STREAM.slice(0, cut), STREAM.slice(cut))).toEqual(whole);
  }
});

test("a character that is cut in two is put together", async () => {
  const bytes = new TextEncoder().encode("data: ö\n\n");
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  expect(await collect(parseEvents(body))).toEqual([{ id: null, data: "ö" }]);
});
