/** The open thread: loads it, says things in it, and follows what is answered. */

import { type Client, ConnectionError, RequestError } from "../protocol/client";
import { LOGIN_ENDED, type Live } from "../protocol/live";
import type {
  Action,
  ClientToolCall,
  Page,
  StructuredSubmission,
  Thread,
  ThreadEvent,
  ThreadItem,
  UserInput,
} from "../protocol/types";
import type { Retrial } from "./retrial";
import { EMPTY, applyEvent, metadata, type ThreadState, withEarlier, withNewest } from "./thread";

const PAGE = 50;

/** The page around the conversation: gets its changes, and runs its client tools. */
export interface Host {
  changed(): void;
  emit(name: string, detail?: unknown): void;
  runTool(name: string, params: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** A thread was created, renamed or deleted, so the history is outdated. */
  threadsChanged(): void;
}

interface Turn {
  abort: AbortController;
  arrived: boolean;
  isQuestion: boolean;
  /** The items when it began. */
  before: readonly ThreadItem[];
  /** Items that were begun and are not finished. */
  open: Set<string>;
}

export class Conversation {
  state: ThreadState = EMPTY;
  /** The thread that is being opened. */
  private opening: string | null = null;
  hasEarlier = false;
  private turn: Turn | null = null;
  private isPaging = false;

  constructor(
    private readonly client: Client,
    private readonly host: Host,
    private readonly live: Live | null,
  ) {}

  get threadId(): string | null {
    return this.state.thread?.id ?? null;
  }

  get isLoading(): boolean {
    return this.opening !== null;
  }

  /** True when this thread is open, or is being opened. */
  isAbout(threadId: string | undefined): boolean {
    return threadId !== undefined && threadId === (this.opening ?? this.threadId);
  }

  /** True while an answer runs. A request that asks for a running turn is none, and must not block a click. */
  get isBusy(): boolean {
    return this.turn !== null && (this.turn.arrived || !this.turn.isQuestion);
  }

  /** True when the thread has an item of the running answer, or its question. */
  get hasBegun(): boolean {
    return this.turn !== null && this.turn.before !== this.state.items;
  }

  /** Show a thread, or with null a new one. A turn that is being followed goes on without us where the server can. */
  async open(threadId: string | null): Promise<void> {
    this.leave();
    this.unseen.clear();
    this.set(EMPTY);
    this.hasEarlier = false;
    this.opening = null;
    if (threadId === null) return this.host.emit("thread.change", { threadId: null });
    this.opening = threadId;
    this.host.emit("thread.load.start", { threadId });
    const turn = this.turn;
    try {
      const thread = await this.client.call<Thread>("threads.get_by_id", { thread_id: threadId });
      const page = await this.page(threadId);
      if (turn !== this.turn || this.opening !== threadId) return;
      this.set(withEarlier({ ...EMPTY, thread: metadata(thread) }, page.data));
      this.hasEarlier = page.has_more;
      this.host.emit("thread.change", { threadId });
      this.rejoin();
    } catch (error) {
      this.fail(error);
    } finally {
      if (this.opening === threadId) this.opening = null;
      this.host.emit("thread.load.end", { threadId });
      this.host.changed();
      this.catchUp();
    }
  }

  /** Load the page before the oldest item that is shown. */
  async loadEarlier(): Promise<void> {
    const { threadId } = this;
    if (!threadId || !this.hasEarlier || this.isPaging) return;
    this.isPaging = true;
    try {
      const page = await this.page(threadId, this.state.items[0]?.id);
      if (threadId !== this.threadId) return;
      this.hasEarlier = page.has_more;
      this.set(withEarlier(this.state, page.data));
    } catch (error) {
      this.fail(error);
    } finally {
      this.isPaging = false;
    }
  }

  /** Say something; false when it never reached the server. */
  async send(input: UserInput): Promise<boolean> {
    const { threadId } = this;
    return threadId
      ? this.run("threads.add_user_message", { thread_id: threadId, input })
      : this.run("threads.create", { input });
  }

  /** Answer a message again, as the reader agreed to; items that came since are not the server's to take away. */
  async retry({ asked, kept, later, through }: Retrial): Promise<void> {
    const { threadId } = this;
    if (!threadId || this.isBusy) return;
    const { items } = this.state;
    this.set({ ...this.state, items: kept });
    const params = { thread_id: threadId, item_id: asked };
    const metadata = later ? { anyport: { confirm_removal: through } } : undefined;
    if ((await this.run("threads.retry_after_item", params, metadata)) || threadId !== this.threadId) return;
    this.set({ ...this.state, items });
    await this.refresh();
  }

