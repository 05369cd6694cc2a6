/** Arrays on their way between processes: raw little-endian files in the folder of the run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromTypedArray, Generator, randint, randn, type Tensor } from '@flambeau/core';
import type { InputSpec } from './workload.js';

const bytes = (a: ArrayBufferView) => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);

const fileOf = (folder: string, name: string) => join(folder, `${name}.bin`);

/** Writes random inputs, always the same for a name and a shape, and describes them in `inputs.json`. */
export function writeInputs(folder: string, inputs: Readonly<Record<string, InputSpec>>): void {
  const generator = new Generator();
  generator.manualSeed(0);
  for (const [name, spec] of Object.entries(inputs)) {
    const t =
      spec.dtype === 'int64'
        ? randint(0, spec.classes, spec.shape, { generator })
        : randn(spec.shape, { generator }).mul_(spec.scale ?? 1);
    writeFileSync(fileOf(folder, name), bytes(t.toTypedArray()));
  }
  writeFileSync(join(folder, 'inputs.json'), JSON.stringify(inputs));
}

/** The inputs that `writeInputs` left in the folder, as plain arrays. */
export function readArrays(folder: string): Record<string, { spec: InputSpec; data: Float32Array | BigInt64Array }> {
  const inputs = JSON.parse(readFileSync(join(folder, 'inputs.json'), 'utf8')) as Record<string, InputSpec>;
  return Object.fromEntries(
    Object.entries(inputs).map(([name, spec]) => {
      const { buffer } = new Uint8Array(readFileSync(fileOf(folder, name))); // a copy, at the start of a buffer of its own
      return [name, { spec, data: spec.dtype === 'int64' ? new BigInt64Array(buffer) : new Float32Array(buffer) }];
    }),
  );
}

/** The same as tensors, with memory of their own. */
export function readInputs(folder: string): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(readArrays(folder)).map(([name, { spec, data }]) => [name, fromTypedArray(data, spec.shape).clone()]),
  );
}

/** Leaves one float32 output in the folder, for `readOutput`. */
export const writeOutput = (folder: string, name: string, data: Float32Array): void =>
  writeFileSync(fileOf(folder, name), bytes(data));

export function readOutput(folder: string, name: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(fileOf(folder, name))).buffer);
}
