/** Server-sent events of a response body (https://html.spec.whatwg.org/multipage/server-sent-events.html). */

export interface ServerSentEvent {
  /** Number of the event, if the server numbers its events. */
  id: string | null;
  data: string;
}

const LINE_END = /\r\n|\n|\r/;

/** The events of a stream in order, without comments and without an event that the end of the stream truncated. */
export async function* parseEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let id: string | null = null;
  let data: string[] = [];
  for await (const line of lines(body)) {
    if (line === "") {
      if (data.length) yield { id, data: data.join("\n") };
      id = null;
      data = [];
      continue;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "id") id = value;
  }
}

async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      // A carriage return at the end may be the first half of a line end.
      const held = !done && rest.endsWith("\r") ? 1 : 0;
      const parts = rest.slice(0, rest.length - held).split(LINE_END);
      rest = (parts.pop() ?? "") + (held ? "\r" : "");
      yield* parts;
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
