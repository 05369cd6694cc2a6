/** Runs an exported model in ONNX Runtime and compares with our own result. */
import { type DType, fromTypedArray, isTensor, type Tensor } from '@flambeau/core';
import * as ort from 'onnxruntime-node';
import { expect } from 'vitest';
import { type Exportable, exportOnnx, type OnnxExportOptions } from '../src/index.js';

type OrtType = 'float32' | 'float64' | 'int64' | 'int32' | 'int16' | 'int8' | 'uint8' | 'bool';

const toOrt = (t: Tensor): ort.Tensor => new ort.Tensor(t.dtype as OrtType, t.toTypedArray() as never, [...t.shape]);
const fromOrt = (t: ort.Tensor): Tensor => fromTypedArray(t.data as never, t.dims, { dtype: t.type as DType });

/** The results of an exported model, by output name. */
export async function runOnnx(bytes: Uint8Array, inputs: readonly Tensor[]): Promise<Map<string, Tensor>> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const feeds = Object.fromEntries(session.inputNames.map((name, i) => [name, toOrt(inputs[i])]));
  const results = await session.run(feeds);
  const tensors = new Map(session.outputNames.map((name) => [name, fromOrt(results[name])]));
  await session.release();
  return tensors;
}

export interface CompareOptions extends OnnxExportOptions {
  /** Allowed difference, relative to the larger of 1 and the value. Default 2e-5. */
  readonly tolerance?: number;
}

/** Exports with the first list of inputs and runs with each of the lists. Returns the file. */
export async function compare(
  model: Exportable,
  [example, ...others]: readonly (readonly Tensor[])[],
  { tolerance = 2e-5, ...options }: CompareOptions = {},
): Promise<Uint8Array> {
  const bytes = exportOnnx(model, example, options);
  for (const inputs of [example, ...others]) {
    const output = (model as (...inputs: readonly Tensor[]) => Tensor | Tensor[])(...inputs.map((t) => t.clone()));
    const expected: Tensor[] = isTensor(output) ? [output] : Object.values(output);
    const actual = [...(await runOnnx(bytes, inputs)).values()];
    expect(actual.length).toBe(expected.length);
    actual.forEach((t, i) => {
      expectClose(t, expected[i], tolerance);
    });
  }
  return bytes;
}

export function expectClose(actual: Tensor, expected: Tensor, tolerance: number): void {
  expect([actual.dtype, ...actual.shape]).toEqual([expected.dtype, ...expected.shape]);
  const [a, b] = [actual, expected].map((t) => Array.from(t.toTypedArray() as Float64Array, Number));
  const worst = a.findIndex((x, i) => !Object.is(x, b[i]) && !(Math.abs(x - b[i]) <= tolerance * Math.max(1, Math.abs(b[i]))));
  if (worst >= 0) expect.fail(`element ${worst}: ONNX Runtime ${a[worst]}, ours ${b[worst]}`);
}
