/** Files of others, read as PyTorch and NumPy read them: every value, and every byte of every tensor. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '@flambeau/core';
import { load, loadTorchScript, moduleStateDict, PickledObject, UnknownClassError } from '@flambeau/weights';
import { describe, expect, it } from 'vitest';
import { describe as described, sorted } from './describe.mjs';
import { missing, note, SHARED } from './shared-data.js';

const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url));
const readDescriptions = (path: string): [string, unknown][] =>
  Object.entries(JSON.parse(readFileSync(join(fixtures, path), 'utf8')));
/** Their entries have no order, or one that PyTorch does not keep. */
const unordered = (name: string): boolean =>
  /\.(safetensors|jit)$/.test(name) || name.includes('torchscript') || name === 'script.pt';

/** What the descriptions describe: of modules that were pickled whole, the state dict. */
const read = (input: string | Uint8Array, name: string): unknown =>
  name === 'whole-module.pt' ? moduleStateDict(load<PickledObject>(input, { weightsOnly: false })) : load(input);

function expectSame(path: string, name: string, expected: unknown): void {
  const found = described(read(path, name));
  expect(unordered(name) ? sorted(found) : found).toEqual(unordered(name) ? sorted(expected) : expected);
}

describe('files that PyTorch 2.13 and NumPy wrote', () => {
  const folder = join(fixtures, 'written-by-pytorch');
  it.each(readDescriptions('written-by-pytorch/described.json'))('%s', (name, expected) => {
    expectSame(join(folder, name), name, expected);
    expect(described(read(readFileSync(join(folder, name)), name))).toEqual(described(read(join(folder, name), name)));
  });

  it.each(['values.pt', 'values-legacy.pt'])('%s: tensors that shared memory share it', (name) => {
    const { tied, views } = load<Record<string, Record<string, Tensor>>>(join(folder, name));
    expect(tied.encoder).toBe(tied.decoder);
    for (const view of Object.values(views)) expect(view.storage).toBe(views.base.storage);
    views.row.mul_(10);
    expect(views.base.toArray()).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [80, 90, 100, 110],
    ]);
    expect(views.transposed.strides).toEqual([1, 4]);
  });

  it('a state dict is a plain object, a dict with other keys a Map', () => {
    const { model, keys, digits, numbers, names } = load<Record<string, object>>(join(folder, 'values.pt'));
    expect(Object.keys(model)).toEqual([
      '0.weight',
      '0.bias',
      '1.weight',
      '1.bias',
      '1.running_mean',
      '1.running_var',
      '1.num_batches_tracked',
    ]);
    expect(keys).toBeInstanceOf(Map);
    expect(digits).toBeInstanceOf(Map); // '0' with a text would be the number 0 in an object
    expect(numbers).toEqual({ 0: 'a', 1: { x: 1 }, 5: 'b' });
    expect(Object.keys(names)).toEqual(['0', '1']);
  });

  it('unknown classes are refused by name, and kept as inert records on demand', () => {
    const path = join(folder, 'unknown-classes.pt');
    expect(() => load(path)).toThrow(UnknownClassError);
    expect(() => load(path)).toThrow(`${path}: the pickle mentions argparse.Namespace, which is not on the list`);
    const { args, loss } = load<Record<string, PickledObject>>(path, { weightsOnly: false });
    expect(args).toBeInstanceOf(PickledObject);
    expect(args).toMatchObject({ className: 'argparse.Namespace', args: [], state: { lr: 0.1, name: 'run' } });
    expect(loss.className).toMatch(/^numpy\..*multiarray\.scalar$/);
    expect(loss.args[1]).toEqual(new Uint8Array(new Float64Array([0.25]).buffer));
  });

  it('a module that was pickled whole needs weightsOnly: false, and what is none is refused', () => {
    expect(() => load(join(folder, 'whole-module.pt'))).toThrow('torch.nn.modules.container.Sequential');
    const { args } = load<Record<string, PickledObject>>(join(folder, 'unknown-classes.pt'), { weightsOnly: false });
    expect(() => moduleStateDict(args)).toThrow('argparse.Namespace is not a class of modules');
    const loop = new PickledObject('a.B', []);
    loop.state = { _parameters: {}, _buffers: {}, _modules: { loop } };
    expect(() => moduleStateDict(loop)).toThrow('contains itself');
  });

  it('a TorchScript archive has a tree of modules and constants', () => {
    const { module, stateDict } = loadTorchScript(join(folder, 'script.pt'));
    expect(module.className).toMatch(/^__torch__\.(.*\.)?Net$/);
    const attributes = module.state as Record<string, unknown>;
    expect(attributes).toMatchObject({ training: true, shape: [1, 2] });
    expect((attributes.plain as Tensor).toArray()).toEqual([0, 0]); // an attribute, no buffer
    expect(Object.keys(stateDict)).not.toContain('plain');
    expect(stateDict.steps.toArray()).toEqual([1, 2]);
    const { constants } = loadTorchScript(join(folder, 'traced.pt'));
    expect(constants.map((c) => (c as Tensor).toArray())).toEqual([[1, 2, 3]]);
  });
});

describe(`files of the shared data${note}`, () => {
  it.skipIf(missing).each(readDescriptions('shared-data.json'))('%s', (name, expected) => {
    expectSame(join(SHARED, name), name, expected);
  });
});
