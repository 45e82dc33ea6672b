/** Scroller of the thread: follows its end, loads earlier items, and selects the rows near the screen. */

import type { View } from "./view";
import { type Range, RowHeights } from "./virtual";

/** Pixels from the end of the thread that count as the end. */
const NEAR_END = 80;
const NEAR_TOP = 600;

export class Scroller {
  isAtEnd = true;
  private readonly heights = new RowHeights();
  private readonly sizes = new ResizeObserver((entries) => this.measure(entries));
  private readonly watched = new Set<Element>();
  private box: HTMLElement | null = null;
  private isPinned = false;

  constructor(private readonly view: View) {}

  /** The rows to draw of a list; of a list that has not been drawn yet, those at its end. */
  range(ids: readonly string[]): Range {
    const height = this.box?.clientHeight ?? 800;
    const top = this.isPinned || !this.box ? Number.MAX_SAFE_INTEGER : this.box.scrollTop;
    const range = this.heights.range(ids, top, height);
    // Who flies by sees no more than the screen; what lies around it is drawn when they have arrived.
    this.isPassing = isApart(range, this.drawnRange);
    this.drawnRange = this.isPassing ? this.heights.range(ids, top, height, 0) : range;
    this.ids = ids;
    return this.drawnRange;
  }
  private isPassing = false;
  private drawnRange: Range | null = null;
  private ids: readonly string[] = [];

  /** After each drawing: watch the rows that are there, and keep to the end where that is wanted. */
  drawn(root: ParentNode): void {
    this.box = root.querySelector(".scroll");
    const rows = new Set<Element>(this.box?.querySelectorAll(".row"));
    for (const row of this.watched) if (!rows.has(row)) this.forget(row);
    for (const row of rows) if (!this.watched.has(row)) this.watch(row);
    if (this.isPinned) this.toEnd(false);
    if (this.isPassing) this.view.redraw();
  }

  /** Go to the newest item, and stay with it until the reader scrolls away. */
  toEnd(isSmooth: boolean): void {
    this.isPinned = true;
    const { box } = this;
    if (!box) return;
    const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
    box.scrollTo({ top: box.scrollHeight, behavior: isSmooth && !reduced ? "smooth" : "instant" });
  }

  /** Stay where the reader is, whatever is added below. */
  release(): void {
    this.isPinned = false;
  }

  /** Another thread is shown: its end first. */
  reset(): void {
    this.heights.clear();
    this.drawnRange = null;
    this.isAtEnd = true;
    this.isPinned = true;
  }

  disconnect(): void {
    this.sizes.disconnect();
    this.watched.clear();
  }

  readonly onScroll = (): void => {
    const { box } = this;
    if (!box) return;
    const wasAtEnd = this.isAtEnd;
    this.isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
    const isUp = this.wasScrolledUp(box.scrollTop);
    if (isUp && !this.isAtEnd) this.isPinned = false;
    if (box.scrollTop < NEAR_TOP) void this.view.conversation.loadEarlier();
    if (wasAtEnd !== this.isAtEnd || this.isElsewhere(box)) this.view.redraw();
  };

  /** True when other rows must be drawn than the present ones. */
  private isElsewhere(box: HTMLElement): boolean {
    const { start, end } = this.heights.range(this.ids, box.scrollTop, box.clientHeight);
    return start !== this.drawnRange?.start || end !== this.drawnRange.end;
  }

  private lastTop = 0;

  private wasScrolledUp(top: number): boolean {
    const isUp = top < this.lastTop;
    this.lastTop = top;
    return isUp;
  }

  private watch(row: Element): void {
    this.watched.add(row);
    this.sizes.observe(row);
  }

  private forget(row: Element): void {
    this.watched.delete(row);
    this.sizes.unobserve(row);
  }

  private measure(entries: readonly ResizeObserverEntry[]): void {
    let isNews = false;
    for (const { target, borderBoxSize } of entries) {
      const id = (target as HTMLElement).dataset["id"];
      if (id && target.isConnected) isNews = this.heights.measured(id, borderBoxSize[0]?.blockSize ?? 0) || isNews;
    }
    if (this.isPinned) this.toEnd(false);
    if (isNews) this.view.redraw();
  }
}

function isApart(one: Range, other: Range | null): boolean {
  return other !== null && other.end > other.start && (one.start >= other.end || one.end <= other.start);
}
