/** Retry of an answer: the items that are removed, and the changes that the answer had made. */

import type { ThreadItem } from "../protocol/types";
import { askedBefore } from "./thread";

export interface Retrial {
  /** The message of the user that is answered again. */
  readonly asked: string;
  /** The items up to that message. */
  readonly kept: readonly ThreadItem[];
  /** Number of later messages of the user that are removed, with their answers. */
  readonly later: number;
  /** Titles of the steps that changed something. */
  readonly changes: readonly string[];
  /** The newest item that the reader saw go: the server takes nothing away that came behind it. */
  readonly through: string;
}

/** Answering again what was asked before an item, or last; null where nothing was asked. */
export function retrialOf(items: readonly ThreadItem[], itemId?: string): Retrial | null {
  const asked = askedBefore(items, itemId);
  const place = items.findIndex(({ id }) => id === asked);
  if (asked === null || place < 0) return null;
  const gone = items.slice(place + 1);
  const next = gone.findIndex(({ type }) => type === "user_message");
  const answer = next < 0 ? gone : gone.slice(0, next);
  return {
    asked,
    kept: items.slice(0, place + 1),
    later: gone.filter(({ type }) => type === "user_message").length,
    changes: answer.flatMap((item) => (item.type === "workflow" ? (item.changes ?? []) : [])),
    through: items.at(-1)?.id ?? asked,
  };
}

/** True when the reader must confirm the retry. */
export function isGrave({ later, changes }: Retrial): boolean {
  return later > 0 || changes.length > 0;
}
