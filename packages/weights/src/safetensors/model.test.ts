import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { arange, ones, type Tensor, tensor, zeros } from '@flambeau/core';
import { temporaryFolder } from '@flambeau/vitest/temporary-folder';
import { describe, expect, it } from 'vitest';
import { CheckpointError, load, loadFile, loadModel, openSafetensors, saveModel, saveSharded } from '../index.js';

/** As a module of `@flambeau/nn` behaves. */
const modelOf = (state: Record<string, Tensor>) => ({
  stateDict: () => state,
  loadStateDict(given: Record<string, Tensor>, { strict = true }: { readonly strict?: boolean }) {
    const missingKeys = Object.keys(state).filter((name) => !(name in given));
    const unexpectedKeys = Object.keys(given).filter((name) => !(name in state));
    if (strict && missingKeys.length + unexpectedKeys.length > 0)
      throw new Error(`missing ${missingKeys}; extra ${unexpectedKeys}`);
    for (const [name, t] of Object.entries(given)) if (name in state) state[name].copy_(t);
    return { missingKeys, unexpectedKeys };
  },
});
const tied = (embedding: Tensor, bias: Tensor) => modelOf({ 'head.weight': embedding, 'embed.weight': embedding, bias });

describe('saveModel and loadModel', () => {
  const path = join(temporaryFolder(), 'model.safetensors');
  it('store tied weights once and load them under both names', () => {
    saveModel(tied(arange(6).reshape([3, 2]), ones([3])), path, { metadata: { epoch: '1' } });
    expect(Object.keys(loadFile(path)).toSorted()).toEqual(['bias', 'embed.weight']);
    expect(openSafetensors(path).metadata).toEqual({ format: 'pt', 'head.weight': 'embed.weight', epoch: '1' });
    const model = tied(zeros([3, 2]), zeros([3]));
    expect(loadModel(model, path)).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(model.stateDict()['head.weight'].toArray()).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
  });
  it('leave the checks to the model where nothing is tied', () => {
    const untied = modelOf({ 'head.weight': zeros([3, 2]), 'embed.weight': zeros([3, 2]), bias: zeros([3]) });
    expect(() => loadModel(untied, path)).toThrow('missing head.weight; extra ');
    expect(loadModel(untied, path, { strict: false }).missingKeys).toEqual(['head.weight']);
  });
  it('keep parts of one memory that do not overlap, and the whole of those that do', () => {
    const packed = arange(6);
    saveModel(modelOf({ q: packed.narrow(0, 0, 3), k: packed.narrow(0, 3, 3) }), path);
    expect(Object.keys(loadFile(path)).toSorted()).toEqual(['k', 'q']);
    saveModel(modelOf({ a: packed.narrow(0, 0, 3), whole: packed }), path);
    expect(Object.keys(loadFile(path))).toEqual(['whole']);
    const target = zeros([6]);
    loadModel(modelOf({ a: target.narrow(0, 0, 3), whole: target }), path);
    expect(target.toArray()).toEqual([0, 1, 2, 3, 4, 5]);
    const overlapping = modelOf({ a: packed.narrow(0, 0, 4), b: packed.narrow(0, 2, 4) });
    expect(() => saveModel(overlapping, path)).toThrow('the tensors a, b share memory and none of them shows all of it');
  });
});

describe('a sharded checkpoint', () => {
  const folder = temporaryFolder();
  const tensors = { a: arange(4), b: arange(3, { dtype: 'int64' }), c: ones([2]), d: zeros([100]) };
  it('is split by size and found by its index', async () => {
    const index = saveSharded(folder, tensors, { maxShardSize: 40, metadata: { format: 'pt' } });
    expect(readdirSync(folder).toSorted()).toEqual([
      'model-00001-of-00003.safetensors',
      'model-00002-of-00003.safetensors',
      'model-00003-of-00003.safetensors',
      'model.safetensors.index.json',
    ]);
    expect(JSON.parse(readFileSync(index, 'utf8'))).toEqual({
      metadata: { format: 'pt', total_size: 16 + 24 + 8 + 400 },
      weight_map: {
        a: 'model-00001-of-00003.safetensors',
        b: 'model-00001-of-00003.safetensors',
        c: 'model-00002-of-00003.safetensors',
        d: 'model-00003-of-00003.safetensors',
      },
    });
    await using file = openSafetensors(index);
    expect(file.keys()).toEqual(['a', 'b', 'c', 'd']);
    expect(file.info('b')).toMatchObject({ dtype: 'int64', shape: [3] });
    expect(file.tensor('b').toArray()).toEqual([0, 1, 2]);
    expect(Object.keys(load(index))).toEqual(['a', 'b', 'c', 'd']);
    file.close();
    expect(() => file.tensor('a')).toThrow('was closed');
    const model = modelOf({ a: zeros([4]), b: zeros([3], { dtype: 'int64' }), c: zeros([2]), d: ones([100]) });
    loadModel(model, index);
    expect(model.stateDict().a.toArray()).toEqual([0, 1, 2, 3]);
  });
  it('is one file where it fits', () => {
    const path = saveSharded(join(folder, 'one'), tensors, { name: 'small' });
    expect(path).toBe(join(folder, 'one', 'small.safetensors'));
    expect(readdirSync(join(folder, 'one'))).toEqual(['small.safetensors']);
  });
  it.each<[string, string, string]>([
    ['leads out of its folder', '{ "weight_map": { "a": "../a.safetensors" } }', 'names "../a.safetensors" as a shard'],
    ['names no file', '{ "weight_map": { "a": 1 } }', 'names 1 as a shard'],
    ['has no map', '{ "metadata": {} }', 'it has no weight_map'],
    ['is no JSON', '{', 'is not an index of a sharded checkpoint'],
    ['is null', 'null', 'it has no weight_map'],
    ['names a file that is missing', '{ "weight_map": { "a": "gone.safetensors" } }', 'cannot read'],
    ['promises what the shard has not', '{ "weight_map": { "x": "model-00001-of-00003.safetensors" } }', "no tensor 'x'"],
  ])('whose index %s is refused', (_, text, message) => {
    const path = join(folder, 'bad.safetensors.index.json');
    writeFileSync(path, text);
    expect(() => load(path)).toThrow(CheckpointError);
    expect(() => load(path)).toThrow(message);
  });
  it('reads only the bytes of the tensor that is asked for', () => {
    const path = join(folder, 'lazy.safetensors');
    saveSharded(folder, { big: zeros([100_000]), small: tensor([7]) }, { name: 'lazy' });
    const bytes = readFileSync(path);
    const header = 8 + Number(bytes.readBigUInt64LE());
    const file = openSafetensors(path);
    writeFileSync(path, bytes.subarray(0, header + 8)); // the data is gone, but for the first bytes
    expect(() => file.tensor('small')).toThrow('it has become shorter since it was opened');
    file.close();
  });
});
