/** TensorFlow.js on its WebAssembly backend, if somebody installed it beside this package; it is no dependency. */
import { readArrays } from '../arrays.js';
import type { Hello } from '../protocol.js';
import { type Served, serve } from '../serve.js';

// The few names that are used here; the package itself may not be there.
interface TfTensor {
  dispose(): void;
  data(): Promise<Float32Array>;
}
interface Tf {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  getBackend(): string;
  version_core: string;
  tensor(data: ArrayLike<number>, shape: readonly number[], dtype?: string): TfTensor;
  matMul(a: TfTensor, b: TfTensor): TfTensor;
  add(a: TfTensor, b: TfTensor): TfTensor;
  exp(a: TfTensor): TfTensor;
  softmax(a: TfTensor, dim: number): TfTensor;
}

type Op = (tf: Tf, t: Record<string, TfTensor>) => TfTensor;

/** Forward operations of `operations.py`, of those that its WebAssembly backend has kernels for. */
const OPS: Readonly<Record<string, Op>> = {
  matmul: (tf, { a, b }) => tf.matMul(a, b),
  add: (tf, { a, b }) => tf.add(a, b),
  exp: (tf, { a }) => tf.exp(a),
  softmax: (tf, { x }) => tf.softmax(x, -1),
};
/** Families of rows to which it is compared; a row for each layout or dtype says nothing more. */
const ROWS = /^(sgemm\.\d+\.nn|small\.add|point\.(add|exp)\.\w+|softmax\.512x32000\.forward)$/;

async function load(): Promise<Tf | { absent: string }> {
  try {
    const [core, wasm] = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'];
    const tf = (await import(core)) as Tf;
    const { setThreadsCount } = (await import(wasm)) as { setThreadsCount(n: number): void };
    setThreadsCount(Number(process.env.BENCH_THREADS));
    if (!(await tf.setBackend('wasm'))) return { absent: 'its WebAssembly backend does not start' };
    await tf.ready();
    return tf;
  } catch (error) {
    return { absent: (error as Error).message.split('\n')[0] };
  }
}

const loaded = await load();
if ('absent' in loaded) {
  console.log(JSON.stringify(loaded satisfies Hello));
} else {
  const tf = loaded;
  let inputs: Record<string, TfTensor> = {};
  await serve({ version: `TensorFlow.js ${tf.version_core}, ${tf.getBackend()}` }, (workload, peer, folder): Served | null => {
    for (const t of Object.values(inputs)) t.dispose();
    inputs = {};
    if (!ROWS.test(workload)) return null;
    const op = OPS[peer.op];
    for (const [name, { shape, data }] of Object.entries(readArrays(folder))) inputs[name] = tf.tensor(data, shape);
    const plain = (times: number): void => {
      for (let i = 0; i < times; i++) op(tf, inputs).dispose();
    };
    return {
      variants: { plain },
      async outputs() {
        const result = op(tf, inputs);
        const data = await result.data();
        result.dispose();
        return [data];
      },
    };
  });
}
