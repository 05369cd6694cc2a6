/**
 * Learning merges from text. Pair counts are kept up to date: a merge visits only the words that contain its pair.
 *
 * @see Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units", algorithm 1.
 */
import { pairKey, replacePair } from './merge-table.js';

export interface Word {
  /** Ids of its parts; changed by the training. */
  readonly ids: number[];
  /** How often it occurs. */
  readonly count: number;
}

/** Two ids that become one. */
export type Merge = readonly [a: number, b: number];

/**
 * Finds the merges that shorten the words most: always the most frequent pair, of equally frequent ones that with the least ids.
 * The `i`-th merge gets the id `firstId + i`.
 *
 * @param minFrequency - Pairs that occur less often are not merged.
 */
export function trainMerges(words: readonly Word[], firstId: number, maxMerges: number, minFrequency: number): Merge[] {
  const pairs = new PairCounts(words);
  const merges: Merge[] = [];
  while (merges.length < maxMerges) {
    const pair = pairs.mostFrequent();
    if (pair === null || pair.count < minFrequency) break;
    pairs.merge(pair, firstId + merges.length);
    merges.push([pair.a, pair.b]);
  }
  return merges;
}

interface Pair {
  readonly a: number;
  readonly b: number;
  count: number;
  /** Indices of the words that contain it, or once did. */
  readonly words: Set<number>;
}
/** A pair with the count that it had when it was put on the heap. */
interface Candidate {
  readonly pair: Pair;
  readonly count: number;
}

const before = (x: Candidate, y: Candidate): boolean =>
  x.count !== y.count ? x.count > y.count : x.pair.a !== y.pair.a ? x.pair.a < y.pair.a : x.pair.b < y.pair.b;

class PairCounts {
  private readonly pairs = new Map<number, Pair>();
  /** A binary heap; entries whose count has changed are outdated. */
  private readonly heap: Candidate[] = [];

  constructor(private readonly words: readonly Word[]) {
    for (let i = 0; i < words.length; i++) this.countWord(i, 1);
    for (const pair of this.pairs.values()) this.push(pair);
  }

  private countWord(index: number, sign: 1 | -1, touched?: Set<Pair>): void {
    const { ids, count } = this.words[index];
    for (let i = 1; i < ids.length; i++) {
      const key = pairKey(ids[i - 1], ids[i]);
      let pair = this.pairs.get(key);
      if (pair === undefined) this.pairs.set(key, (pair = { a: ids[i - 1], b: ids[i], count: 0, words: new Set() }));
      pair.count += sign * count;
      if (sign > 0) pair.words.add(index);
      touched?.add(pair);
    }
  }

  merge({ a, b, words }: Pair, result: number): void {
    const touched = new Set<Pair>();
    for (const index of words) {
      this.countWord(index, -1, touched);
      replacePair(this.words[index].ids, a, b, result);
      this.countWord(index, 1, touched);
    }
    this.pairs.delete(pairKey(a, b));
    for (const pair of touched) if (pair.count > 0) this.push(pair);
  }

  mostFrequent(): Pair | null {
    for (let top = this.pop(); top !== undefined; top = this.pop())
      if (top.count === top.pair.count && this.pairs.get(pairKey(top.pair.a, top.pair.b)) === top.pair) return top.pair;
    return null;
  }

  private push(pair: Pair): void {
    const { heap } = this;
    const entry = { pair, count: pair.count };
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
  }

  private pop(): Candidate | undefined {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
