/** Where a name of PyTorch's is found in our packages. */
import * as autograd from '@flambeau/autograd';
import * as core from '@flambeau/core';
import * as nn from '@flambeau/nn';
import * as optim from '@flambeau/optim';
import { renamed } from './renamed.js';

/** `log_softmax_` → `logSoftmax_`, `conv_transpose1d` → `convTranspose1d`; a class keeps its capital. */
export const camelCase = (name: string): string =>
  name.replace(/(?<=[a-zA-Z0-9])_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const packages: Record<string, unknown> = { core, autograd, nn, optim };

/** Folders of PyTorch whose contents we export from the top of a package, or from an object of that name. */
const places: readonly (readonly [prefix: string, ...paths: string[]])[] = [
  ['torch.Tensor.', 'core.Tensor.prototype', 'core.Tensor'],
  ['torch.Generator.', 'core.Generator.prototype', 'core.Generator'],
  ['torch.random.', 'core'],
  ['torch.special.', 'core.special', 'core'],
  ['torch.linalg.', 'core.linalg', 'core'],
  ['torch.fft.', 'core.fft'],
  ['torch.signal.windows.', 'core.signal.windows'],
  ['torch.testing.', 'core.testing'],
  ['torch.autograd.functional.', 'autograd.functional'],
  ['torch.autograd.forward_ad.', 'autograd.forwardAD'],
  ['torch.autograd.graph.Node.', 'autograd.Node.prototype'],
  ['torch.autograd.graph.', 'autograd.graph', 'autograd'],
  ['torch.autograd.function.FunctionCtx.', 'autograd.FunctionContext.prototype'],
  ['torch.autograd.function.', 'autograd'],
  ['torch.autograd.Function.', 'autograd.Function', 'autograd.Function.prototype'],
  ['torch.autograd.', 'autograd'],
  ['torch.func.', 'autograd.func', 'nn.utils'],
  ['torch.utils.checkpoint.', 'autograd'],
  ['torch.utils.hooks.', 'autograd'],
  ['torch.nn.functional.', 'nn.F'],
  ['torch.nn.init.', 'nn.init'],
  ['torch.nn.parameter.', 'nn'],
  ['torch.nn.utils.', 'nn.utils'],
  ['torch.nn.modules.module.', 'nn'],
  ['torch.nn.modules.', 'nn'],
  ['torch.nn.attention.flex_attention.', 'nn.attention', 'nn'],
  ['torch.nn.attention.', 'nn.attention', 'nn'],
  ['torch.nn.', 'nn'],
  ['torch.optim.lr_scheduler.', 'optim'],
  ['torch.optim.swa_utils.', 'optim'],
  ['torch.optim.optimizer.', 'optim'],
  ['torch.optim.', 'optim'],
  ['torch.amp.', 'optim', 'nn', 'autograd', 'core'],
  ['torch.', 'core', 'autograd', 'nn', 'optim'],
];

/** Fields of objects are not on their prototype; these have them. */
const weight = new nn.Parameter(core.zeros([1]));
const examples: Readonly<Record<string, object>> = {
  'core.Tensor.prototype': weight,
  'autograd.FunctionContext.prototype': new autograd.FunctionContext('example', [true]),
  'nn.Module.prototype': new nn.Identity(),
  'optim.Optimizer.prototype': new optim.SGD([weight], { lr: 0.1 }),
};

/** What stands at a path that does not go through an object's fields. */
export const lookUp = (path: string): unknown =>
  path.split('.').reduce((value: unknown, name) => (value as Record<string, unknown> | undefined)?.[name], packages);

function resolve(path: string): boolean {
  const dot = path.lastIndexOf('.');
  const holder = examples[path.slice(0, dot)] ?? lookUp(path.slice(0, dot));
  return (typeof holder === 'object' || typeof holder === 'function') && holder !== null && path.slice(dot + 1) in holder;
}

/** Our name for an item, `core.linalg.qr`, or undefined if we have none. */
export function find(name: string): string | undefined {
  const other = renamed[name];
  if (other !== undefined) return resolve(other) ? other : undefined;
  for (const [prefix, ...paths] of places) {
    if (!name.startsWith(prefix)) continue;
    const rest = name.slice(prefix.length).split('.').map(camelCase);
    // a member of a class, or else of a namespace or the class itself
    const forms = rest.length === 2 ? [[rest[0], 'prototype', rest[1]], rest] : [rest];
    for (const path of paths) for (const form of forms) if (resolve([path, ...form].join('.'))) return [path, ...form].join('.');
  }
  return undefined;
}
