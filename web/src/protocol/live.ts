/** Routes beyond ChatKit's protocol: follow a running turn, stop it, and subscribe to changes made elsewhere. */

import { type Client, ConnectionError, checked, events } from "./client";
import { pause, retryAfter } from "./pause";
import { parseEvents } from "./sse";
import type { ThreadEvent } from "./types";

export interface Change {
  type: string;
  thread_id?: string;
  item_id?: string;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const BUSY_TRIES = 3;
export const LOGIN_ENDED = 401;

export class Live {
  /** `root` is the address below which the server's other routes are. */
  constructor(
    private readonly client: Client,
    private readonly root: URL,
  ) {}

  /**
   * The events of the thread's running turn, from the first to the last; none when no turn runs. Raises RequestError
   * when the login has ended: the turn goes on, and can be followed again with a new login.
   */
  async *turn(threadId: string, signal: AbortSignal): AsyncGenerator<ThreadEvent> {
    const stream = `api/threads/${encodeURIComponent(threadId)}/stream`;
    let response = await this.asked(this.address(`${stream}?after=0&running=true`), signal);
    for (let seen = 0; response.ok && response.status !== 204; ) {
      for await (const event of events(response)) {
        seen += 1;
        yield event;
        if (event.type === "error") return;
      }
      const turn = response.headers.get("x-turn-id");
      if (!turn) return;
      // The stream also ends when its replica is replaced; only the next response shows that the turn is over.
      response = await this.asked(this.address(`${stream}?after=${seen}&turn=${encodeURIComponent(turn)}`), signal);
    }
  }

  /** Stop the thread's running turn; its text so far is stored. False when the request failed. */
  async stop(threadId: string): Promise<boolean> {
    const address = this.address(`api/threads/${encodeURIComponent(threadId)}/stop`);
    const response = await this.client.fetch(address, { method: "POST" }).catch(() => null);
    return response?.ok ?? false;
  }

  /**
   * Changes of the user's threads wherever they were made, until `signal`. After a lost connection the stream is opened
   * again, with a growing backoff and never before `Retry-After`; one change "resync" stands for the missed ones.
   */
  async *changes(signal: AbortSignal): AsyncGenerator<Change> {
    let wait = FIRST_WAIT_MS;
    let isFirst = true;
    while (!signal.aborted) {
      let asked = 0;
      try {
        const response = await this.client.fetch(this.address("api/events"), { signal });
        if (response.status === 404) return;
        asked = retryAfter(response);
        if (!response.ok || !response.body) throw new ConnectionError(response.status);
        wait = FIRST_WAIT_MS;
        if (!isFirst) yield { type: "resync" };
        isFirst = false;
        for await (const { data } of parseEvents(response.body)) yield JSON.parse(data) as Change;
      } catch {
        if (signal.aborted) return;
      }
      await pause(Math.max(wait, asked), signal);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }

  /** Send a GET request, and repeat it after `Retry-After` while the server is too busy. */
  private async asked(address: string, signal: AbortSignal): Promise<Response> {
    for (let left = BUSY_TRIES; ; left--) {
      const response = await this.client.fetch(address, { signal });
      if (response.status === LOGIN_ENDED) return checked(response);
      if (left === 0 || (response.status !== 429 && response.status < 500)) return response;
      await pause(retryAfter(response) || FIRST_WAIT_MS, signal);
      signal.throwIfAborted();
    }
  }

  private address(path: string): string {
    return new URL(path, this.root).href;
  }
}
