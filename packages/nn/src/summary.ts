/** A table of a model's layers. */
import { noGrad } from '@flambeau/autograd';
import { isTensor, type Tensor, zeros } from '@flambeau/core';
import type { Module } from './module.js';

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
  /** Multiplications and additions in pairs, of its own weights: 1 per weight and output position. */
  readonly multiplyAdds: number;
}

export interface ModelSummary {
  readonly layers: readonly LayerSummary[];
  readonly totalParameters: number;
  readonly trainableParameters: number;
  readonly totalMultiplyAdds: number;
  /** The table. */
  toString(): string;
}

/**
 * Runs the model once on zeros in evaluation mode and lists its layers: `console.log(String(summary(model, [1, 3, 224, 224])))`.
 *
 * @param input - The shape of the input, with the batch dimension; or the inputs themselves, as a list.
 */
export function summary(model: Module, input: readonly number[] | readonly Tensor[]): ModelSummary {
  const inputs =
    input.length > 0 && isTensor(input[0]) ? (input as Tensor[]) : [zeros(input as number[], { dtype: dtypeOf(model) })];
  const calls = new Map<Module, { shape: readonly number[] | null; multiplyAdds: number }>();
  const removers = model.modules().flatMap((module) => {
    if (typeof module !== 'function') return []; // a container that is never called
    return module.registerForwardHook((_module, _args, output: unknown) => {
      const shape = firstShape(output);
      const before = calls.get(module)?.multiplyAdds ?? 0;
      calls.set(module, { shape, multiplyAdds: before + (shape === null ? 0 : multiplyAdds(module, shape)) });
    });
  });
  const training = model.modules().map((module) => [module, module.training] as const);
  try {
    model.eval();
    noGrad(() => model(...inputs));
  } finally {
    for (const remove of removers) remove();
    for (const [module, mode] of training) module.training = mode;
  }
  const layers = model.namedModules().map(([name, module]) => ({
    name,
    type: module.constructor.name,
    depth: name === '' ? 0 : name.split('.').length,
    outputShape: calls.get(module)?.shape ?? null,
    parameters: count(module.parameters(false)),
    multiplyAdds: calls.get(module)?.multiplyAdds ?? 0,
  }));
  const result = {
    layers,
    totalParameters: count(model.parameters()),
    trainableParameters: count(model.parameters().filter((p) => p.requiresGrad)),
    totalMultiplyAdds: layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0),
  };
  const text = (): string => table(result);
  return { ...result, toString: text, [Symbol.for('nodejs.util.inspect.custom')]: text } as ModelSummary;
}

const count = (parameters: readonly Tensor[]): number => parameters.reduce((n, p) => n + p.numel, 0);

function dtypeOf(model: Module): 'float32' {
  return (model.parameters()[0]?.dtype ?? 'float32') as 'float32';
}

function firstShape(output: unknown): readonly number[] | null {
  if (isTensor(output)) return output.shape;
  if (Array.isArray(output)) return output.map(firstShape).find((shape) => shape !== null) ?? null;
  return null;
}

/**
 * Each weight of a matrix or a convolution is used once per output position: `(N, *, out)` for `(out, in)`, `(N, out, *)` for
 * `(out, in, k…)`. Vectors (scales and biases) are used once per element of the output.
 */
function multiplyAdds(module: Module, shape: readonly number[]): number {
  const elements = shape.reduce((n, size) => n * size, 1);
  let sum = 0;
  for (const member of module.members()) {
    if (member.kind !== 'parameter') continue;
    const { value: weight, name } = member;
    if (weight.ndim >= 2 && module.constructor.name !== 'Embedding') sum += (weight.numel / weight.shape[0]) * elements;
    else if (weight.ndim === 1 && name === 'weight') sum += elements;
  }
  return sum;
}

function table({ layers, totalParameters, trainableParameters, totalMultiplyAdds }: Omit<ModelSummary, 'toString'>): string {
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
  ].join('\n');
}

const grouped = (n: number): string => n.toLocaleString('en-US');
