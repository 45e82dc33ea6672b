/** Where the thread is scrolled to: follows its end, asks for earlier items, and knows which rows are near. */

import type { View } from "./view";
import { type Range, RowHeights } from "./virtual";

/** How near its end, in pixels, counts as being there. */
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

  range(ids: readonly string[]): Range {
    const height = this.box?.clientHeight ?? 800;
    // Until the end has been scrolled to, its rows are the ones to draw.
    const top = this.isPinned || !this.box ? Number.MAX_SAFE_INTEGER : this.box.scrollTop;
    return this.heights.range(ids, Math.min(top, this.endOf(ids, height)), height);
  }

  /** After each drawing: watch the rows that are there, and keep to the end where that is wanted. */
  drawn(root: ParentNode): void {
    this.box = root.querySelector(".scroll");
    const rows = new Set<Element>(this.box?.querySelectorAll(".row"));
    for (const row of this.watched) if (!rows.has(row)) this.forget(row);
    for (const row of rows) if (!this.watched.has(row)) this.watch(row);
    if (this.isPinned) this.toEnd(false);
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
    const rest = box.scrollHeight - box.scrollTop - box.clientHeight;
    this.isAtEnd = rest < NEAR_END;
    const isUp = this.wasScrolledUp(box.scrollTop);
    if (isUp && !this.isAtEnd) this.isPinned = false;
    if (box.scrollTop < NEAR_TOP) void this.view.conversation.loadEarlier();
    this.view.redraw();
  };

  private lastTop = 0;

  private wasScrolledUp(top: number): boolean {
    const isUp = top < this.lastTop;
    this.lastTop = top;
    return isUp;
  }

  private endOf(ids: readonly string[], height: number): number {
    const { before, after } = this.heights.range(ids, 0, height);
    return before + after + (ids.length ? height : 0);
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
