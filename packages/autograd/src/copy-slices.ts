import type { Tensor } from '@flambeau/core';
import { type Edge, type GradientMeta, type Gradients, Node } from './node.js';

/**
 * An in-place operation on a view, seen from the base: the part under the view takes its gradient through the operation, the
 * rest passes by. PyTorch: `CopySlices`.
 */
export class CopySlices extends Node {
  private readonly base: GradientMeta;
  private readonly offset: number;

  constructor(
    base: Tensor,
    private readonly view: Tensor,
    private readonly operation: Node,
    baseEdge: Edge | null,
  ) {
    // the operation's own edge for the view is replaced by the base's
    super(`CopySlices(${operation.name})`, [baseEdge, ...operation.edges.slice(1)], 1);
    this.base = { shape: base.shape, info: base.info };
    this.offset = view.offset - base.offset;
  }

  override release(): void {
    this.operation.release();
  }

  override apply([grad]: Gradients): Gradients {
    if (grad === null) return this.edges.map(() => null);
    const { view, offset } = this;
    const whole = grad.expand(this.base.shape).clone();
    const part = whole.asStrided(view.shape, view.strides, offset);
    const [inner, ...others] = this.operation.apply([part.clone()]);
    if (inner === null) part.zero_();
    else part.copy_(inner);
    return [this.edges[0] === null ? null : whole, ...others];
  }
}
