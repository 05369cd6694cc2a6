/** The p-norm of each window. */
import { avgPool1d, avgPool2d, avgPool3d, type PerDim, type Tensor } from '@flambeau/core';

export interface LpPoolOptions {
  /** Step of the window. Default: its size. */
  readonly stride?: PerDim;
  /** Let the last window hang over the end. Default false. */
  readonly ceilMode?: boolean;
}
type AvgPool = (input: Tensor, kernelSize: PerDim, options: LpPoolOptions) => Tensor;

function lpPool(average: AvgPool, dims: number, input: Tensor, p: number, kernelSize: PerDim, options: LpPoolOptions): Tensor {
  const sizes = typeof kernelSize === 'number' ? Array<number>(dims).fill(kernelSize) : kernelSize;
  const elements = sizes.reduce((n, size) => n * size, 1);
  // sums of odd powers may be negative; PyTorch takes those for 0
  const mean = average(input.pow(p), kernelSize, options).relu();
  return mean.mul(elements).pow(1 / p);
}

/** The p-norm of each window of (N, C, L). PyTorch: `torch.nn.functional.lp_pool1d`. */
export function lpPool1d(input: Tensor, normType: number, kernelSize: PerDim, options: LpPoolOptions = {}): Tensor {
  return lpPool(avgPool1d, 1, input, normType, kernelSize, options);
}
/** The p-norm of each window of (N, C, H, W). PyTorch: `torch.nn.functional.lp_pool2d`. */
export function lpPool2d(input: Tensor, normType: number, kernelSize: PerDim, options: LpPoolOptions = {}): Tensor {
  return lpPool(avgPool2d, 2, input, normType, kernelSize, options);
}
/** The p-norm of each box of (N, C, D, H, W). PyTorch: `torch.nn.functional.lp_pool3d`. */
export function lpPool3d(input: Tensor, normType: number, kernelSize: PerDim, options: LpPoolOptions = {}): Tensor {
  return lpPool(avgPool3d, 3, input, normType, kernelSize, options);
}