  /** The open thread was deleted, here or elsewhere: nothing can be done with it any more. */
  lose(): void {
    if (this.state.isGone) return;
    const wasBusy = this.isBusy;
    this.leave();
    this.set({ ...this.state, failure: null, progress: null, canStop: false, isGone: true });
    if (wasBusy) this.host.emit("response.end");
  }

  /** Send a widget's or the page's action; one whose answer is not streamed may change the item it came from. */
  async act(action: Action, itemId: string | null, isStreamed: boolean): Promise<void> {
    const params = { thread_id: this.threadId, item_id: itemId, action };
    if (isStreamed) {
      await this.run("threads.custom_action", params);
      return;
    }
    try {
      const answer = await this.client.call<{ updated_item?: ThreadItem | null }>("threads.sync_custom_action", params);
      if (answer.updated_item) this.take({ type: "thread.item.replaced", item: answer.updated_item });
    } catch (error) {
      this.fail(error);
    }
  }

  async answer(itemId: string, input: StructuredSubmission): Promise<void> {
    await this.run("threads.add_structured_input", { thread_id: this.threadId, item_id: itemId, input });
  }

  async feedback(itemIds: readonly string[], kind: "positive" | "negative"): Promise<void> {
    try {
      await this.client.call("items.feedback", { thread_id: this.threadId, item_ids: itemIds, kind });
    } catch (error) {
      this.fail(error);
    }
  }

  /** End the answer that is being given; what was said of it stays. */
  async stop(): Promise<void> {
    const { turn, threadId } = this;
    if (this.live && threadId && (await this.live.stop(threadId))) return;
    turn?.abort.abort();
  }

  /**
   * Take what changed on the server into the open thread. While an answer is being given the change is most likely part of
   * it; one to an item that is not, `itemId`, is looked at afterwards.
   */
  async refresh(itemId?: string): Promise<void> {
    const { threadId } = this;
    if (this.isBusy || this.isLoading) {
      if (itemId) this.unseen.add(itemId);
      return;
    }
    if (!threadId || this.state.isGone) return;
    try {
      const thread = await this.client.call<Thread>("threads.get_by_id", { thread_id: threadId });
      const page = await this.page(threadId);
      if (threadId !== this.threadId || this.isBusy) return;
      const failure = this.isLoggedOut ? null : this.state.failure;
      this.isLoggedOut = false;
      this.set({ ...withNewest(this.state, page.data, page.has_more), thread: metadata(thread), failure });
      this.rejoin();
    } catch (error) {
      if (threadId !== this.threadId) return;
      if (isMissing(error)) this.lose();
      else this.fail(error);
    }
  }

  /** The last failure was that the login had ended; it is over when something is answered again. */
  private isLoggedOut = false;

  /** Follow nothing any more. */
  leave(): void {
    const { turn } = this;
    this.turn = null;
    turn?.abort.abort();
  }

  dismissFailure(): void {
    this.set({ ...this.state, failure: null });
  }

  private page(threadId: string, after?: string): Promise<Page<ThreadItem>> {
    const params = { thread_id: threadId, limit: PAGE, order: "desc", ...(after ? { after } : {}) };
    return this.client.call<Page<ThreadItem>>("items.list", params);
  }

  private async run(type: string, params: object, metadata?: object): Promise<boolean> {
    if (this.isBusy || this.state.isGone) return false;
    this.leave();
    return this.follow((signal) => this.client.stream(type, params, signal, metadata));
  }

  /** Follow an answer that started before this page was loaded, if the server supports it. */
  private rejoin(): void {
    const { live, threadId, turn } = this;
    // What is being asked now may be answered by the state before the change that brought us here.
    if (turn?.isQuestion) this.isToAskAgain = true;
    if (live && threadId && !turn) void this.follow((signal) => live.turn(threadId, signal), true);
  }
  private isToAskAgain = false;

  /** Load the changes that came while the page was hidden. */
  private catchUp(): void {
    const known = new Set(this.state.items.map(({ id }) => id));
    const isNews = [...this.unseen].some((id) => !known.has(id));
    this.unseen.clear();
    if (isNews) void this.refresh();
  }
  private readonly unseen = new Set<string>();

