/** Lists of functions that are called around an event. */

export interface HookOptions {
  /** Whether the hook runs before those that are there. Default false. */
  readonly prepend?: boolean;
}

/** Hooks in the order in which they run; one that is added twice runs twice. */
export class HookList<H> {
  #entries: { readonly hook: H }[] = [];

  /** Returns a function that removes the hook. */
  add(hook: H, { prepend = false }: HookOptions = {}): () => void {
    const entry = { hook };
    // a new list, so that a hook may add and remove hooks while they run
    this.#entries = prepend ? [entry, ...this.#entries] : [...this.#entries, entry];
    return () => {
      this.#entries = this.#entries.filter((other) => other !== entry);
    };
  }

  *[Symbol.iterator](): Iterator<H> {
    for (const { hook } of this.#entries) yield hook;
  }
}
