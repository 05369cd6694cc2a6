/** Writes a program as an ONNX graph. */
import type { Tensor } from '@flambeau/core';
import type { Attributes } from '@flambeau/core/internal';
import { OnnxExportError } from './errors.js';
import type { Graph } from './graph.js';
import { Call, type Lowering, type Value } from './lowering.js';
import { loweringOf } from './lowerings/index.js';
import { inModule, type Program, type ProgramCall, type ProgramValue } from './program.js';
import { cast } from './shapes.js';
import { type Size, sameSize, sizeOf } from './size.js';

/** @returns The names of the program's results. */
export function lowerProgram(program: Program, graph: Graph, inputNames: readonly string[]): string[] {
  const values = new Map<number, Value>();
  const used = new Set([...program.outputs, ...program.calls.flatMap(({ inputs }) => inputs)]);

  const resolve = (id: number): Value => {
    const found = values.get(id);
    if (found !== undefined) return found;
    const made = leaf(program.values[id], graph, inputNames);
    values.set(id, made);
    return made;
  };
  program.values.forEach(({ origin }, id) => {
    if (origin.kind === 'input') graph.offer(resolve(id).name, resolve(id).shape);
  });
  for (const call of program.calls) {
    graph.path = call.path;
    located(call.path, () => lowerCall(call));
  }
  graph.path = '';
  return program.outputs.map((id) => resolve(id).name);

  function lowerCall({ def, inputs, outputs, attributes, path }: ProgramCall): void {
    const operands = inputs.map((id) => (id === null ? null : resolve(id)));
    const results = outputs.map((id) => ({ shape: program.values[id].shape, dtype: program.values[id].dtype.name }));
    const isUsed = outputs.map((id) => used.has(id));
    const call = new Call<Attributes>(graph, def.name, operands, results, path, attributes, isUsed);
    const lowering = loweringOf(def) as Lowering;
    const names = lowering(call, graph);
    (typeof names === 'string' ? [names] : names).forEach((name, i) => {
      const producer = { op: def.name, inputs: operands, scalar: null };
      values.set(outputs[i], { name, ...results[i], producer });
      if (isUsed[i]) graph.offer(name, results[i].shape);
    });
  }
}

/** Adds the module's path to errors that do not name it. */
function located<T>(path: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    if (error instanceof OnnxExportError && !error.message.endsWith(inModule(path))) error.message += inModule(path);
    throw error;
  }
}

/** An input, a parameter or a constant. */
function leaf({ shape, dtype: { name: dtype }, origin }: ProgramValue, graph: Graph, inputNames: readonly string[]): Value {
  const value = { shape, dtype, producer: null };
  switch (origin.kind) {
    case 'input':
      return { ...value, name: inputNames[origin.index] };
    case 'parameter':
      return { ...value, name: graph.initializer(origin.name, origin.tensor) };
    case 'constant': {
      const [first] = origin.samples;
      if (!origin.fixed) return { ...value, name: dynamicConstant(origin.samples, shape, graph) };
      const scalar = first.numel === 1 ? Number(first.elements()[0]) : null;
      return { ...value, name: graph.constant(first), producer: { op: 'constant', inputs: [], scalar } };
    }
    default:
      throw new Error('a result is used before it is computed');
  }
}

/** A constant that is made anew for each size: one number everywhere, a range, or a size itself. */
function dynamicConstant(samples: readonly Tensor[], shape: readonly Size[], graph: Graph): string {
  const [{ dtype, ndim }] = samples;
  const elements = samples.map((t) => t.elements().map(Number));
  const [first] = elements[0];
  if (elements.every((list) => list.every((x) => Object.is(x, first)))) {
    const fill = graph.constant(samples[0].reshape([-1]).narrow(0, 0, 1).reshape([]).contiguous());
    return graph.node('Expand', [fill, graph.sizes(shape)]);
  }
  if (elements.every((list) => list.length === 1 && Number.isInteger(list[0]))) {
    const size = graph.sizeScalar(sizeOf(elements.map(([x]) => x)));
    const scalar = cast(graph, size, 'int64', dtype);
    return ndim === 0 ? scalar : graph.node('Expand', [scalar, graph.sizes(shape)]);
  }
  const longest = elements.reduce((a, b) => (b.length > a.length ? b : a));
  const step = longest[1] - first;
  const isRange = (list: readonly number[]) =>
    list.every((x, i) => x === Math.fround(first + i * step) || x === first + i * step);
  if (ndim === 1 && elements.every(isRange) && !sameSize(shape[0], 0)) {
    const counts = graph.node('Range', [graph.scalar(0, 'int64'), graph.sizeScalar(shape[0]), graph.scalar(1, 'int64')]);
    const steps = graph.node('Mul', [cast(graph, counts, 'int64', dtype), graph.scalar(step, dtype)]);
    return graph.node('Add', [steps, graph.scalar(first, dtype)]);
  }
  throw new OnnxExportError(
    'exportOnnx: a constant is computed from the data or from dynamic sizes, and it is neither one number everywhere nor a range; compute it with tensor operators from such, or pass it as an input',
  );
}
