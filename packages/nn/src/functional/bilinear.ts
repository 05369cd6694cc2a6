import { formatShape, ShapeError, type Tensor } from '@flambeau/core';
import { withoutAutocast } from '@flambeau/core/internal';

/**
 * `y_k = x1ᵀ A_k x2 + b_k`. PyTorch: `torch.nn.functional.bilinear`.
 *
 * @param input1 - Shape `(*, in1)`.
 * @param input2 - Shape `(*, in2)`.
 * @param weight - Shape `(out, in1, in2)`.
 * @param bias - Shape `(out)`.
 * @throws {ShapeError} If the shapes do not fit together.
 */
export function bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  const leading = input1.shape.slice(0, -1);
  const [in1, in2] = [input1.shape.at(-1) as number, input2.shape.at(-1) as number];
  const fits = leading.join() === input2.shape.slice(0, -1).join() && weight.ndim === 3;
  if (!fits || weight.shape[1] !== in1 || weight.shape[2] !== in2)
    throw new ShapeError(
      `bilinear: inputs ${formatShape(input1.shape)} and ${formatShape(input2.shape)} do not fit weight ${formatShape(weight.shape)} (out, in1, in2)`,
    );
  const out = weight.shape[0];
  const y = withoutAutocast(() => {
    const half = input1.reshape([-1, in1]).matmul(weight.transpose(0, 1).reshape([in1, out * in2]));
    return half.reshape([-1, out, in2]).matmul(input2.reshape([-1, in2, 1]));
  }).reshape([...leading, out]);
  return bias === null ? y : y.add(bias);
}
