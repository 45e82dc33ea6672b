/** Talks ChatKit's protocol: one address, `{type, params}` in, JSON or server-sent events out. */

import type { CustomApiConfig } from "@openai/chatkit";
import { parseEvents } from "./sse";
import type { Attachment, ThreadEvent } from "./types";

/** The server said no; `message` is its own words, for people. */
export class RequestError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
    this.name = "RequestError";
  }
}

/** The server could not be reached, or went away in the middle of an answer. */
export class ConnectionError extends Error {
  constructor(cause: unknown) {
    super("The server cannot be reached.", { cause });
    this.name = "ConnectionError";
  }
}

export class Client {
  constructor(
    readonly api: CustomApiConfig,
    private readonly locale: string,
  ) {}

  /** Ask for something that is answered at once. Raises RequestError and ConnectionError. */
  async call<Result>(type: string, params: object): Promise<Result> {
    const response = await this.post(type, params);
    return (await response.json()) as Result;
  }

  /** Ask for something that is answered in events, to their end. Raises what `call` does, and AbortError. */
  async *stream(type: string, params: object, signal: AbortSignal, metadata?: object): AsyncGenerator<ThreadEvent> {
    yield* events(await this.post(type, params, signal, metadata));
  }

  /** The host page's own fetch, where it brought one. */
  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    try {
      return await (this.api.fetch ?? fetch)(url, init);
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new ConnectionError(error);
    }
  }

  /** Bring a file to the server, in the way the page's `uploadStrategy` names. */
  async upload(file: File, signal: AbortSignal): Promise<Attachment> {
    const strategy = this.api.uploadStrategy ?? { type: "two_phase" as const };
    if (strategy.type === "direct") {
      const response = await this.fetch(strategy.uploadUrl, { method: "POST", body: formOf(file), signal });
      return (await checked(response)).json() as Promise<Attachment>;
    }
    const about = { name: file.name, size: file.size, mime_type: file.type || "application/octet-stream" };
    const attachment = await this.call<Attachment>("attachments.create", about);
    await this.transfer(file, attachment, signal);
    return attachment;
  }

  private async transfer(file: File, attachment: Attachment, signal: AbortSignal): Promise<void> {
    const target = attachment.upload_descriptor;
    if (!target) return;
    const body = target.method === "PUT" ? file : formOf(file);
    // The address is signed and may be another server's: the page's credentials are not for it.
    const response = await fetch(target.url, { method: target.method, headers: target.headers ?? {}, body, signal });
    await checked(response);
  }

  private async post(type: string, params: object, signal?: AbortSignal, metadata?: object): Promise<Response> {
    const headers = { "content-type": "application/json", "accept-language": this.locale };
    const init: RequestInit = { method: "POST", headers, body: JSON.stringify({ type, params, metadata }) };
    if (signal) init.signal = signal;
    return checked(await this.fetch(this.api.url, init));
  }
}

/** The events of a streamed answer. */
export async function* events(response: Response): AsyncGenerator<ThreadEvent> {
  if (!response.body) return;
  try {
    for await (const { data } of parseEvents(response.body)) yield JSON.parse(data) as ThreadEvent;
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") throw error;
    throw new ConnectionError(error);
  }
}

/** The answer. Raises RequestError with the server's words when it is a refusal. */
export async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => null);
  const message = (body as { message?: unknown } | null)?.message;
  throw new RequestError(typeof message === "string" ? message : `HTTP ${response.status}`, response.status);
}

function formOf(file: File): FormData {
  const form = new FormData();
  form.append("file", file, file.name);
  return form;
}
