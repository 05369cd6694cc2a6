/** Workloads that are one operation: forward, backward, or both. */
import { grad } from '@flambeau/autograd';
import { scope, type Tensor } from '@flambeau/core';
import { type Inputs, type Line, type Prepared, repeat, row, type Target, type Workload } from '../workload.js';

export interface Operation extends Omit<Workload, 'peer' | 'prepare' | 'lines' | 'tolerance'> {
  /** The function in `python/operations.py`. */
  readonly op: string;
  /** What that function gets besides the inputs. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly target: Target;
  /** Default: one row. */
  readonly lines?: readonly Line[];
  /** Default 1e-5. */
  readonly tolerance?: number;
}

type Results = Tensor | readonly Tensor[];
type Run = (inputs: Inputs) => Results;

const asList = (results: Results): readonly Tensor[] => (Array.isArray(results) ? results : [results as Tensor]);

/** Plainly, and in a scope, which uses the memory of its results again. */
export const plainAndScoped = (run: () => unknown): Prepared['variants'] => ({
  plain: repeat(run),
  scope: repeat(() => scope(() => void run())),
});

function operation(
  { op, parameters, target, lines = row(target), tolerance = 1e-5, ...rest }: Operation,
  pass: 'forward' | 'backward' | 'training',
  prepare: Workload['prepare'],
  wrt?: readonly string[],
): Workload {
  return { ...rest, lines, tolerance, peer: { ...parameters, op, pass, wrt }, prepare };
}

/**
 * The operation without gradients.
 *
 * @param out - The operation into a tensor that is there already: the variant `out`.
 */
export const forward = (description: Operation, run: Run, out?: (target: Tensor, inputs: Inputs) => unknown): Workload =>
  operation(description, 'forward', (inputs) => {
    const fn = () => run(inputs);
    const variants = plainAndScoped(fn);
    if (out === undefined) return { variants, outputs: () => asList(fn()) };
    const target = asList(fn())[0];
    const into = () => out(target, inputs);
    return {
      variants: { ...variants, out: repeat(into) },
      outputs(variant) {
        if (variant !== 'out') return asList(fn());
        target.zero_();
        into();
        return [target];
      },
    };
  });

/** What is differentiated: the input `g` is the gradient of the result, which is a scalar where there is no such input. */
function gradients(run: Run, inputs: Inputs, wrt: readonly string[]) {
  const leaves = wrt.map((name) => inputs[name]);
  for (const t of leaves) t.requiresGrad = true;
  const of = (result: Tensor, retainGraph: boolean) => grad(result, leaves, { gradOutputs: inputs.g, retainGraph });
  return { forward: () => asList(run(inputs))[0], of };
}

/** Gradients with respect to the inputs `wrt`, through a graph that is recorded once. */
export const backward = (description: Operation, wrt: readonly string[], run: Run): Workload =>
  operation(
    description,
    'backward',
    (inputs) => {
      const { forward, of } = gradients(run, inputs, wrt);
      const result = forward();
      return { variants: plainAndScoped(() => of(result, true)), outputs: () => of(result, true) };
    },
    wrt,
  );

/** Forward, with a new graph each time, and backward. */
export const training = (description: Operation, wrt: readonly string[], run: Run): Workload =>
  operation(
    description,
    'training',
    (inputs) => {
      const { forward, of } = gradients(run, inputs, wrt);
      const fn = () => of(forward(), false);
      return { variants: plainAndScoped(fn), outputs: fn };
    },
    wrt,
  );
