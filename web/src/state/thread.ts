/** State of the open thread, and its change by each event. Nothing here touches the page. */

import type { ItemUpdate, Notice, Thread, ThreadEvent, ThreadItem, ThreadMetadata } from "../protocol/types";
import { updateWidget } from "./widget";

export interface Failure {
  /** The server's words; null where there are none. */
  message: string | null;
  isOffline: boolean;
  canRetry: boolean;
}

export interface ThreadState {
  readonly thread: ThreadMetadata | null;
  /** Oldest first. */
  readonly items: readonly ThreadItem[];
  readonly progress: { text: string; icon?: string | null } | null;
  readonly canStop: boolean;
  readonly notices: readonly Notice[];
  readonly failure: Failure | null;
  /** The thread was deleted while it was open. */
  readonly isGone: boolean;
}

export const EMPTY: ThreadState = {
  thread: null,
  items: [],
  progress: null,
  canStop: false,
  notices: [],
  failure: null,
  isGone: false,
};

/** The state after an event; the same object when the event changes nothing, and the same items where they stay. */
export function applyEvent(state: ThreadState, event: ThreadEvent): ThreadState {
  switch (event.type) {
    case "thread.created":
    case "thread.updated":
      return { ...state, thread: metadata(event.thread) };
    case "thread.item.added":
    case "thread.item.done":
    case "thread.item.replaced":
      return { ...state, items: withItem(state.items, event.item), progress: null };
    case "thread.item.updated":
      return { ...state, items: withUpdate(state.items, event.item_id, event.update) };
    case "thread.item.removed":
      return { ...state, items: state.items.filter((item) => item.id !== event.item_id) };
    case "stream_options":
      return { ...state, canStop: event.stream_options.allow_cancel };
    case "progress_update":
      return { ...state, progress: { text: event.text, icon: event.icon ?? null } };
    case "notice":
      return { ...state, notices: [...state.notices, event] };
    case "error":
      return { ...state, failure: failed(event) };
    default:
      return state;
  }
}

function failed({ message, allow_retry }: Extract<ThreadEvent, { type: "error" }>): Failure {
  return { message: message ?? null, isOffline: false, canRetry: allow_retry ?? false };
}

/** Put older items, as the server lists them newest first, before those that are there. */
export function withEarlier(state: ThreadState, newestFirst: readonly ThreadItem[]): ThreadState {
  const known = new Set(state.items.map((item) => item.id));
  const earlier = newestFirst.filter((item) => !known.has(item.id)).reverse();
  return { ...state, items: [...earlier, ...state.items] };
}

/** The newest items as the server has them now; older ones that were loaded stay. */
export function withNewest(state: ThreadState, newestFirst: readonly ThreadItem[], hasMore: boolean): ThreadState {
  const newest = [...newestFirst].reverse();
  const oldest = newest[0];
  const cut = oldest && hasMore ? state.items.findIndex((item) => item.id === oldest.id) : -1;
  return { ...state, items: [...(cut > 0 ? state.items.slice(0, cut) : []), ...newest] };
}

/** A thread without its items. */
export function metadata({ items: _, ...rest }: Thread): ThreadMetadata {
  return rest;
}

/** The id of the user's message before an item, or of the newest one. */
export function askedBefore(items: readonly ThreadItem[], itemId?: string): string | null {
  const until = itemId === undefined ? items.length : items.findIndex((item) => item.id === itemId) + 1;
  return items.slice(0, until).findLast((item) => item.type === "user_message")?.id ?? null;
}

function withItem(items: readonly ThreadItem[], item: ThreadItem): readonly ThreadItem[] {
  const place = items.findLastIndex((known) => known.id === item.id);
  return place < 0 ? [...items, item] : items.with(place, item);
}

function withUpdate(items: readonly ThreadItem[], itemId: string, update: ItemUpdate): readonly ThreadItem[] {
  const place = items.findLastIndex((item) => item.id === itemId);
  const item = items[place];
  return item ? items.with(place, updated(item, update)) : items;
}

function updated(item: ThreadItem, update: ItemUpdate): ThreadItem {
  switch (item.type) {
    case "assistant_message":
      return { ...item, content: updatedContent(item.content, update) };
    case "workflow":
      if (update.type !== "workflow.task.added" && update.type !== "workflow.task.updated") return item;
      return {
        ...item,
        workflow: { ...item.workflow, tasks: put(item.workflow.tasks, update.task_index, update.task) },
      };
    case "widget":
      return { ...item, widget: updateWidget(item.widget, update) };
    case "generated_image":
      if (update.type !== "generated_image.updated") return item;
      return { ...item, image: update.image, progress: update.progress ?? null };
    default:
      return item;
  }
}

type Content = Extract<ThreadItem, { type: "assistant_message" }>["content"];

function updatedContent(content: Content, update: ItemUpdate): Content {
  if (!("content_index" in update)) return content;
  const part = content[update.content_index] ?? { type: "output_text" as const, text: "", annotations: [] };
  switch (update.type) {
    case "assistant_message.content_part.text_delta":
      return put(content, update.content_index, { ...part, text: part.text + update.delta });
    case "assistant_message.content_part.annotation_added": {
      const annotations = put(part.annotations, update.annotation_index, update.annotation);
      return put(content, update.content_index, { ...part, annotations });
    }
    default:
      return put(content, update.content_index, update.content);
  }
}

/** A copy with `value` at `index`, or at the end where the index is beyond it. */
function put<T>(values: readonly T[], index: number, value: T): T[] {
  const copy = [...values];
  copy[Math.min(index, copy.length)] = value;
  return copy;
}
