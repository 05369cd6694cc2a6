/** Several traces of one function as one program, in which what differs between them is an `Extent`. */
import { formatShape, type Tensor } from '@flambeau/core';
import type { AnyOpDef, DTypeInfo } from '@flambeau/core/internal';
import { OnnxExportError } from './errors.js';
import { type Size, sizeOf } from './size.js';
import type { Trace, TracedCall } from './tracer.js';

export type ProgramOrigin =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'parameter'; readonly name: string; readonly tensor: Tensor }
  /** `samples` has what it was in each trace. */
  | { readonly kind: 'constant'; readonly samples: readonly Tensor[]; readonly fixed: boolean }
  | { readonly kind: 'result' };

export interface ProgramValue {
  readonly shape: readonly Size[];
  readonly dtype: DTypeInfo;
  readonly origin: ProgramOrigin;
}
export interface ProgramCall {
  readonly def: AnyOpDef;
  readonly inputs: readonly (number | null)[];
  readonly outputs: readonly number[];
  readonly path: string;
  /** The attributes of each trace. */
  readonly attributes: readonly TracedCall['attributes'][];
}
export interface Program {
  readonly values: readonly ProgramValue[];
  /** Only those that the outputs depend on. */
  readonly calls: readonly ProgramCall[];
  readonly outputs: readonly number[];
}

export const inModule = (path: string): string => (path === '' ? '' : ` (in ${path})`);

/** @throws {OnnxExportError} If the traces do not have the same operators. */
export function mergeTraces(traces: readonly Trace[]): Program {
  const [first, ...others] = traces;
  first.calls.forEach((call, i) => {
    for (const { calls } of others) if (!sameCall(call, calls[i])) throw pathsDiffer(call, calls[i]);
  });
  for (const { calls, values, outputs } of others)
    if (calls.length !== first.calls.length || values.length !== first.values.length || `${outputs}` !== `${first.outputs}`)
      throw pathsDiffer(first.calls.at(-1), calls[first.calls.length]);

  const values = first.values.map((_, id) => mergeValue(traces, id));
  const calls = first.calls.map((call, i) => ({ ...call, attributes: traces.map((trace) => trace.calls[i].attributes) }));
  return { values, calls: liveCalls(calls, values, first.outputs), outputs: first.outputs };
}

const sameCall = (a: TracedCall, b: TracedCall | undefined): boolean =>
  b !== undefined && a.def === b.def && `${a.inputs}` === `${b.inputs}` && `${a.outputs}` === `${b.outputs}`;

function pathsDiffer(a: TracedCall | undefined, b: TracedCall | undefined): OnnxExportError {
  const name = (call: TracedCall | undefined): string => (call === undefined ? 'nothing' : call.def.name + inModule(call.path));
  return new OnnxExportError(
    `exportOnnx: the model takes different paths for different inputs: ${name(a)} in one run and ${name(b)} in another. A graph has one path; make the choice with where(), or fix the sizes with dynamicAxes: {}`,
  );
}

function mergeValue(traces: readonly Trace[], id: number): ProgramValue {
  const all = traces.map(({ values }) => values[id]);
  const [{ shape, dtype, origin }] = all;
  if (all.some((value) => value.shape.length !== shape.length || value.origin.kind !== origin.kind || value.dtype !== dtype))
    throw new OnnxExportError(
      `exportOnnx: a tensor of shape ${formatShape(shape)} has another number of dimensions or another dtype for other inputs`,
    );
  return {
    shape: shape.map((_, dim) => sizeOf(all.map((value) => value.shape[dim]))),
    dtype,
    origin: origin.kind === 'constant' ? mergeConstant(all.map((value) => (value.origin as typeof origin).tensor)) : origin,
  };
}

function mergeConstant(samples: readonly Tensor[]): ProgramOrigin {
  const bytes = samples.map((t) => bytesOf(t));
  const same = (t: Tensor, i: number) => formatShape(t.shape) === formatShape(samples[0].shape) && bytes[i].equals(bytes[0]);
  return { kind: 'constant', samples, fixed: samples.every(same) };
}

/** The elements in row-major order. */
export function bytesOf(t: Tensor): Buffer {
  const { buffer, byteOffset, byteLength } = t.toTypedArray();
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Without calls whose results nobody uses or are the same in all traces, that is, constants. */
function liveCalls(calls: readonly ProgramCall[], values: readonly ProgramValue[], outputs: readonly number[]): ProgramCall[] {
  const needed = new Set(outputs);
  return calls
    .toReversed()
    .filter((call) => {
      const computed = call.outputs.some((id) => {
        const { origin } = values[id];
        return needed.has(id) && !(origin.kind === 'constant' && origin.fixed);
      });
      if (computed) for (const id of call.inputs) if (id !== null) needed.add(id);
      return computed;
    })
    .toReversed();
}
