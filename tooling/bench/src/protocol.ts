/**
 * What the harness and one side say to each other: one JSON object a line, a request on stdin and its answer on stdout.
 * `python/peer.py` speaks the same.
 */
export type Request =
  | { readonly do: 'prepare'; readonly workload: string; readonly folder: string }
  | { readonly do: 'outputs'; readonly variant: string; readonly prefix: string }
  | { readonly do: 'time'; readonly variant: string; readonly times: number; readonly samples: number };

export interface Answers {
  /** The variants; none if the side does not know the workload. */
  prepare: { readonly variants: readonly string[] };
  /** How many files `<prefix>.<i>.bin` were written. */
  outputs: { readonly count: number };
  /** Seconds for each sample of `times` runs. */
  time: { readonly seconds: readonly number[] };
}

/** The first thing that a side says: what it is, or why it cannot take part. */
export type Hello = { readonly version: string; readonly absent?: undefined } | { readonly absent: string };

export type Failure = { readonly error: string };
