import { noGrad } from '@flambeau/autograd';
import { cat, eye, geqrf, linalg, randn, type Tensor, tensor, ValueError, zerosLike } from '@flambeau/core';
import { fieldOf } from '../computed-property.js';
import { orthonormalRows } from '../init-numerics.js';
import { Module } from '../module.js';
import { registerParametrization } from './parametrize.js';

export type OrthogonalMap = 'matrixExp' | 'cayley' | 'householder';

export interface OrthogonalOptions {
  /** The property. Default `'weight'`. */
  readonly name?: string;
  /** From any matrix to an orthogonal one. Default `'matrixExp'` for square matrices, else `'householder'`. */
  readonly orthogonalMap?: OrthogonalMap | null;
  /** Start from the present weight: what the map makes is multiplied by it. Default true. */
  readonly useTrivialization?: boolean;
}

/** The orthogonal matrix of the QR decomposition in which R has a positive diagonal; columns are orthonormal. */
function orthonormalColumns(matrix: Tensor): Tensor {
  const [rows, columns] = matrix.shape;
  const transposed = Float64Array.from(matrix.detach().double().T.contiguous().toTypedArray() as Float64Array);
  orthonormalRows(transposed, columns, rows);
  return tensor(transposed).reshape([columns, rows]).T.contiguous().to(matrix.dtype);
}

/** From any matrix to one with orthonormal columns, or rows if it is wide. */
class Orthogonal extends Module {
  readonly base: Tensor | null;

  constructor(
    weight: Tensor,
    readonly map: OrthogonalMap,
    useTrivialization: boolean,
  ) {
    super();
    const longest = Math.max(...weight.shape);
    // filled by rightInverse, which registration calls
    this.base = this.registerBuffer('base', useTrivialization ? weight.newZeros([longest, longest]) : null);
  }

  forward(weight: Tensor): Tensor {
    const wide = weight.shape[0] < weight.shape[1];
    const tall = wide ? weight.T : weight;
    const made = this.map === 'householder' ? this.reflections(tall) : this.rotation(tall);
    const q = this.base === null ? made : this.base.matmul(made);
    return wide ? q.T : q;
  }

  /** The first columns of the image of a skew-symmetric matrix. */
  private rotation(x: Tensor): Tensor {
    const [n, k] = x.shape;
    const lower = n === k ? x.tril() : cat([x.tril(), x.newZeros([n, n - k])], 1);
    const skew = lower.sub(lower.T);
    if (this.map === 'matrixExp') return linalg.matrixExp(skew).narrow(1, 0, k);
    const identity = eye(n, n, { dtype: x.dtype, device: x.device });
    return linalg.solve(identity.sub(skew.mul(0.5)), identity.add(skew.mul(0.5))).narrow(1, 0, k);
  }

  /** A product of reflections along the columns below the diagonal; the diagonal's signs are those of the result's columns. */
  private reflections(x: Tensor): Tensor {
    const [n, k] = x.shape;
    const vectors = x.tril(-1).add(eye(n, k, { dtype: x.dtype, device: x.device }));
    let q = eye(n, k, { dtype: x.dtype, device: x.device });
    for (let j = k - 1; j >= 0; j--) {
      const v = vectors.narrow(1, j, 1);
      q = q.sub(v.matmul(v.T.matmul(q)).mul(v.square().sum().reciprocal().mul(2)));
    }
    return q.mul(x.detach().diagonal().trunc());
  }

  rightInverse(weight: Tensor): Tensor {
    const wide = weight.shape[0] < weight.shape[1];
    const tall = wide ? weight.T : weight;
    const [n, k] = tall.shape;
    if (this.base === null) return this.reflectionsOf(tall, wide);
    const base = this.base;
    const square = n === k ? tall : cat([tall, randn([n, n - k]).to(tall.dtype)], 1);
    noGrad(() => base.copy_(orthonormalColumns(square)));
    // minus the identity becomes the identity under every map: its skew part is zero, its reflections are -1 times the signs
    const start = zerosLike(weight.detach());
    start.diagonal().fill_(-1);
    return start;
  }

  /** Vectors and signs of reflections that make up an orthogonal matrix. */
  private reflectionsOf(tall: Tensor, wide: boolean): Tensor {
    if (this.map !== 'householder')
      throw new ValueError(`orthogonal: ${this.map} cannot start from the present weight without useTrivialization`);
    const [vectors, tau] = geqrf(tall.detach().contiguous());
    const diagonal = vectors.diagonal();
    // where nothing is to be reflected, `reflections` still changes the sign
    diagonal.copy_(diagonal.sign().mul(tau.eq(0).to(tall.dtype).mul(-2).add(1)));
    return wide ? vectors.T : vectors;
  }
}

/**
 * Keeps a matrix orthogonal (its rows or columns orthonormal, whichever are fewer) whatever the optimizer does. Lezcano-Casado 2019.
 * PyTorch: `torch.nn.utils.parametrizations.orthogonal`.
 *
 * @throws {ValueError} If the weight is no matrix.
 */
export function orthogonal<M extends Module>(
  module: M,
  { name = 'weight', orthogonalMap = null, useTrivialization = true }: OrthogonalOptions = {},
): M {
  const weight = fieldOf(module, name) as Tensor | undefined;
  if (weight?.ndim !== 2) throw new ValueError(`orthogonal: ${name} of ${module.constructor.name} must be a matrix`);
  const map = orthogonalMap ?? (weight.shape[0] === weight.shape[1] ? 'matrixExp' : 'householder');
  return registerParametrization(module, name, new Orthogonal(weight, map, useTrivialization), { unsafe: true });
}