  private async follow(source: (signal: AbortSignal) => AsyncIterable<ThreadEvent>, isRejoined = false): Promise<boolean> {
    const turn: Turn = {
      abort: new AbortController(),
      arrived: false,
      isQuestion: isRejoined,
      before: this.state.items,
      open: new Set(),
    };
    this.turn = turn;
    if (!isRejoined) this.begin();
    try {
      for await (const event of source(turn.abort.signal)) {
        if (this.turn !== turn) return true;
        const isFirst = !turn.arrived;
        turn.arrived = true;
        if (isFirst && isRejoined) this.begin();
        // What the thread was called when the turn began is older than what was loaded.
        if (!(isRejoined && "thread" in event)) this.take(event);
        note(turn.open, event);
      }
    } catch (error) {
      if (this.turn === turn && !turn.abort.signal.aborted) await this.broken(error, turn.arrived);
    }
    if (this.turn !== turn) return turn.arrived;
    this.turn = null;
    this.set({ ...this.state, progress: null, canStop: false });
    if (turn.arrived || !isRejoined) this.host.emit("response.end");
    const isAskedAgain = this.isToAskAgain && !turn.arrived;
    this.isToAskAgain = false;
    if (isAskedAgain) this.rejoin();
    else if (turn.arrived && this.isUnanswered(turn)) await this.refresh();
    else this.catchUp();
    await this.useTools();
    return turn.arrived;
  }

  /** True when a turn ended without a final event, as after the deletion of its thread. */
  private isUnanswered(turn: Turn): boolean {
    return !this.state.failure && (turn.open.size > 0 || this.state.items.at(-1)?.type === "user_message");
  }

  private begin(): void {
    this.set({ ...this.state, failure: null, notices: [], canStop: false });
    this.host.emit("response.start");
  }

  /** A line that broke in the middle of an answer is joined again where the server can. */
  private async broken(error: unknown, arrived: boolean): Promise<void> {
    const isRejoinable = this.live && arrived && error instanceof ConnectionError;
    if (!isRejoinable) this.fail(error);
    if (!isRejoinable && !isMissing(error)) return;
    this.turn = null;
    await this.refresh();
  }

  private take(event: ThreadEvent): void {
    if (event.type === "client_effect") this.host.emit("effect", { name: event.name, data: event.data ?? {} });
    const before = this.state;
    this.set(applyEvent(before, event));
    if (event.type === "thread.created") this.host.emit("thread.change", { threadId: event.thread.id });
    if (event.type === "thread.created" || event.type === "thread.updated") this.host.threadsChanged();
    if (event.type === "error") this.host.emit("error", { error: new Error(event.message ?? event.code ?? "error") });
  }

  /** Run the client tool that the model called, and send its result to the server. */
  private async useTools(): Promise<void> {
    const call = this.state.items.findLast((item): item is ClientToolCall => item.type === "client_tool_call");
    const { threadId } = this;
    if (call?.status !== "pending" || !threadId || this.asked.has(call.id)) return;
    this.asked.add(call.id);
    try {
      const result = await this.host.runTool(call.name, call.arguments);
      if (threadId !== this.threadId || this.isBusy) return;
      this.take({ type: "thread.item.replaced", item: { ...call, status: "completed" } });
      await this.run("threads.add_client_tool_output", { thread_id: threadId, result });
    } catch (error) {
      this.fail(error);
    }
  }
  private readonly asked = new Set<string>();

  private fail(error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    const isOffline = reason instanceof ConnectionError;
    this.isLoggedOut = reason instanceof RequestError && reason.status === LOGIN_ENDED;
    this.set({ ...this.state, failure: { message: isOffline ? null : reason.message, isOffline, canRetry: false } });
    this.host.emit("error", { error: reason });
  }

  private set(state: ThreadState): void {
    this.state = state;
    this.host.changed();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof RequestError && error.status === 404;
}

function note(open: Set<string>, event: ThreadEvent): void {
  if (event.type === "thread.item.added") open.add(event.item.id);
  else if (event.type === "thread.item.done" || event.type === "thread.item.replaced") open.delete(event.item.id);
  else if (event.type === "thread.item.removed") open.delete(event.item_id);
}
