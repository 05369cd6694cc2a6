// A child process of kernels.test.ts: runs kernel calls at the ISA level that FLAMBEAU_ISA names and sends the outputs back.
import { createRequire } from 'node:module';

const kernels = createRequire(import.meta.url)(
  process.env.FLAMBEAU_KERNELS ?? `../prebuilds/${process.platform}-${process.arch}.node`,
);
const codes = [
  'float32',
  'float64',
  'float16',
  'bfloat16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint8',
  'bool',
  'complex64',
  'complex128',
];

/** Writes one argument into the frame: a tensor {dtype, dims, strides, offset, data}, a number, or null. */
function write(frame, at, argument) {
  if (argument === null) frame[at++] = 0;
  else if (typeof argument === 'number') frame[at++] = argument;
  else {
    const { dtype, dims, strides, offset, data } = argument;
    const itemBytes = data.BYTES_PER_ELEMENT * (dtype.startsWith('complex') ? 2 : 1);
    frame[at++] = kernels.address(data) + offset * itemBytes;
    frame[at++] = codes.indexOf(dtype);
    frame[at++] = dims.length;
    for (const dim of dims) frame[at++] = dim;
    for (const stride of strides) frame[at++] = stride;
  }
  return at;
}

process.on('message', (cases) => {
  const results = cases.map(({ kernel, threads, args }) => {
    kernels.setNumThreads(threads);
    const id = kernels.find(kernel);
    if (id < 0) throw new Error(`no kernel ${kernel}`);
    kernels.frame[0] = id;
    let at = 1;
    for (const argument of args) at = write(kernels.frame, at, argument);
    kernels.call();
    return { status: kernels.frame[0], outputs: args.map((a) => (a !== null && typeof a === 'object' ? a.data : null)) };
  });
  process.send({ isa: kernels.isa, results }, () => process.disconnect());
});
