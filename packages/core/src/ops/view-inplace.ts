/** Views that take the place of their tensor: the same object goes on with another shape. */
import { context, Layer } from '../context.js';
import { AutogradError } from '../errors.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { asStrided, squeeze, t, transpose, unsqueeze } from './view.js';

/**
 * Gives `self` the layout and the history of a view of itself. Where an operation saved `self` for its gradient, the backward pass
 * refuses to go on, as after any other change in place.
 *
 * @throws {AutogradError} If `self` is a leaf that needs gradients, or if the view's history was not recorded.
 */
function become(op: string, self: Tensor, view: Tensor): Tensor {
  if (view === self) return self;
  const layers = context().active | self.layers | view.layers;
  if ((layers & Layer.Transform) !== 0)
    throw new AutogradError(`${op}: a tensor that vmap or jvp has wrapped keeps its shape; use ${op.slice(0, -1)}`);
  if ((layers & Layer.Trace) !== 0)
    throw new AutogradError(`${op}: a tensor that is traced keeps its shape; use ${op.slice(0, -1)}`);
  if ((self.layers & Layer.Autograd) !== 0) {
    if ((self as Tensor & { isLeaf: boolean }).isLeaf)
      throw new AutogradError(`${op}: a leaf that requires gradients cannot be changed in place; use ${op.slice(0, -1)}`);
    if ((view.layers & Layer.Autograd) === 0)
      throw new AutogradError(
        `${op}: while gradients are not recorded, a tensor with history keeps its shape; use ${op.slice(0, -1)}`,
      );
    self.autogradMeta = view.autogradMeta;
    self.storage.version++; // a backward pass that saved this very object must not meet it in another shape
  }
  self.setData(view);
  return self;
}

/** `unsqueeze` in place. PyTorch: `Tensor.unsqueeze_`. */
export const unsqueeze_ = (self: Tensor, dim: number): Tensor => become('unsqueeze_', self, unsqueeze(self, dim));
/** `squeeze` in place. PyTorch: `Tensor.squeeze_`. */
export const squeeze_ = (self: Tensor, dim?: number | Shape): Tensor => become('squeeze_', self, squeeze(self, dim));
/** `transpose` in place. PyTorch: `Tensor.transpose_`. */
export const transpose_ = (self: Tensor, dim0: number, dim1: number): Tensor =>
  become('transpose_', self, transpose(self, dim0, dim1));
/** `transpose_` under the name of `Tensor.swapaxes_`. */
export const swapaxes_ = (self: Tensor, axis0: number, axis1: number): Tensor => transpose_(self, axis0, axis1);
/** `t` in place. PyTorch: `Tensor.t_`. */
export const t_ = (self: Tensor): Tensor => become('t_', self, t(self));
/** `asStrided` in place. PyTorch: `Tensor.as_strided_`. */
export const asStrided_ = (self: Tensor, size: Shape, stride: Shape, storageOffset?: number): Tensor =>
  become('asStrided_', self, asStrided(self, size, stride, storageOffset));
