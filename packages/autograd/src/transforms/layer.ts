/** The dispatch layer that hands operations on wrapped tensors to their transform. */
import type { Tensor } from '@flambeau/core';
import {
  type AnyOpDef,
  type Attributes,
  type DispatchLayer,
  dispatchBelow,
  dispatchInplaceBelow,
  type Inputs,
  Layer,
  type Outputs,
  registerLayer,
} from '@flambeau/core/internal';
import { currentFrame, type Frame } from './frame.js';
import { checkAlive, WrappedTensor } from './wrapped.js';

/** The innermost transform that has a say in an operation: that of its inputs, for random numbers that of the running code. */
function frameOf(def: AnyOpDef, inputs: Inputs, self: Tensor | null): Frame | null {
  let frame: Frame | null = def.random ? currentFrame() : null;
  for (const t of self === null ? inputs : [self, ...inputs]) {
    if (!(t instanceof WrappedTensor)) continue;
    checkAlive(t);
    if (frame === null || t.frame.level > frame.level) frame = t.frame;
  }
  return frame;
}

const transformLayer: DispatchLayer = {
  call(def: AnyOpDef, inputs: Inputs, attributes: Attributes, below: number): Outputs {
    const frame = frameOf(def, inputs, null);
    return frame === null ? dispatchBelow(def, inputs, attributes, below) : frame.call(def, inputs, attributes);
  },
  callInplace(def: AnyOpDef, self: Tensor, inputs: Inputs, attributes: Attributes, below: number): Tensor {
    const frame = frameOf(def, inputs, self);
    return frame === null
      ? dispatchInplaceBelow(def, self, inputs, attributes, below)
      : frame.callInplace(def, self, inputs, attributes);
  },
};

export function installTransforms(): void {
  registerLayer(Layer.Transform, transformLayer);
}
