/** What autograd knows of a tensor, in the slot that core reserves for it. */
import type { Tensor } from '@flambeau/core';
import { Layer } from '@flambeau/core/internal';
import type { Edge, Node } from './node.js';

export class AutogradMeta {
  /** Set for leaves by the user; non-leaves need gradients because of `node`. */
  requiresGrad = false;
  grad: Tensor | null = null;
  /** Whether `grad` is of a backward pass's making and known to nobody else (gradient.ts). */
  gradIsUnseen = false;
  /** The operation that made the tensor; null for leaves. */
  node: Node | null = null;
  /** Which of the node's outputs it is. */
  outputIndex = 0;
  /** For a view: the storage's version at which `node` described it. */
  viewVersion = 0;
  retainsGrad = false;
  /** Where its gradient goes, once somebody asked. */
  edge: Edge | null = null;
}

export function metaOf(t: Tensor): AutogradMeta | null {
  return t.autogradMeta as AutogradMeta | null;
}
export function ensureMeta(t: Tensor): AutogradMeta {
  if (t.autogradMeta === null) t.autogradMeta = new AutogradMeta();
  return t.autogradMeta as AutogradMeta;
}

/** Whether gradients flow to this tensor. A view also needs them if its base came to need them later. */
export function needsGrad(t: Tensor): boolean {
  return ((t.layers | (t.base === null ? 0 : t.base.layers)) & Layer.Autograd) !== 0 && t.info.category >= 2;
}

/** Records that output `index` of `node` is `t`. */
export function setHistory(t: Tensor, node: Node, index: number): void {
  if (t.info.category < 2) return; // integers have no gradients
  const meta = ensureMeta(t);
  if (meta.retainsGrad && meta.node !== null) node.takeRetained(index, meta.node, meta.outputIndex);
  meta.node = node;
  meta.outputIndex = index;
  meta.viewVersion = t.storage.version;
  meta.edge = null;
  t.layers |= Layer.Autograd;
}
