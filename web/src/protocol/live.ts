/** What this server offers beyond ChatKit's protocol: to rejoin a turn, to stop it, and to hear of changes elsewhere. */

import { type Client, ConnectionError, checked, events } from "./client";
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
  /** `root` is where the server's other routes begin. */
  constructor(
    private readonly client: Client,
    private readonly root: URL,
  ) {}

  /**
   * The events of the thread's running turn from its first one on, up to its end; nothing when none runs. Raises
   * RequestError when the login has ended meanwhile: the turn goes on, and can be joined again with a new one.
   */
  async *turn(threadId: string, signal: AbortSignal): AsyncGenerator<ThreadEvent> {
    const stream = `api/threads/${encodeURIComponent(threadId)}/stream`;
    let response = await this.asked(this.address(`${stream}?after=0&running=true`), signal);
    for (let told = 0; response.ok && response.status !== 204; ) {
      for await (const event of events(response)) {
        told += 1;
        yield event;
        if (event.type === "error") return;
      }
      const turn = response.headers.get("x-turn-id");
      if (!turn) return;
      // The stream also ends when its replica is replaced; that there is no more only the next answer says.
      response = await this.asked(this.address(`${stream}?after=${told}&turn=${encodeURIComponent(turn)}`), signal);
    }
  }

  /** End the thread's running turn; what was said stays. False when the server could not be asked. */
  async stop(threadId: string): Promise<boolean> {
    const address = this.address(`api/threads/${encodeURIComponent(threadId)}/stop`);
    const response = await this.client.fetch(address, { method: "POST" }).catch(() => null);
    return response?.ok ?? false;
  }

  /**
   * Changes of the user's threads wherever they were made, until `signal`. When the line breaks it is joined again; what
   * was missed meanwhile is told as one change of the type "resync".
   */
  async *changes(signal: AbortSignal): AsyncGenerator<Change> {
    let wait = FIRST_WAIT_MS;
    let isFirst = true;
    while (!signal.aborted) {
      try {
        const response = await this.client.fetch(this.address("api/events"), { signal });
        if (response.status === 404) return;
        if (!response.ok || !response.body) throw new ConnectionError(response.status);
        wait = FIRST_WAIT_MS;
        if (!isFirst) yield { type: "resync" };
        isFirst = false;
        for await (const { data } of parseEvents(response.body)) yield JSON.parse(data) as Change;
      } catch {
        if (signal.aborted) return;
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }

  /** The answer to a question that the server may be too busy for just now: that is no answer, and is asked again. */
  private async asked(address: string, signal: AbortSignal): Promise<Response> {
    for (let left = BUSY_TRIES; ; left--) {
      const response = await this.client.fetch(address, { signal });
      if (response.status === LOGIN_ENDED) return checked(response);
      if (left === 0 || (response.status !== 429 && response.status < 500)) return response;
      const seconds = Number(response.headers.get("retry-after") ?? 1);
      await new Promise((resolve) => setTimeout(resolve, Math.min((seconds || 1) * 1_000, LONGEST_WAIT_MS)));
      signal.throwIfAborted();
    }
  }

  private address(path: string): string {
    return new URL(path, this.root).href;
  }
}
