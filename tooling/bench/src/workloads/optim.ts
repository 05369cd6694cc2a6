import { type Tensor, unbind } from '@flambeau/core';
import { Adam, AdamW, type Optimizer, SGD } from '@flambeau/optim';
import { repeat, row, traffic, type Workload } from '../workload.js';

/** 25 tensors of a million elements in one step. */
const stacked = { shape: [25, 1000, 1000] };
const FLOATS = 25e6;
const STEPS = 3;

interface Row {
  readonly name: string;
  /** Bytes for each parameter: its gradient, itself and the optimizer's state are read, all but the gradient written. */
  readonly bytes: number;
  build(parameters: Tensor[]): Optimizer;
}

const ROWS: readonly Row[] = [
  { name: 'sgd', bytes: 20, build: (p) => new SGD(p, { lr: 1e-3, momentum: 0.9 }) },
  { name: 'adam', bytes: 28, build: (p) => new Adam(p, { lr: 1e-3 }) },
  { name: 'adamw', bytes: 28, build: (p) => new AdamW(p, { lr: 1e-3 }) },
];

export const optim: readonly Workload[] = ROWS.map(({ name, bytes, build }) => ({
  name: `optim.${name}.25M`,
  peer: { op: name, pass: 'optimizer' },
  inputs: { p: stacked, g: stacked },
  ceiling: traffic('read4Write3', bytes * FLOATS),
  lines: row({ ratio: 1, ofCeiling: 0.8 }),
  tolerance: 1e-5,
  prepare({ p, g }) {
    const grads = unbind(g).map((x) => x.clone());
    const fresh = () => {
      const parameters = unbind(p).map((x) => x.clone().requiresGrad_());
      parameters.forEach((x, i) => {
        x.grad = grads[i];
      });
      return { parameters, optimizer: build(parameters) };
    };
    const { optimizer } = fresh();
    return {
      variants: { plain: repeat(() => optimizer.step()) },
      outputs() {
        const copy = fresh();
        for (let i = 0; i < STEPS; i++) copy.optimizer.step();
        return [copy.parameters[0].detach(), copy.parameters[24].detach()];
      },
    };
  },
}));
