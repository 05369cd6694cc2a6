/** How a tensor came to be: leaf or result, and where its gradient goes. */
import { AutogradError, type Tensor } from '@flambeau/core';
import { Layer } from '@flambeau/core/internal';
import { AccumulateGrad } from './accumulate-grad.js';
import { ensureMeta, metaOf, needsGrad, setHistory } from './meta.js';
import type { Edge, Node } from './node.js';
import { asStridedNode } from './op-node.js';

/** The node that made `t`, null for a leaf. A view of memory that was written to since is described anew, from its base. */
export function gradFn(t: Tensor): Node | null {
  if (!needsGrad(t)) return null;
  const { base } = t;
  if (base !== null && needsGrad(base)) {
    const meta = ensureMeta(t);
    if (meta.node === null || meta.viewVersion !== t.storage.version) {
      if (gradFn(base) === null && meta.node !== null) return meta.node; // a leaf written to under noGrad
      setHistory(t, asStridedNode(base, t, edgeOf(base) as Edge), 0);
    }
    return meta.node;
  }
  return metaOf(t)?.node ?? null;
}

/** Where the gradient of `t` goes; null if it needs none. */
export function edgeOf(t: Tensor): Edge | null {
  if (!needsGrad(t)) return null;
  const node = gradFn(t); // may describe a view anew, and so forget its edge
  const meta = ensureMeta(t);
  // a parameter can change its dtype
  if (meta.edge === null || meta.edge.info !== t.info)
    meta.edge = { node: node ?? meta.edge?.node ?? new AccumulateGrad(t), index: meta.outputIndex, shape: t.shape, info: t.info };
  return meta.edge;
}

export const isLeaf = (t: Tensor): boolean => gradFn(t) === null;

export function setRequiresGrad(t: Tensor, on: boolean): void {
  if (on === needsGrad(t)) return;
  if (on && t.info.category < 2)
    throw new AutogradError(
      `requiresGrad: only floating-point and complex tensors can need gradients, this one is ${t.dtype}; convert it first, e.g. with .float()`,
    );
  if (!on && !isLeaf(t))
    throw new AutogradError('requiresGrad: only a leaf can stop needing gradients; use detach() to get a tensor without history');
  ensureMeta(t).requiresGrad = on;
  if (on) t.layers |= Layer.Autograd;
  else t.layers &= ~Layer.Autograd;
}
