/** Derivatives against central differences. */
import { AutogradError, type Tensor, tensor, viewAsComplex, viewAsReal, zerosLike } from '@flambeau/core';
import { grad } from './backward.js';
import { needsGrad } from './meta.js';
import { enableGrad, noGrad } from './mode.js';

export interface GradcheckOptions {
  /** Step of the differences. Default 1e-6. */
  readonly eps?: number;
  /** Absolute and relative tolerance. Defaults 1e-5 and 1e-3. */
  readonly atol?: number;
  readonly rtol?: number;
}

type Fn = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

/** Complex inputs and outputs as pairs of real numbers, of which everything below knows more. */
function inRealNumbers(fn: Fn, inputs: readonly Tensor[]): readonly [Fn, readonly Tensor[]] {
  const isComplex = inputs.map((t) => t.isComplex());
  const ofPairs: Fn = (...pairs) => {
    const result = fn(...pairs.map((t, i) => (isComplex[i] ? viewAsComplex(t) : t)));
    const list = Array.isArray(result) ? (result as Tensor[]) : [result as Tensor];
    return list.map((t) => (t.isComplex() ? viewAsReal(t) : t));
  };
  const pairs = inputs.map((t) => (t.isComplex() ? viewAsReal(t.detach()).clone().requiresGrad_(needsGrad(t)) : t));
  return [ofPairs, pairs];
}

const outputsOf = (fn: Fn, inputs: readonly Tensor[]): Tensor[] => {
  const result = fn(...inputs);
  const list = Array.isArray(result) ? (result as Tensor[]) : [result as Tensor];
  return list.filter((t) => t.info.kind === 'float');
};

/**
 * Compares the gradients of `fn` with central differences, for each float64 or complex128 input that needs gradients. Elements of
 * complex tensors are counted by their parts.
 *
 * @returns true.
 * @throws {AutogradError} Naming the input, the output and the elements that differ. PyTorch: `torch.autograd.gradcheck`.
 */
export function gradcheck(fn: Fn, inputs: readonly Tensor[], options: GradcheckOptions = {}): true {
  return checkReal(...inRealNumbers(fn, inputs), options);
}

function checkReal(fn: Fn, inputs: readonly Tensor[], options: GradcheckOptions): true {
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3 } = options;
  const checked = inputs.map((t, i) => [t, i] as const).filter(([t]) => needsGrad(t));
  if (checked.length === 0) throw new AutogradError('gradcheck: no input needs gradients');
  for (const [t, i] of checked)
    if (t.dtype !== 'float64') throw new AutogradError(`gradcheck: input ${i} is ${t.dtype}; differences need float64`);
  const outputs = outputsOf(fn, inputs);
  for (const [input, i] of checked) {
    const numeric = numericJacobians(fn, inputs, i, eps);
    outputs.forEach((output, o) => {
      const analytic = analyticJacobian(output, input);
      for (let r = 0; r < analytic.length; r++)
        for (let c = 0; c < analytic[r].length; c++) {
          const [a, n] = [analytic[r][c], numeric[c][o][r]];
          if (!(Math.abs(a - n) <= atol + rtol * Math.abs(n)))
            throw new AutogradError(
              `gradcheck: d output${o}[${r}] / d input${i}[${c}]: the derivative says ${a}, differences say ${n}`,
            );
        }
    });
  }
  return true;
}

/** Rows: elements of the output; columns: elements of the input. */
function analyticJacobian(output: Tensor, input: Tensor): number[][] {
  const rows: number[][] = [];
  for (let r = 0; r < output.numel; r++) {
    if (!needsGrad(output)) {
      rows.push(new Array(input.numel).fill(0));
      continue;
    }
    const seed = new Float64Array(output.numel);
    seed[r] = 1;
    const gradOutputs = tensor(seed, { dtype: output.dtype }).reshape(output.shape);
    const [g] = grad(output, input, { gradOutputs, retainGraph: true, allowUnused: true });
    rows.push(Array.from((g ?? zerosLike(input)).toTypedArray() as Float64Array));
  }
  return rows;
}

/** For each element of input `i`, the derivatives of the elements of each output. */
function numericJacobians(fn: Fn, inputs: readonly Tensor[], i: number, eps: number): number[][][] {
  const values = inputs[i].detach().toTypedArray() as Float64Array;
  const evaluate = (changed: Float64Array): number[][] => {
    const replaced = tensor(changed, { dtype: 'float64' }).reshape(inputs[i].shape);
    const args = inputs.map((t, j) => (j === i ? replaced : t.detach()));
    return noGrad(() => outputsOf(fn, args)).map((t) => Array.from(t.toTypedArray() as Float64Array, Number));
  };
  return Array.from(values, (x, c) => {
    const up = values.slice();
    const down = values.slice();
    up[c] = x + eps;
    down[c] = x - eps;
    const [high, low] = [evaluate(up), evaluate(down)];
    return high.map((output, o) => output.map((h, r) => (h - low[o][r]) / (2 * eps)));
  });
}

/**
 * Compares second derivatives with differences of the first. PyTorch: `torch.autograd.gradgradcheck`.
 *
 * @throws {AutogradError} As `gradcheck`.
 */
export function gradgradcheck(fn: Fn, inputs: readonly Tensor[], options: GradcheckOptions = {}): true {
  return checkRealTwice(...inRealNumbers(fn, inputs), options);
}

function checkRealTwice(fn: Fn, inputs: readonly Tensor[], options: GradcheckOptions): true {
  const weights = outputsOf(fn, inputs).map((t, k) => {
    const w = Float64Array.from({ length: t.numel }, (_, j) => Math.sin(1 + j + 7 * k)); // any generic weights
    return tensor(w, { dtype: t.dtype }).reshape(t.shape).requiresGrad_();
  });
  const differentiable = inputs.map((t) => needsGrad(t));
  const firstDerivative: Fn = (...args) => {
    const xs = args.slice(0, inputs.length).map((t, i) => (differentiable[i] && !needsGrad(t) ? t.detach().requiresGrad_() : t));
    const ws = args.slice(inputs.length);
    const outputs = outputsOf(fn, xs);
    const used = outputs.map((t, k) => [t, ws[k]] as const).filter(([t]) => needsGrad(t));
    const wanted = xs.filter((_, i) => differentiable[i]);
    return grad(
      used.map(([t]) => t),
      wanted,
      {
        gradOutputs: used.map(([, w]) => w),
        createGraph: true,
        materializeGrads: true,
      },
    ) as Tensor[];
  };
  return checkReal((...args) => enableGrad(() => firstDerivative(...args)), [...inputs, ...weights], options);
}
