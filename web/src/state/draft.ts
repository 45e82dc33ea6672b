/** Draft of a message: text, mentions, files, and the choice of tool and model. */

import type { Entity } from "@openai/chatkit";
import type { Client } from "../protocol/client";
import type { Attachment, UserContent, UserInput } from "../protocol/types";

export interface Upload {
  file: File | null;
  attachment: Attachment | null;
  error: string | null;
  abort: AbortController;
}

export class Draft {
  text = "";
  quote = "";
  toolId: string | null = null;
  modelId: string | null = null;
  uploads: readonly Upload[] = [];
  /** Mentioned things by the title they are written with. */
  private readonly mentions = new Map<string, Entity>();

  constructor(
    private readonly client: Client,
    private readonly changed: () => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  get isUploading(): boolean {
    return this.uploads.some((upload) => !upload.attachment && !upload.error);
  }

  get isEmpty(): boolean {
    return this.text.trim() === "" && !this.uploads.some((upload) => upload.attachment);
  }

  /** Put content in place of the words there are. */
  fill(content: readonly UserContent[]): void {
    for (const part of content) {
      if (part.type === "input_tag") this.mention({ ...part, title: part.text } as unknown as Entity);
    }
    this.text = content.map((part) => (part.type === "input_tag" ? `@${part.text}` : part.text)).join("");
    this.changed();
  }

  mention(entity: Entity): void {
    this.mentions.set(entity.title, entity);
  }

  /** The input to send; the draft stays unchanged. */
  input(): UserInput {
    return {
      content: this.content(),
      attachments: this.attachments().map((attachment) => attachment.id),
      quoted_text: this.quote || null,
      inference_options: { model: this.modelId, tool_choice: this.toolId ? { id: this.toolId } : null },
    };
  }

  attachments(): Attachment[] {
    return this.uploads.flatMap((upload) => upload.attachment ?? []);
  }

  clear(keepTool: boolean): void {
    this.text = "";
    this.quote = "";
    this.uploads = [];
    this.mentions.clear();
    if (!keepTool) this.toolId = null;
    this.changed();
  }

  attach(attachments: readonly Attachment[]): void {
    const done = attachments.map((attachment) => ({ file: null, attachment, error: null, abort: new AbortController() }));
    this.uploads = [...this.uploads, ...done];
    this.changed();
  }

  /** Upload a file; how it went is in `uploads`. */
  upload(file: File): Promise<void> {
    const running = this.transfer(file).finally(() => this.running.delete(running));
    this.running.add(running);
    return running;
  }
  private readonly running = new Set<Promise<void>>();

  /** Wait until no file is on its way any more. */
  async uploaded(): Promise<void> {
    await Promise.all(this.running);
  }

  private async transfer(file: File): Promise<void> {
    const upload: Upload = { file, attachment: null, error: null, abort: new AbortController() };
    this.uploads = [...this.uploads, upload];
    this.changed();
    try {
      upload.attachment = await this.client.upload(file, upload.abort.signal);
    } catch (error) {
      upload.error = error instanceof Error ? error.message : String(error);
    }
    this.uploads = [...this.uploads];
    this.changed();
  }

  /** Show a file that was refused before its upload, with the reason. */
  refuse(file: File, error: string): void {
    this.uploads = [...this.uploads, { file, attachment: null, error, abort: new AbortController() }];
    this.changed();
  }

  /** Remove a file from the draft, and delete it on the server if it is there. */
  detach(upload: Upload): void {
    upload.abort.abort();
    this.uploads = this.uploads.filter((other) => other !== upload);
    this.changed();
    if (upload.attachment && upload.file) {
      // It is gone from the message either way; the server also forgets files that no message ever names.
      this.client.call("attachments.delete", { attachment_id: upload.attachment.id }).catch(() => undefined);
    }
  }

  /** Add what was said to what was typed. */
  async dictate(audio: Blob): Promise<void> {
    const bytes = new Uint8Array(await audio.arrayBuffer());
    const audio_base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    try {
      const { text } = await this.client.call<{ text: string }>("input.transcribe", { audio_base64, mime_type: audio.type });
      this.text = [this.text.trimEnd(), text].filter(Boolean).join(" ");
      this.changed();
    } catch (error) {
      this.failed(error);
    }
  }

  private content(): UserContent[] {
    const text = this.text.trim();
    const titles = [...this.mentions.keys()].filter((title) => text.includes(`@${title}`));
    if (!titles.length) return text ? [{ type: "input_text", text }] : [];
    // The longest first, so that "@Ann Lee" is not taken for "@Ann".
    titles.sort((one, other) => other.length - one.length);
    const pattern = new RegExp(`(${titles.map((title) => `@${escaped(title)}`).join("|")})`, "u");
    return text.split(pattern).filter(Boolean).map((part) => this.part(part));
  }

  private part(text: string): UserContent {
    const entity = text.startsWith("@") ? this.mentions.get(text.slice(1)) : undefined;
    if (!entity) return { type: "input_text", text };
    const { id, title, group, data, interactive } = entity;
    return { type: "input_tag", id, text: title, data: data ?? {}, group: group ?? null, interactive: interactive ?? false };
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
