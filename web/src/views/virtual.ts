/** Which rows of a long list are near the screen, from the heights that rows turned out to have. */

const ESTIMATE = 96;
/** How far beyond the screen rows are drawn, so that scrolling meets no blank. */
const MARGIN = 900;
/** Shorter lists are drawn whole. */
const SHORT = 60;

export interface Range {
  start: number;
  end: number;
  /** Height of what is left out above and below, in pixels. */
  before: number;
  after: number;
}

export class RowHeights {
  private readonly known = new Map<string, number>();
  private total = 0;

  /** Remember how high a row is; whether that was not known before. */
  measured(id: string, height: number): boolean {
    if (this.known.get(id) === height) return false;
    this.total += height - (this.known.get(id) ?? 0);
    this.known.set(id, height);
    return true;
  }

  clear(): void {
    this.known.clear();
    this.total = 0;
  }

  /** The rows to draw for a screen of `viewport` pixels that begins at `top`. */
  range(ids: readonly string[], top: number, viewport: number): Range {
    if (ids.length <= SHORT) return { start: 0, end: ids.length, before: 0, after: 0 };
    const average = this.known.size ? this.total / this.known.size : ESTIMATE;
    const first = top - MARGIN;
    const last = top + viewport + MARGIN;
    let offset = 0;
    let before = 0;
    let start = -1;
    let end = ids.length;
    let endOffset = 0;
    ids.forEach((id, index) => {
      const height = this.known.get(id) ?? average;
      if (start < 0 && offset + height > first) {
        start = index;
        before = offset;
      }
      if (offset < last) {
        end = index + 1;
        endOffset = offset + height;
      }
      offset += height;
    });
    if (start < 0) start = Math.max(0, ids.length - SHORT);
    return { start, end, before, after: Math.max(0, offset - endOffset) };
  }
}
