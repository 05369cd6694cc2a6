/** Mixed precision: operations that gain from it run in a lower precision, those that suffer stay in float32. */
import { type DType, ValueError } from '@flambeau/core';
import {
  type AnyOpDef,
  type Attributes,
  autocasting,
  context,
  type DispatchLayer,
  dispatchBelow,
  dispatchInplaceBelow,
  dtypeInfo,
  type Inputs,
  Layer,
  lowered,
  type Outputs,
  registerLayer,
  widened,
  withContext,
} from '@flambeau/core/internal';

export interface AutocastOptions {
  /** The lower precision. Default `'bfloat16'`. */
  readonly dtype?: 'bfloat16' | 'float16';
  /** Off: the callback runs as if outside of any autocast. Default true. */
  readonly enabled?: boolean;
  /** Whether a parameter that is used several times is cast once. Default true. */
  readonly cacheEnabled?: boolean;
}

/** Products, of which others are made: `conv1d`, `bmm`, `einsum`, recurrent layers. (Some functions ask for their precision themselves.) */
const LOWER_PRECISION = ['matmul', 'linear', 'linear_activation', 'conv2d'];
/** Losses, long products, decompositions of matrices; and cells whose operands would come in two precisions. */
const FLOAT32 = [
  'nll_loss',
  'binary_cross_entropy_elements',
  'ctc_loss',
  'prod',
  'lstm_cell',
  'gru_cell',
  'recurrent_layer',
  'recurrent_layer_inference',
  'recurrent_layer_steps',
  'linalg_cholesky_ex',
  'linalg_det',
  'linalg_eig',
  'linalg_eigh',
  'linalg_householder_product',
  'linalg_inv_ex',
  'linalg_lu_factor_ex',
  'linalg_matrix_exp',
  'linalg_numerical_rank',
  'linalg_pinv',
  'linalg_qr',
  'linalg_slogdet',
  'linalg_solve_ex',
  'linalg_solve_triangular',
  'linalg_svd',
  'geqrf',
];
const policies: ReadonlyMap<string, typeof lowered> = new Map([
  ...LOWER_PRECISION.map((name) => [name, lowered] as const),
  ...FLOAT32.map((name) => [name, widened] as const),
]);

const autocastLayer: DispatchLayer = {
  call(def: AnyOpDef, inputs: Inputs, attributes: Attributes, below: number): Outputs {
    const cast = policies.get(def.name);
    if (cast === undefined) return dispatchBelow(def, inputs, attributes, below);
    const operands = inputs.map((t) => cast(t));
    // what the operation is made of is not cast again
    return withContext('autocast', { excluded: context().excluded | Layer.Autocast }, () =>
      dispatchBelow(def, operands, attributes, below),
    );
  },

  callInplace: dispatchInplaceBelow,
};

export function installAutocast(): void {
  registerLayer(Layer.Autocast, autocastLayer);
}

/**
 * Runs `fn`, which may be async, with products of matrices in a lower precision and losses in float32; parameters stay in their
 * own. Call `backward` outside. float64 is left alone. PyTorch: `torch.autocast`, with the lists of its CPU backend.
 *
 * @throws {ValueError} If `dtype` is another one.
 * @example
 * const loss = autocast({ dtype: 'bfloat16' }, () => crossEntropy(model(x), y));
 * loss.backward();
 */
export function autocast<T>(options: AutocastOptions, fn: () => T): T {
  const { dtype = 'bfloat16', enabled = true, cacheEnabled = true } = options;
  if (dtype !== 'bfloat16' && dtype !== 'float16')
    throw new ValueError(`autocast: dtype must be 'bfloat16' or 'float16', got ${dtype}`);
  const { active } = context();
  if (!enabled) return withContext('autocast', { active: active & ~Layer.Autocast, autocast: null }, fn);
  const state = { dtype: dtypeInfo(dtype), cache: cacheEnabled ? new Map() : null };
  return withContext('autocast', { active: active | Layer.Autocast, autocast: state }, fn);
}

/** Whether autocast is on here. PyTorch: `torch.is_autocast_enabled`. */
export const isAutocastEnabled = (): boolean => autocasting() !== null;

/** The lower precision of the autocast around the running code, or null. PyTorch: `torch.get_autocast_dtype`. */
export const getAutocastDtype = (): DType | null => autocasting()?.dtype.name ?? null;
