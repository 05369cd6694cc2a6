/** `exportOnnx`. */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isTensor, type Tensor } from '@flambeau/core';
import { isModule, type Module } from '@flambeau/nn';
import { OnnxExportError } from './errors.js';
import { dataType, Graph } from './graph.js';
import { lowerProgram } from './lower.js';
import { loweringOf } from './lowerings/index.js';
import { ModulePath } from './module-path.js';
import { encodeModel, type ValueInfoProto } from './onnx-proto.js';
import { type DynamicAxes, dynamicSizes, probeInputs } from './probes.js';
import { mergeTraces, type ProgramValue } from './program.js';
import { printSize, type Size } from './size.js';
import { trace } from './tracer.js';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** The versions of the operators that are written, with the file format of their time. */
const IR_VERSION: { readonly [opset: number]: number } = { 17: 8, 18: 8 };
/** Protocol buffers hold less than that. */
const MAX_BYTES = 2 ** 31;

// biome-ignore lint/suspicious/noExplicitAny: any signature, as that of a module's forward
export type Exportable = Module | ((...inputs: any[]) => ExportedOutput);
/** What an exported function returns: a tensor, a list of them, or a record whose keys name the outputs. */
export type ExportedOutput = Tensor | readonly Tensor[] | { readonly [name: string]: Tensor };

export interface OnnxExportOptions {
  /** Also write the bytes to this file. */
  readonly path?: string;
  /** Default: `input`, or `input0`, `input1`, … */
  readonly inputNames?: readonly string[];
  /** Default: `output`, or `output0`, `output1`, …, or the keys of a record. */
  readonly outputNames?: readonly string[];
  /**
   * Which axes of which inputs may have other sizes than in the example, and what these are called; axes of one name have one
   * size. The outputs' axes follow. Default: axis 0 of all inputs, `batch`. `{}`: none.
   */
  readonly dynamicAxes?: DynamicAxes;
  /** Version of ONNX's operators. Default 17. */
  readonly opset?: 17 | 18;
  /** Entries for the file's metadata. */
  readonly metadata?: { readonly [key: string]: string };
  /** A description, for the file's `doc_string`. */
  readonly docString?: string;
}

/**
 * Writes a model as an ONNX file, which other runtimes can compute. Parameters and buffers keep the names of their state dict.
 * PyTorch: `torch.onnx.export`.
 *
 * The model runs on the example and on variations of it, in evaluation mode; its operators are recorded and written as ONNX's.
 * Numbers that depend on dynamic sizes become part of the graph, whatever the example's sizes are.
 *
 * @param model - A module, or a function of tensors. A function's modules must be in evaluation mode, and their parameters have no
 *   names.
 * @param exampleInputs - The arguments; their values do not matter, but they must be possible ones.
 * @returns The bytes of the file.
 * @throws {OnnxExportError} If an operator has no ONNX form, if the model takes other paths or uses other numbers for other
 *   inputs, or if it has state that changes.
 * @example
 * exportOnnx(model, randn([1, 3, 224, 224]), { path: 'model.onnx', outputNames: ['logits'] });
 */
export function exportOnnx(
  model: Exportable,
  exampleInputs: Tensor | readonly Tensor[],
  options: OnnxExportOptions = {},
): Uint8Array {
  const { opset = 17, metadata = {}, docString = '' } = options;
  const irVersion = IR_VERSION[opset];
  if (irVersion === undefined)
    throw new OnnxExportError(`exportOnnx: opset ${opset} is not supported; use ${Object.keys(IR_VERSION).join(' or ')}`);
  const inputs: readonly Tensor[] = isTensor(exampleInputs) ? [exampleInputs] : exampleInputs;
  const inputNames = namesFor('input', inputs.length, options.inputNames);
  const dynamic = dynamicSizes(inputNames, inputs, options.dynamicAxes);

  const module = isModule(model) ? model : null;
  let outputKeys: readonly string[] | null = null;
  const traces = inEvaluationMode(module, (path) =>
    probeInputs(inputs, dynamic).map((probe) => {
      const parameters = module === null ? [] : [...module.namedParameters(), ...module.namedBuffers()];
      const records = (def: Parameters<typeof loweringOf>[0]) => loweringOf(def) !== undefined;
      return trace(probe, { parameters, records, path: () => path.current }, () => {
        const { tensors, keys } = outputsOf((model as (...inputs: Tensor[]) => unknown)(...probe));
        outputKeys = keys;
        return tensors;
      });
    }),
  );
  const program = mergeTraces(traces);

  const outputNames = namesFor('output', program.outputs.length, options.outputNames ?? outputKeys ?? undefined);
  const graph = new Graph(opset, dynamic, inputNames);
  graph.nameOutputs(lowerProgram(program, graph, inputNames), outputNames);
  graph.prune(outputNames);
  const clash = [...inputNames, ...outputNames].find((name, i, all) => graph.initializers.has(name) || all.indexOf(name) !== i);
  if (clash !== undefined)
    throw new OnnxExportError(`exportOnnx: '${clash}' names two things in the graph; choose other inputNames or outputNames`);

  const info = (name: string, { shape, dtype }: ProgramValue): ValueInfoProto => ({
    name,
    elementType: dataType(dtype.name),
    shape: shape.map((size: Size) => printSize(size, dynamic)),
  });
  const inputValues = program.values.filter(({ origin }) => origin.kind === 'input');
  const bytes = encodeModel({
    irVersion,
    opset,
    producerName: 'flambeau',
    producerVersion: version,
    docString,
    metadata,
    graph: {
      name: module === null ? model.name || 'graph' : module.constructor.name,
      nodes: graph.nodes,
      initializers: [...graph.initializers.values()],
      inputs: inputValues.map((value, i) => info(inputNames[i], value)),
      outputs: program.outputs.map((id, i) => info(outputNames[i], program.values[id])),
    },
  });
  if (bytes.byteLength >= MAX_BYTES)
    throw new OnnxExportError(
      `exportOnnx: the model has ${bytes.byteLength} bytes; an ONNX file must have less than ${MAX_BYTES}`,
    );
  if (options.path !== undefined) writeFileSync(options.path, bytes);
  return bytes;
}

function namesFor(what: 'input' | 'output', count: number, given: readonly string[] | undefined): readonly string[] {
  const names = given ?? (count === 1 ? [what] : Array.from({ length: count }, (_, i) => `${what}${i}`));
  if (names.length !== count) throw new OnnxExportError(`exportOnnx: ${names.length} ${what}Names for ${count} ${what}s`);
  return names;
}

function outputsOf(output: unknown): { tensors: Tensor[]; keys: string[] | null } {
  if (isTensor(output)) return { tensors: [output], keys: null };
  const entries = typeof output === 'object' && output !== null ? Object.entries(output) : [];
  if (entries.length === 0 || !entries.every(([, t]) => isTensor(t)))
    throw new OnnxExportError('exportOnnx: the model must return a tensor, a list of tensors or a record of tensors');
  return { tensors: entries.map(([, t]) => t), keys: Array.isArray(output) ? null : entries.map(([key]) => key) };
}

/** Runs `fn` with all modules in evaluation mode, and brings each back to its own. */
function inEvaluationMode<T>(module: Module | null, fn: (path: ModulePath) => T): T {
  const modes = module?.modules().map((m) => [m, m.training] as const) ?? [];
  const path = new ModulePath(module);
  try {
    module?.eval();
    return fn(path);
  } finally {
    path.remove();
    for (const [m, training] of modes) m.training = training;
  }
}
