/**
 * The transforms that the running code is in. Each `vmap` and each level of forward-mode differentiation is a frame; the innermost
 * one interprets an operation first, in terms of operations that the frames around it interpret in turn.
 *
 * Frames exist only during synchronous callbacks, so a plain variable holds them.
 */
import { AutogradError, type Tensor } from '@flambeau/core';
import { type AnyOpDef, type Attributes, context, type Inputs, Layer, type Outputs, withContext } from '@flambeau/core/internal';

/** A use of a transform that it cannot give a right result for. */
export class TransformError extends AutogradError {}

/** One transform in progress. */
export abstract class Frame {
  readonly parent: Frame | null = current;
  /** 1 for the outermost. */
  readonly level: number;
  /** Its tensors mean nothing once it has ended. */
  alive = true;
  /** Whether `noGrad` was on around the transform: what it computes is then not recorded outside, whatever is recorded inside. */
  private readonly unrecorded: boolean = (context().excluded & Layer.Autograd) !== 0;

  constructor(
    /** For messages. */
    readonly name: string,
  ) {
    this.level = (this.parent?.level ?? 0) + 1;
  }

  /** Interprets an operation of which some input is of this level, or (random ones) that happens at this level. */
  abstract call(def: AnyOpDef, inputs: Inputs, attributes: Attributes): Outputs;
  abstract callInplace(def: AnyOpDef, self: Tensor, inputs: Inputs, attributes: Attributes): Tensor;
  /** A constant of an outer level as a tensor of this one, so that what is recorded of it belongs to this level. */
  abstract lift(t: Tensor): Tensor;

  /** Runs the code of the transform itself, outside of it. */
  outside<T>(fn: () => T): T {
    const saved = current;
    current = this.parent;
    try {
      return this.unrecorded ? withContext(this.name, { excluded: context().excluded | Layer.Autograd }, fn) : fn();
    } finally {
      current = saved;
    }
  }
}

let current: Frame | null = null;

/** The innermost transform around the running code. */
export const currentFrame = (): Frame | null => current;

/** Runs `fn` inside a new frame. */
export function enter<F extends Frame, T>(frame: F, fn: (frame: F) => T): T {
  const leave = open(frame);
  try {
    return withContext(frame.name, { active: context().active | Layer.Transform }, () => checkSync(frame.name, fn(frame)));
  } finally {
    leave();
  }
}

/** @throws {TransformError} If the result is a promise. */
export function checkSync<T>(name: string, result: T): T {
  if (result instanceof Promise) {
    result.catch(() => {}); // the caller gets this error instead
    throw new TransformError(`${name}: the function must not be async: transforms end when it returns`);
  }
  return result;
}

/** Makes `frame` the innermost one until the returned function is called. */
function open(frame: Frame): () => void {
  current = frame;
  return () => {
    frame.alive = false;
    current = frame.parent;
  };
}
