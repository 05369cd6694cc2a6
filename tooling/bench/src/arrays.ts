/** Arrays on their way between processes: raw little-endian files in the folder of the run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cat, empty, fromTypedArray, Generator, randint, randn, type Tensor } from '@flambeau/core';
import { type InputSpec, product } from './workload.js';

/** Numbers in a file, at most: a prime, so that repeating them does not make rows of matrices equal. */
export const PERIOD = 1048573;
/** About how many elements of a large output are compared. */
const SAMPLE = 2 ** 20;

const bytes = (a: ArrayBufferView) => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);

const fileOf = (folder: string, name: string) => join(folder, `${name}.bin`);

/** Writes random inputs, always the same for a name and a shape, and describes them in `inputs.json`. */
export function writeInputs(folder: string, inputs: Readonly<Record<string, InputSpec>>): void {
  const generator = new Generator();
  generator.manualSeed(0);
  for (const [name, { shape, classes, scale = 1 }] of Object.entries(inputs)) {
    const size = [Math.min(PERIOD, product(shape))];
    const t = classes === undefined ? randn(size, { generator }).mul_(scale) : randint(0, classes, size, { generator });
    writeFileSync(fileOf(folder, name), bytes(t.toTypedArray()));
  }
  writeFileSync(join(folder, 'inputs.json'), JSON.stringify(inputs));
}

const readSpecs = (folder: string) => JSON.parse(readFileSync(join(folder, 'inputs.json'), 'utf8')) as Record<string, InputSpec>;

function readFile(folder: string, name: string, { classes }: InputSpec): Float32Array | BigInt64Array {
  const { buffer } = new Uint8Array(readFileSync(fileOf(folder, name))); // a copy, at the start of a buffer of its own
  return classes === undefined ? new Float32Array(buffer) : new BigInt64Array(buffer);
}

/** What the file holds, again and again. */
function repeated(period: Tensor, size: number): Tensor {
  const all = empty([size], { dtype: period.dtype });
  for (let at = 0; at < size; at += period.numel) {
    const count = Math.min(period.numel, size - at);
    all.narrow(0, at, count).copy_(period.narrow(0, 0, count));
  }
  return all;
}

function readInput(folder: string, name: string, spec: InputSpec): Tensor {
  const { shape, dtype = 'float32', permute, step } = spec;
  let t = repeated(fromTypedArray(readFile(folder, name, spec)), product(shape))
    .to(dtype)
    .reshape(shape);
  if (permute !== undefined) t = t.permute(permute);
  if (step !== undefined) t = t.unfold(-1, 1, step).squeeze(-1);
  return t;
}

/** The inputs that `writeInputs` left in the folder, with memory of their own, as the operation sees them. */
export function readInputs(folder: string): Record<string, Tensor> {
  const specs = Object.entries(readSpecs(folder));
  return Object.fromEntries(specs.map(([name, spec]) => [name, readInput(folder, name, spec)]));
}

/** The same for a library that has no tensors of ours: contiguous numbers and their shape. */
export function readArrays(folder: string): Record<string, { shape: readonly number[]; data: Float32Array }> {
  return Object.fromEntries(
    Object.entries(readInputs(folder)).map(([name, t]) => [
      name,
      { shape: t.shape, data: t.to('float32').toTypedArray() as Float32Array },
    ]),
  );
}

/** All of a tensor's elements, or an evenly spaced part of them and the end. */
export function sample(tensor: Tensor): Float32Array {
  let flat = tensor.detach().flatten();
  if (flat.numel > 2 * SAMPLE) {
    const evenly = flat.unfold(0, 1, Math.ceil(flat.numel / SAMPLE)).squeeze(-1);
    flat = cat([evenly, flat.narrow(0, flat.numel - 4096, 4096)]);
  }
  return flat.to('float32').toTypedArray() as Float32Array;
}

/** Leaves one float32 output in the folder, for `readOutput`. */
export const writeOutput = (folder: string, name: string, data: Float32Array): void =>
  writeFileSync(fileOf(folder, name), bytes(data));

export function readOutput(folder: string, name: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(fileOf(folder, name))).buffer);
}
