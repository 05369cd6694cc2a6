import { noGrad } from '@flambeau/autograd';
import { cat, ShapeError, type Tensor } from '@flambeau/core';

/** All parameters one after the other in one vector, with their history. PyTorch: `torch.nn.utils.parameters_to_vector`. */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  return cat([...parameters].map((p) => p.reshape([-1])));
}

/**
 * Copies a vector's elements over the parameters, in order. PyTorch: `torch.nn.utils.vector_to_parameters`.
 *
 * @throws {ShapeError} If the vector does not have as many elements as all parameters together.
 */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  const list = [...parameters];
  const needed = list.reduce((n, p) => n + p.numel, 0);
  if (vector.ndim !== 1 || vector.numel !== needed)
    throw new ShapeError(
      `vectorToParameters: the parameters need a vector of ${needed} elements, got shape (${vector.shape.join(', ')})`,
    );
  let at = 0;
  noGrad(() => {
    for (const p of list) {
      p.copy_(vector.narrow(0, at, p.numel).reshape([...p.shape]));
      at += p.numel;
    }
  });
}
