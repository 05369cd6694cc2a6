import { AutogradError, ones, type Tensor, viewAsReal } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import { type Edge, type GradientMeta, type Gradients, Node, releasedError } from './node.js';
import { WrappedTensor } from './transforms/wrapped.js';

const { asStridedBackward } = groups.viewBackward;

/**
 * An in-place operation on a view, seen from the base: the part under the view takes its gradient through the operation, the
 * rest passes by. PyTorch: `CopySlices`.
 */
export class CopySlices extends Node {
  private readonly base: GradientMeta;
  /** Null once released. It may be in the graph by itself, too: its saved result leads to it. */
  private operation: Node | null;
  private readonly offset: number;

  constructor(
    base: Tensor,
    private readonly view: Tensor,
    operation: Node,
    baseEdge: Edge | null,
  ) {
    // the operation's own edge for the view is replaced by the base's
    super(`CopySlices(${operation.name})`, [baseEdge, ...operation.edges.slice(1)], 1);
    this.base = { shape: base.shape, info: base.info };
    // the parts of a complex base are twice as many
    this.offset = view.offset - base.offset * (base.itemSize / view.itemSize);
    if (view.itemSize > base.itemSize)
      throw new AutogradError(
        'a complex view of real numbers that need gradients cannot be written to; write to the real tensor',
      );
    this.operation = operation;
  }

  override release(): void {
    this.operation = null;
  }

  override apply([grad]: Gradients): Gradients {
    if (grad === null) return this.edges.map(() => null);
    const { view, offset, operation } = this;
    if (operation === null) throw releasedError(this.name);
    const whole = grad.expand(this.base.shape).clone();
    const part = (view.itemSize < whole.itemSize ? viewAsReal(whole) : whole).asStrided(view.shape, view.strides, offset);
    const [inner, ...others] = operation.apply([part.clone()]);
    if (this.edges[0] === null) return [null, ...others];
    if (whole instanceof WrappedTensor || inner instanceof WrappedTensor) return [this.replaced(whole, inner), ...others];
    if (inner === null) part.zero_();
    else part.copy_(inner);
    return [whole, ...others];
  }

  // Inside of a transform `whole` may be the same for all examples where `inner` is not, so it cannot be written into.
  private replaced(whole: Tensor, inner: Tensor | null): Tensor {
    const { view, offset: storageOffset } = this;
    const place = (t: Tensor): Tensor =>
      asStridedBackward(t, { inputShape: [whole.numel], size: view.shape, stride: view.strides, storageOffset }).view(
        whole.shape,
      );
    const rest = whole.maskedFill(place(ones(view.shape, { device: whole.device })).ne(0), 0);
    return inner === null ? rest : rest.add(place(inner));
  }
}
