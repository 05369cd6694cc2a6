/**
 * How a derivative is written. Every differentiable op of a group in core has an entry under its export's name in
 * `derivatives/<group>.ts`; `satisfies Derivatives<typeof group>` makes a missing or an extra entry a compile error.
 *
 * A rule is written with tensor ops, so it is itself differentiable. The engine sums a gradient to the shape of a broadcast
 * input and converts it to the input's dtype; rules do not.
 */
import type { Tensor } from '@flambeau/core';
import type { Attributes, Op } from '@flambeau/core/internal';

type Shape = readonly number[];

/** What a rule kept of the forward pass: inputs by name, and results. Only what `saves` lists is there. */
export type Saved<N extends string> = { readonly [K in N | ResultName]: Tensor };
/** The op's result; `result0`, `result1`, … for an op with several. */
export type ResultName = 'result' | `result${number}`;

/** The gradient of one input. */
export interface InputRule<N extends string, A, G> {
  readonly saves?: readonly (N | ResultName)[];
  /**
   * The gradient of the loss with respect to this input.
   *
   * @param grad - The gradient of the loss with respect to the result (a list with nulls, but not only nulls, for an op that makes a list).
   * @param shapes - The inputs' shapes, which cost nothing to keep.
   */
  readonly vjp: (grad: G, saved: Saved<N>, attributes: A, shapes: { readonly [K in N]: Shape }) => Tensor | null;
  /**
   * For an op that reads a part of its input: adds the gradient into that part of `sum`, which gradients of other parts have
   * begun. Without it, every part of a tensor would cost a tensor of zeros.
   */
  readonly addTo?: (sum: Tensor, grad: Tensor, attributes: A) => void;
}

/** The gradients of all inputs at once, for kernels that share work between them and for variadic ops. */
export interface JointRule<N extends string, A, G> {
  readonly saves?: readonly (N | ResultName)[];
  /** One gradient per input, in the order of the op's inputs; null where `needs` is false or there is none. */
  readonly all: (
    grad: G,
    saved: Saved<N>,
    attributes: A,
    shapes: readonly Shape[],
    needs: readonly boolean[],
  ) => readonly (Tensor | null)[];
}

/** `'decompose'`: differentiate the op's decomposition instead. An input without a rule has no gradient (indices, masks). */
export type Rule<N extends string, A, G> = { readonly [K in N]?: InputRule<N, A, G> } | JointRule<N, A, G> | 'decompose';

type Grad<R> = R extends readonly unknown[] ? readonly (Tensor | null)[] : Tensor;

// biome-ignore lint/suspicious/noExplicitAny: matches every differentiable op
type Differentiable = Op<any, any, any, any, true>;
type RuleOf<F> = F extends Op<infer _P, infer R, infer N, infer A extends Attributes, true> ? Rule<N, A, Grad<R>> : never;

/** Exactly one rule for each differentiable op of a group. */
export type Derivatives<G> = { readonly [K in keyof G as G[K] extends Differentiable ? K : never]: RuleOf<G[K]> };
