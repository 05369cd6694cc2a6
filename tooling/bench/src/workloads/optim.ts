import { unbind } from '@flambeau/core';
import { AdamW } from '@flambeau/optim';
import { repeat, workload } from '../workload.js';

const stacked = { shape: [25, 1000, 1000], dtype: 'float32' } as const;
const floats = 25e6;

const adamw = workload({
  name: 'adamw25m',
  inputs: { p: stacked, g: stacked },
  ceiling: { kind: 'memory', pattern: 'read4Write3', floats, bytes: 28 * floats },
  tolerance: 1e-5,
  prepare({ p, g }) {
    const grads = unbind(g).map((x) => x.clone());
    const fresh = () => {
      const parameters = unbind(p).map((x) => x.clone().requiresGrad_());
      parameters.forEach((x, i) => {
        x.grad = grads[i];
      });
      return { parameters, optimizer: new AdamW(parameters, { lr: 1e-3 }) };
    };
    const { optimizer } = fresh();
    return {
      variants: { plain: repeat(() => optimizer.step()) },
      outputs() {
        const copy = fresh();
        for (let i = 0; i < 3; i++) copy.optimizer.step();
        return [copy.parameters[0].detach(), copy.parameters[24].detach()];
      },
    };
  },
});

export const optim = [adamw];
