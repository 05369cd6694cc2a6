/** Modules as functions of their weights. */
import { FlambeauError, type Tensor } from '@flambeau/core';
import type { Module } from '../module.js';

/**
 * Calls a module with other parameters and buffers, which stay in place during the call only; gradients flow to them. PyTorch:
 * `torch.func.functional_call`, `torch.nn.utils.stateless.functional_call`.
 *
 * @param tensors - By their state-dict names; those that are absent stay the module's own.
 * @throws {FlambeauError} If the module has no such parameter or buffer.
 */
export function functionalCall<M extends Module>(
  module: M,
  tensors: Readonly<Record<string, Tensor>>,
  ...args: Parameters<M['forward']>
): ReturnType<M['forward']> {
  const places = Object.entries(tensors).map(([name, tensor]) => {
    const dot = name.lastIndexOf('.');
    const holder = module.getSubmodule(name.slice(0, Math.max(dot, 0)));
    const member = holder.members().find((m) => m.kind !== 'module' && m.name === name.slice(dot + 1));
    if (member === undefined || !Object.hasOwn(holder, member.property))
      throw new FlambeauError(`functionalCall: ${module.constructor.name} has no parameter or buffer '${name}' in a field`);
    return { holder, property: member.property, tensor };
  });
  const restores = places.map(({ holder, property, tensor }) => {
    const own = Object.getOwnPropertyDescriptor(holder, property) as PropertyDescriptor;
    Object.defineProperty(holder, property, { ...own, value: tensor });
    return () => Object.defineProperty(holder, property, own);
  });
  try {
    return (module as Module)(...args);
  } finally {
    for (const restore of restores) restore();
  }
}
