/** Where metrics go. */
export interface Logger {
  /** Metrics of one step. */
  logMetrics(metrics: Readonly<Record<string, number>>, step: number): void;
  logHyperparams?(values: Readonly<Record<string, unknown>>): void;
  /** Writes out what is buffered. */
  flush?(): void;
  /** Training is over, well or not. */
  close?(): void;
}
