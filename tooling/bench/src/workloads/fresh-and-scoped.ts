import { scope, type Tensor } from '@flambeau/core';
import { repeat, type Workload, workload } from '../workload.js';

/** One op as two rows: with a fresh output each time, and in a scope, which uses the output's memory again. */
export function freshAndScoped(
  name: string,
  row: Pick<Workload, 'inputs' | 'ceiling' | 'tolerance'>,
  op: (inputs: Record<string, Tensor>) => Tensor,
): Workload[] {
  return [false, true].map((inScope) =>
    workload({
      ...row,
      name: inScope ? `${name}.scope` : name,
      peerName: name,
      prepare(inputs) {
        const run = inScope ? () => scope(() => void op(inputs)) : () => op(inputs);
        return { variants: { plain: repeat(run) }, outputs: () => [op(inputs)] };
      },
    }),
  );
}
