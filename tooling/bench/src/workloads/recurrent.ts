import { grad, inferenceMode } from '@flambeau/autograd';
import { GRU, LSTM, type Module } from '@flambeau/nn';
import { arithmetic, row, type Workload } from '../workload.js';
import { plainAndScoped } from './operation.js';
import { initialise, NOISE } from '../models/initialise.js';
import type { Tensor } from '@flambeau/core';

const [BATCH, STEPS, HIDDEN] = [32, 128, 512];
const OPTIONS = { batchFirst: true };
const sequence = { shape: [BATCH, STEPS, HIDDEN] };

type Recurrent = Module & ((x: Tensor) => readonly [Tensor, unknown]);
const KINDS = {
  lstm: { gates: 4, build: () => new LSTM(HIDDEN, HIDDEN, OPTIONS) as unknown as Recurrent },
  gru: { gates: 3, build: () => new GRU(HIDDEN, HIDDEN, OPTIONS) as unknown as Recurrent },
} as const;

function passes(name: keyof typeof KINDS): Workload[] {
  const { gates, build } = KINDS[name];
  // two products of a matrix and a vector for each gate
  const flops = 2 * BATCH * STEPS * gates * HIDDEN * 2 * HIDDEN;
  const common = { lines: row({ ratio: 1.1 }), tolerance: 1e-4 };
  return [
    {
      ...common,
      name: `${name}.forward`,
      peer: { op: name, pass: 'inference' },
      inputs: { x: sequence, noise: NOISE },
      ceiling: arithmetic(flops),
      prepare({ x, noise }) {
        const model = initialise(build(), noise);
        const run = () => inferenceMode(() => model(x)[0]);
        return { variants: plainAndScoped(run), outputs: () => [run()] };
      },
    },
    {
      ...common,
      name: `${name}.training`,
      peer: { op: name, pass: 'training' },
      inputs: { x: sequence, noise: NOISE, g: sequence },
      ceiling: arithmetic(3 * flops),
      prepare({ x, noise, g }) {
        const model = initialise(build(), noise);
        const leaves = [x.requiresGrad_(), ...model.parameters()];
        const run = () => grad(model(x)[0], leaves, { gradOutputs: g });
        return { variants: plainAndScoped(run), outputs: run };
      },
    },
  ];
}

export const recurrent: readonly Workload[] = [...passes('lstm'), ...passes('gru')];
