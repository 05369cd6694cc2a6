/** Which neighbouring tokens become one, and in which order: the heart of byte-pair encoding. */

/** A pair of ids as one number; ids stay below 2^26. */
export const pairKey = (a: number, b: number): number => a * 2 ** 26 + b;

export class MergeTable {
  private readonly ranks = new Map<number, number>();
  private readonly results: number[] = [];

  /** The next merge: `a` followed by `b` becomes `result`. */
  add(a: number, b: number, result: number): void {
    this.ranks.set(pairKey(a, b), this.results.length);
    this.results.push(result);
  }

  /** Merges in place: again and again the pair that comes first in the table, wherever it stands. */
  apply(ids: number[]): number[] {
    while (ids.length > 1) {
      let best = Number.POSITIVE_INFINITY;
      let left = -1;
      for (let i = 1; i < ids.length; i++) {
        const rank = this.ranks.get(pairKey(ids[i - 1], ids[i]));
        if (rank !== undefined && rank < best) {
          best = rank;
          left = i - 1;
        }
      }
      if (left < 0) return ids;
      replacePair(ids, ids[left], ids[left + 1], this.results[best], left);
    }
    return ids;
  }
}

/** Replaces every `a`, `b` from `from` on by `result`, in place, from left to right. */
export function replacePair(ids: number[], a: number, b: number, result: number, from = 0): void {
  let to = from;
  for (let i = from; i < ids.length; i++)
    if (ids[i] === a && ids[i + 1] === b) {
      ids[to++] = result;
      i++;
    } else ids[to++] = ids[i];
  ids.length = to;
}
