/** Which rows of a long list are near the screen, from the heights that rows turned out to have. */

const ESTIMATE = 96;
/** Pixels beyond the screen in which rows are drawn, so that scrolling shows no blank. */
export const MARGIN = 900;
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
  private ids: readonly string[] = [];
  private readonly places = new Map<string, number>();
  private readonly known = new Map<string, number>();
  /** Estimated height of a row that was not drawn yet: the average of the first ones. */
  private estimate: number | null = null;
  /** Start of each row, and the end of the last one. Only the ends of the first `settled` rows are measured. */
  private offsets = new Float64Array(1);
  private settled = 0;

  /** Remember how high a row is; whether that was not known before. */
  measured(id: string, height: number): boolean {
    if (this.known.get(id) === height) return false;
    this.known.set(id, height);
    this.unsettle(this.places.get(id) ?? this.ids.length);
    return true;
  }

  clear(): void {
    this.known.clear();
    this.estimate = null;
    this.unsettle(0);
  }

  /** The rows to draw for a screen of `viewport` pixels that begins at `top`, or at the end where `top` is beyond it. */
  range(ids: readonly string[], top: number, viewport: number, margin = MARGIN): Range {
    this.arrange(ids);
    if (ids.length <= SHORT) return { start: 0, end: ids.length, before: 0, after: 0 };
    this.settle();
    const total = this.offsets[ids.length] ?? 0;
    const first = Math.min(top, total) - margin;
    const start = this.rowAt(first);
    const end = Math.min(ids.length, this.rowAt(first + viewport + 2 * margin) + 1);
    return { start, end, before: this.offsets[start] ?? 0, after: total - (this.offsets[end] ?? 0) };
  }

  /** The row that `offset` pixels from the beginning fall into. */
  private rowAt(offset: number): number {
    let low = 0;
    let high = this.ids.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.offsets[middle + 1] ?? 0) > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Take over the rows' order; what comes before the first change keeps its place. */
  private arrange(ids: readonly string[]): void {
    if (ids === this.ids) return;
    const length = Math.min(ids.length, this.ids.length);
    let same = 0;
    while (same < length && ids[same] === this.ids[same]) same++;
    for (let place = same; place < this.ids.length; place++) this.places.delete(this.ids[place] ?? "");
    for (let place = same; place < ids.length; place++) this.places.set(ids[place] ?? "", place);
    this.ids = ids;
    this.unsettle(same);
  }

  private unsettle(place: number): void {
    this.settled = Math.min(this.settled, place);
  }

  private settle(): void {
    const { ids, known } = this;
    if (this.estimate === null && known.size) this.estimate = average(known.values());
    if (this.offsets.length <= ids.length) {
      const longer = new Float64Array(2 * ids.length + 1);
      longer.set(this.offsets);
      this.offsets = longer;
    }
    for (let place = this.settled; place < ids.length; place++) {
      const height = known.get(ids[place] ?? "") ?? this.estimate ?? ESTIMATE;
      this.offsets[place + 1] = (this.offsets[place] ?? 0) + height;
    }
    this.settled = ids.length;
  }
}

function average(values: Iterable<number>): number {
  const all = [...values];
  return all.reduce((sum, value) => sum + value, 0) / all.length;
}
