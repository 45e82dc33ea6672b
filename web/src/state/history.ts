/** The user's threads, newest first. */

import type { Client } from "../protocol/client";
import type { Page, ThreadMetadata } from "../protocol/types";

const PAGE = 50;

export class History {
  threads: readonly ThreadMetadata[] = [];
  hasMore = false;
  isLoading = false;

  constructor(
    private readonly client: Client,
    private readonly changed: () => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Read the first page anew. */
  load(): Promise<void> {
    return this.read(null);
  }

  loadMore(): Promise<void> {
    return this.read(this.threads.at(-1)?.id ?? null);
  }

  async rename(threadId: string, title: string): Promise<void> {
    await this.ask("threads.update", { thread_id: threadId, title });
    this.set(this.threads.map((thread) => (thread.id === threadId ? { ...thread, title } : thread)));
  }

  /** Delete a thread; false when the server did not. */
  async remove(threadId: string): Promise<boolean> {
    if (!(await this.ask("threads.delete", { thread_id: threadId }))) return false;
    this.set(this.threads.filter((thread) => thread.id !== threadId));
    return true;
  }

  private async read(after: string | null): Promise<void> {
    this.isLoading = true;
    this.changed();
    const params = { limit: PAGE, order: "desc", ...(after ? { after } : {}) };
    const page = await this.ask<Page<ThreadMetadata>>("threads.list", params);
    this.isLoading = false;
    if (page) {
      this.hasMore = page.has_more;
      this.set(after ? [...this.threads, ...page.data] : page.data);
    } else this.changed();
  }

  private async ask<Result>(type: string, params: object): Promise<Result | null> {
    try {
      return await this.client.call<Result>(type, params);
    } catch (error) {
      this.failed(error);
      return null;
    }
  }

  private set(threads: readonly ThreadMetadata[]): void {
    this.threads = threads;
    this.changed();
  }
}
