/**
 * ONNX's file format: the messages of `onnx.proto3` that an exported model consists of, with their field numbers.
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { DType } from '@flambeau/core';

/** `TensorProto.DataType`. Complex numbers exist in ONNX, but no operator takes them. */
export const DATA_TYPE: { readonly [D in DType]?: number } = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
};

/** `AttributeProto.AttributeType`. */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;

const MODEL = {
  irVersion: 1,
  producerName: 2,
  producerVersion: 3,
  docString: 6,
  graph: 7,
  opsetImport: 8,
  metadata: 14,
} as const;
const OPSET = { version: 2 } as const;
const ENTRY = { key: 1, value: 2 } as const;
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5 } as const;
const ATTRIBUTE = { name: 1, f: 2, i: 3, s: 4, ints: 8, type: 20 } as const;
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9 } as const;
const VALUE_INFO = { name: 1, type: 2 } as const;
const TYPE = { tensor: 1 } as const;
const TENSOR_TYPE = { elementType: 1, shape: 2 } as const;
const SHAPE = { dim: 1 } as const;
const DIMENSION = { value: 1, parameter: 2 } as const;

/** A float attribute; plain numbers are integers. */
export interface Float {
  readonly float: number;
}
export type AttributeValue = number | string | readonly number[] | Float;

export interface NodeProto {
  readonly opType: string;
  readonly name: string;
  /** An absent optional input is `''`. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: { readonly [name: string]: AttributeValue };
}
export interface TensorProto {
  readonly name: string;
  readonly dataType: number;
  readonly dims: readonly number[];
  /** The elements in row-major order, little-endian. */
  readonly rawData: Uint8Array;
}
export interface ValueInfoProto {
  readonly name: string;
  readonly elementType: number;
  /** A number, or the name of a dynamic size. */
  readonly shape: readonly (number | string)[];
}
export interface ModelProto {
  readonly irVersion: number;
  readonly opset: number;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly docString: string;
  readonly metadata: { readonly [key: string]: string };
  readonly graph: {
    readonly name: string;
    readonly nodes: readonly NodeProto[];
    readonly initializers: readonly TensorProto[];
    readonly inputs: readonly ValueInfoProto[];
    readonly outputs: readonly ValueInfoProto[];
  };
}

type Write = (w: BinaryWriter) => void;

function message(w: BinaryWriter, field: number, write: Write): void {
  w.tag(field, WireType.LengthDelimited).fork();
  write(w);
  w.join();
}
const text = (w: BinaryWriter, field: number, value: string) => w.tag(field, WireType.LengthDelimited).string(value);
const int = (w: BinaryWriter, field: number, value: number) => w.tag(field, WireType.Varint).int64(value);
const ints = (w: BinaryWriter, field: number, values: readonly number[]) =>
  message(w, field, () => {
    for (const value of values) w.int64(value);
  });

/** The file's bytes. */
export function encodeModel(model: ModelProto): Uint8Array {
  const w = new BinaryWriter();
  int(w, MODEL.irVersion, model.irVersion);
  text(w, MODEL.producerName, model.producerName);
  text(w, MODEL.producerVersion, model.producerVersion);
  if (model.docString !== '') text(w, MODEL.docString, model.docString);
  message(w, MODEL.graph, () => writeGraph(w, model.graph));
  message(w, MODEL.opsetImport, () => int(w, OPSET.version, model.opset));
  for (const [key, value] of Object.entries(model.metadata))
    message(w, MODEL.metadata, () => {
      text(w, ENTRY.key, key);
      text(w, ENTRY.value, value);
    });
  return w.finish();
}

function writeGraph(w: BinaryWriter, { name, nodes, initializers, inputs, outputs }: ModelProto['graph']): void {
  for (const node of nodes) message(w, GRAPH.node, () => writeNode(w, node));
  text(w, GRAPH.name, name);
  for (const tensor of initializers) message(w, GRAPH.initializer, () => writeTensor(w, tensor));
  for (const input of inputs) message(w, GRAPH.input, () => writeValueInfo(w, input));
  for (const output of outputs) message(w, GRAPH.output, () => writeValueInfo(w, output));
}

function writeNode(w: BinaryWriter, { opType, name, inputs, outputs, attributes }: NodeProto): void {
  for (const input of inputs) text(w, NODE.input, input);
  for (const output of outputs) text(w, NODE.output, output);
  text(w, NODE.name, name);
  text(w, NODE.opType, opType);
  for (const [key, value] of Object.entries(attributes)) message(w, NODE.attribute, () => writeAttribute(w, key, value));
}

function writeAttribute(w: BinaryWriter, name: string, value: AttributeValue): void {
  text(w, ATTRIBUTE.name, name);
  let type: number;
  if (typeof value === 'number') {
    int(w, ATTRIBUTE.i, value);
    type = ATTRIBUTE_TYPE.int;
  } else if (typeof value === 'string') {
    text(w, ATTRIBUTE.s, value);
    type = ATTRIBUTE_TYPE.string;
  } else if ('float' in value) {
    w.tag(ATTRIBUTE.f, WireType.Bit32).float(value.float);
    type = ATTRIBUTE_TYPE.float;
  } else {
    ints(w, ATTRIBUTE.ints, value);
    type = ATTRIBUTE_TYPE.ints;
  }
  int(w, ATTRIBUTE.type, type);
}

function writeTensor(w: BinaryWriter, { name, dataType, dims, rawData }: TensorProto): void {
  if (dims.length > 0) ints(w, TENSOR.dims, dims);
  int(w, TENSOR.dataType, dataType);
  text(w, TENSOR.name, name);
  w.tag(TENSOR.rawData, WireType.LengthDelimited).bytes(rawData);
}

function writeValueInfo(w: BinaryWriter, { name, elementType, shape }: ValueInfoProto): void {
  text(w, VALUE_INFO.name, name);
  message(w, VALUE_INFO.type, () =>
    message(w, TYPE.tensor, () => {
      int(w, TENSOR_TYPE.elementType, elementType);
      message(w, TENSOR_TYPE.shape, () => {
        for (const size of shape)
          message(w, SHAPE.dim, () =>
            typeof size === 'number' ? int(w, DIMENSION.value, size) : text(w, DIMENSION.parameter, size),
          );
      });
    }),
  );
}
