/** Ctrl-C: the first asks for an orderly end, the second ends at once. */
export class Interrupt {
  requested = false;
  private readonly listener = (): void => {
    this.requested = true;
    process.removeListener('SIGINT', this.listener);
    process.stderr.write('\nStopping after this step (Ctrl-C again to stop at once) …\n');
  };

  listen(): void {
    process.on('SIGINT', this.listener);
  }
  [Symbol.dispose](): void {
    process.removeListener('SIGINT', this.listener);
  }
}

/** Signals and output need the event loop, which a loop over ready batches never reaches by itself. */
export class Breather {
  private last = performance.now();
  async breathe(): Promise<void> {
    if (performance.now() - this.last < 50) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.last = performance.now();
  }
}
