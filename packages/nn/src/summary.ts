/** A table of a model's layers. */
import { noGrad } from '@flambeau/autograd';
import { FlambeauError, isTensor, type Tensor, type TensorOptions, zeros } from '@flambeau/core';
import type { Module } from './module.js';
import { registerModuleForwardHook } from './module-hooks.js';
import { ConvTransposeNd } from './modules/conv-transpose.js';
import { Table } from './modules/embedding.js';

/** What is known about one module after a pass. */
export interface LayerSummary {
  /** Path of names; `''` for the model itself. */
  readonly name: string;
  readonly type: string;
  /** Submodules between it and the model. */
  readonly depth: number;
  /** Null if the module was not called or returns no tensor. */
  readonly outputShape: readonly number[] | null;
  /** Elements in parameters of its own. */
  readonly parameters: number;
  /** Bytes of the output, of all calls together. */
  readonly outputBytes: number;
  /** Multiplications and additions in pairs, of its own weights: 1 per weight and output position. */
  readonly multiplyAdds: number;
}

export interface ModelSummary {
  readonly layers: readonly LayerSummary[];
  readonly totalParameters: number;
  readonly trainableParameters: number;
  readonly totalMultiplyAdds: number;
  /** Bytes of the inputs. */
  readonly inputBytes: number;
  /** Bytes of all parameters and buffers. */
  readonly parameterBytes: number;
  /** Bytes of the outputs of the innermost layers, which is about what a training step keeps for backward. */
  readonly outputBytes: number;
  /** The table. */
  toString(): string;
}

/**
 * Runs the model once on zeros in evaluation mode and lists its layers: `console.log(String(summary(model, [1, 3, 224, 224])))`.
 *
 * @param input - The shape of the input, with the batch dimension; or the inputs themselves, as a list.
 * @throws {FlambeauError} If modules ran that have parameters and are not part of the model: they would not be trained.
 */
export function summary(model: Module, input: readonly number[] | readonly Tensor[]): ModelSummary {
  const inputs = input.length > 0 && isTensor(input[0]) ? (input as Tensor[]) : [zeros(input as number[], optionsOf(model))];
  const calls = new Map<Module, { shape: readonly number[] | null; bytes: number; multiplyAdds: number }>();
  const remove = registerModuleForwardHook((module, args, output) => {
    const shape = firstShape(output);
    const before = calls.get(module) ?? { bytes: 0, multiplyAdds: 0 };
    calls.set(module, {
      shape,
      bytes: before.bytes + bytesOf(output),
      multiplyAdds: before.multiplyAdds + (shape === null ? 0 : multiplyAdds(module, firstShape(args) ?? [], shape)),
    });
  });
  const training = model.modules().map((module) => [module, module.training] as const);
  try {
    model.eval();
    noGrad(() => model(...inputs));
  } finally {
    remove();
    for (const [module, mode] of training) module.training = mode;
  }
  refuseStrangers(model, calls.keys());
  const layers = model.namedModules().map(([name, module]) => ({
    name,
    type: module.constructor.name,
    depth: name === '' ? 0 : name.split('.').length,
    outputShape: calls.get(module)?.shape ?? null,
    parameters: count(module.parameters(false)),
    outputBytes: calls.get(module)?.bytes ?? 0,
    multiplyAdds: calls.get(module)?.multiplyAdds ?? 0,
  }));
  const innermost = new Set(model.modules().filter((module) => module.children().length === 0));
  const result = {
    layers,
    totalParameters: count(model.parameters()),
    trainableParameters: count(model.parameters().filter((p) => p.requiresGrad)),
    totalMultiplyAdds: layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0),
    inputBytes: bytesOf(inputs),
    parameterBytes: bytesOf([...model.parameters(), ...model.buffers()]),
    outputBytes: [...calls].reduce((sum, [module, { bytes }]) => sum + (innermost.has(module) ? bytes : 0), 0),
  };
  const text = (): string => table(result);
  return { ...result, toString: text, [Symbol.for('nodejs.util.inspect.custom')]: text } as ModelSummary;
}

const count = (parameters: readonly Tensor[]): number => parameters.reduce((n, p) => n + p.numel, 0);

/** Modules in `#private` fields or variables run, but nothing finds their parameters. */
function refuseStrangers(model: Module, called: Iterable<Module>): void {
  const members = new Set(model.modules());
  const known = new Set(model.parameters());
  const stranger = [...called].find((m) => !members.has(m) && m.parameters().some((p) => !known.has(p)));
  if (stranger !== undefined)
    throw new FlambeauError(
      `summary: a ${stranger.constructor.name} ran in ${model.constructor.name} that is not part of it, so its parameters are neither trained nor saved; hold it in a public field (not in a #private one or a variable)`,
    );
}

function bytesOf(values: unknown): number {
  if (isTensor(values)) return values.numel * values.itemSize;
  return Array.isArray(values) ? values.reduce((sum: number, value) => sum + bytesOf(value), 0) : 0;
}

/** The dtype and the device that the model was made for. */
function optionsOf(model: Module): TensorOptions {
  const first = model.parameters().at(0);
  return { dtype: first?.dtype ?? 'float32', device: first?.device };
}

function firstShape(output: unknown): readonly number[] | null {
  if (isTensor(output)) return output.shape;
  if (Array.isArray(output)) return output.map(firstShape).find((shape) => shape !== null) ?? null;
  return null;
}

/**
 * Each weight of a matrix or a convolution is used once per output position: `(N, *, out)` for `(out, in)`, `(N, out, *)` for
 * `(out, in, k…)`; that of a transposed convolution, `(in, out, k…)`, once per input position. Vectors (scales and biases) are used
 * once per element of the output.
 */
function multiplyAdds(module: Module, input: readonly number[], output: readonly number[]): number {
  if (module instanceof Table) return 0;
  const elements = (module instanceof ConvTransposeNd ? input : output).reduce((n, size) => n * size, 1);
  let sum = 0;
  for (const member of module.members()) {
    if (member.kind !== 'parameter') continue;
    const { value: weight, name } = member;
    if (weight.ndim >= 2) sum += (weight.numel / weight.shape[0]) * elements;
    else if (weight.ndim === 1 && name === 'weight') sum += elements;
  }
  return sum;
}

function table(summary: Omit<ModelSummary, 'toString'>): string {
  const { layers, totalParameters, trainableParameters, totalMultiplyAdds } = summary;
  const rows = layers.map((layer) => [
    `${'  '.repeat(layer.depth)}${layer.type}${layer.name === '' ? '' : ` (${layer.name})`}`,
    layer.outputShape === null ? '–' : `(${layer.outputShape.join(', ')})`,
    layer.parameters === 0 ? '–' : grouped(layer.parameters),
    layer.multiplyAdds === 0 ? '–' : grouped(layer.multiplyAdds),
  ]);
  const head = ['Layer', 'Output shape', 'Parameters', 'Multiply-adds'];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [
    line(head),
    rule,
    ...rows.map(line),
    rule,
    `Parameters: ${grouped(totalParameters)} (${grouped(trainableParameters)} trainable)`,
    `Multiply-adds: ${grouped(totalMultiplyAdds)}`,
    `Memory: ${mebibytes(summary.inputBytes)} input, ${mebibytes(summary.outputBytes)} outputs of layers, ${mebibytes(summary.parameterBytes)} parameters`,
  ].join('\n');
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
const grouped = (n: number): string => n.toLocaleString('en-US');
