import { FlambeauError } from '@flambeau/core';

/** A model that cannot be written as an ONNX graph. The message names the operator, the module and what to do instead. */
export class OnnxExportError extends FlambeauError {}
