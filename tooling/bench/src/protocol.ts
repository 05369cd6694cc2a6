/**
 * What the harness and one side say to each other: one JSON object a line, a request on stdin and its answer on stdout.
 * `python/peer.py` speaks the same.
 */
import type { PeerWorkload } from './workload.js';

export type Request =
  /** `workload` is its name; `peer` is what other sides than ours go by. */
  | { readonly do: 'prepare'; readonly workload: string; readonly peer: PeerWorkload; readonly folder: string }
  | { readonly do: 'outputs'; readonly variant: string; readonly prefix: string }
  | { readonly do: 'time'; readonly variant: string; readonly times: number; readonly samples: number }
  | { readonly do: 'peak' }
  /** Only of our side. */
  | { readonly do: 'profile'; readonly variant: string };

export interface Answers {
  /** The variants; none if the side does not know the workload. */
  prepare: { readonly variants: readonly string[] };
  /** How many files `<prefix>.<i>.bin` were written. */
  outputs: { readonly count: number };
  /** Seconds for each sample of `times` runs. */
  time: { readonly seconds: readonly number[] };
  /** The process's largest resident memory so far. */
  peak: { readonly bytes: number };
  /** What one run consists of. */
  profile: { readonly step: ProfiledStep };
}

/** One run, by operation. */
export interface ProfiledStep {
  /** Seconds of the whole run without a profiler, and with it. */
  readonly seconds: number;
  readonly profiledSeconds: number;
  readonly ops: readonly ProfiledOp[];
}

export interface ProfiledOp {
  readonly name: string;
  readonly count: number;
  /** Seconds inside of kernels. */
  readonly seconds: number;
  readonly flops: number;
  readonly bytes: number;
}

/** The first thing that a side says: what it is, or why it cannot take part. */
export type Hello = { readonly version: string; readonly absent?: undefined } | { readonly absent: string };

export type Failure = { readonly error: string };
