/** Modules that were pickled whole, with `torch.save(model, path)`. Their code is not in the file; their weights are. */
import { isTensor, type Tensor } from '@flambeau/core';
import { CheckpointError } from '../errors.js';
import { PickledObject } from '../pickle/values.js';

/** Far above what models have; modules may be shared, and a hostile tree of shared ones has exponentially many paths. */
const MAX_MODULES = 100_000;
const MAX_DEPTH = 200;

/**
 * The state dict of a module that was pickled whole. PyTorch: `torch.load(path, weights_only=False).state_dict()`.
 *
 * @param module - What `load(path, { weightsOnly: false })` gives for such a file.
 * @throws {CheckpointError} If the object is no module.
 * @example
 * model.loadStateDict(moduleStateDict(load<PickledObject>('whole.pt', { weightsOnly: false })));
 */
export function moduleStateDict(module: PickledObject): Record<string, Tensor> {
  const found: [string, Tensor][] = [];
  let visited = 0;
  const visit = (x: unknown, prefix: string, depth: number): void => {
    if (x === null) return; // a submodule that was set to None
    if (!(x instanceof PickledObject)) throw new CheckpointError(`${prefix || 'the value'} is not a pickled module`);
    if (++visited > MAX_MODULES || depth > MAX_DEPTH)
      throw new CheckpointError('the tree of modules is too large or contains itself');
    const state = entries(x.state);
    const [parameters, buffers, modules] = ['_parameters', '_buffers', '_modules'].map((name) => state.get(name));
    if (parameters === undefined || buffers === undefined || modules === undefined)
      throw new CheckpointError(`${x.className} is not a class of modules: it has no parameters, buffers and submodules`);
    const transient = state.get('_non_persistent_buffers_set');
    const isTransient = (name: string): boolean => transient instanceof Set && transient.has(name);
    for (const [name, t] of entries(parameters)) if (isTensor(t)) found.push([prefix + name, t]);
    for (const [name, t] of entries(buffers)) if (isTensor(t) && !isTransient(name)) found.push([prefix + name, t]);
    for (const [name, child] of entries(modules)) visit(child, `${prefix}${name}.`, depth + 1);
  };
  visit(module, '', 0);
  return Object.fromEntries(found);
}

/** The entries of a dict whose keys are strings. */
function entries(dict: unknown): Map<string, unknown> {
  if (dict instanceof Map) return new Map([...dict].filter(([key]) => typeof key === 'string'));
  return new Map(Object.entries(dict ?? {}));
}
