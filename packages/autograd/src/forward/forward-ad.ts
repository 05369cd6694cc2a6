/** Forward-mode differentiation by hand. PyTorch: `torch.autograd.forward_ad`. */
import { AutogradError, checkTensor, formatShape, ShapeError, type Tensor } from '@flambeau/core';
import { sameShape } from '@flambeau/core/internal';
import { currentFrame, enter } from '../transforms/frame.js';
import { DualFrame, DualTensor } from './frame.js';

/**
 * Runs `fn`, in which tensors can carry tangents. Levels nest. PyTorch: `torch.autograd.forward_ad.dual_level`.
 *
 * @example
 * const { tangent } = forwardAD.dualLevel(() => forwardAD.unpackDual(f(forwardAD.makeDual(x, v))));
 */
export const dualLevel = <T>(fn: () => T): T => enter(new DualFrame('dualLevel'), fn);

function innermostLevel(op: string): DualFrame {
  for (let frame = currentFrame(); frame !== null; frame = frame.parent) if (frame instanceof DualFrame) return frame;
  throw new AutogradError(`${op}: there is no level for tangents; call it inside of dualLevel(() => …)`);
}

/** The tensor with a tangent of its shape, at the innermost level. PyTorch: `make_dual`. */
export function makeDual(tensor: Tensor, tangent: Tensor): Tensor {
  checkTensor('makeDual', 'the tensor', tensor);
  checkTensor('makeDual', 'the tangent', tangent);
  if (tensor.info.category < 2)
    throw new AutogradError(`makeDual: only floating and complex tensors have tangents, got ${tensor.dtype}`);
  if (!sameShape(tensor.shape, tangent.shape))
    throw new ShapeError(
      `makeDual: a tangent of shape ${formatShape(tangent.shape)} for a tensor of shape ${formatShape(tensor.shape)}`,
    );
  const frame = innermostLevel('makeDual');
  return new DualTensor(frame, frame.primal(tensor), tangent.to(tensor.dtype));
}

/** A tensor and its tangent. */
export interface UnpackedDual {
  readonly primal: Tensor;
  /** Null for zero. */
  readonly tangent: Tensor | null;
}

/** The tensor and its tangent at the innermost level. PyTorch: `unpack_dual`. */
export function unpackDual(tensor: Tensor): UnpackedDual {
  checkTensor('unpackDual', 'the tensor', tensor);
  const frame = innermostLevel('unpackDual');
  return { primal: frame.primal(tensor), tangent: frame.tangent(tensor) };
}
