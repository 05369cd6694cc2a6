/** Whether the trained model, its checkpoint read back and the ONNX file say the same. */
import { fromTypedArray, type Tensor } from '@flambeau/core';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';

/** Logits of an ONNX file with one input and one output, batch by batch. */
export async function onnxLogits(path: string, batches: readonly Tensor[]): Promise<Tensor[]> {
  const session = await InferenceSession.create(path);
  const results: Tensor[] = [];
  for (const batch of batches) {
    const input = new OnnxTensor('float32', batch.toTypedArray() as Float32Array, batch.shape as number[]);
    const output = (await session.run({ [session.inputNames[0]]: input }))[session.outputNames[0]];
    results.push(fromTypedArray(output.data as Float32Array, output.dims as number[]));
  }
  return results;
}

export interface Agreement {
  readonly maxDifference: number;
  readonly equalPredictions: number;
  readonly total: number;
}

export function compare(a: Tensor, b: Tensor): Agreement {
  return {
    maxDifference: a.sub(b).abs().max().item(),
    equalPredictions: a.argmax(1).eq(b.argmax(1)).sum().item(),
    total: a.shape[0],
  };
}
