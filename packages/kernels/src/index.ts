/**
 * The native kernels behind one frame of doubles (see native/include/flambeau.h).
 *
 * @module
 */
import { createRequire } from 'node:module';

interface Native {
  readonly frame: Float64Array;
  readonly isa: string;
  readonly abiVersion: number;
  call(): void;
  find(name: string): number;
  kernelNames(): string[];
  address(view: ArrayBufferView): number;
  useLargePages(address: number, bytes: number): void;
  setNumThreads(n: number): void;
  getNumThreads(): number;
}

const ABI_VERSION = 1;
const require = createRequire(import.meta.url);

function target(): string {
  const { platform, arch } = process;
  const glibc = (process.report?.getReport() as { header?: { glibcVersionRuntime?: string } })?.header?.glibcVersionRuntime;
  return `${platform}-${arch}${platform === 'linux' && glibc === undefined ? '-musl' : ''}`;
}

// Literal paths, so that bundlers and packagers see them.
function requireBinary(name: string): Native {
  switch (name) {
    case 'linux-x64':
      return require('../prebuilds/linux-x64.node');
    case 'linux-arm64':
      return require('../prebuilds/linux-arm64.node');
    case 'linux-x64-musl':
      return require('../prebuilds/linux-x64-musl.node');
    case 'linux-arm64-musl':
      return require('../prebuilds/linux-arm64-musl.node');
    case 'darwin-x64':
      return require('../prebuilds/darwin-x64.node');
    case 'darwin-arm64':
      return require('../prebuilds/darwin-arm64.node');
    case 'win32-x64':
      return require('../prebuilds/win32-x64.node');
    case 'win32-arm64':
      return require('../prebuilds/win32-arm64.node');
    default:
      throw new Error(`there is no binary for ${name}`);
  }
}

function load(): Native {
  const forced = process.env.FLAMBEAU_KERNELS;
  const name = target();
  let native: Native;
  try {
    native = forced ? require(forced) : requireBinary(name);
  } catch (cause) {
    throw new Error(
      `@flambeau/kernels: no usable binary for this platform (${name}, Node ${process.version}). ` +
        `Tried ${forced ? `FLAMBEAU_KERNELS=${forced}` : `prebuilds/${name}.node`}: ${(cause as Error).message}. ` +
        'Reinstall the package, or build it from its repository (npm test does) and set FLAMBEAU_KERNELS to the .node file.',
      { cause },
    );
  }
  if (native.abiVersion !== ABI_VERSION)
    throw new Error(
      `@flambeau/kernels: the binary speaks ABI ${native.abiVersion}, this package ABI ${ABI_VERSION}; reinstall the package`,
    );
  return native;
}

const native = load();

/** The call frame: [kernel id, arguments…] in, [status, details…] out. */
export const frame: Float64Array = native.frame;
/** Runs the kernel that the frame describes. */
export const call: () => void = native.call;
/** The id of a kernel, -1 if there is none of this name. */
export const find: (name: string) => number = native.find;
/** Every kernel's name, in the order of their ids. */
export const kernelNames: () => string[] = native.kernelNames;
/** Address of an array's first byte. It is valid for as long as the caller keeps the array's buffer. */
export const address: (view: ArrayBufferView) => number = native.address;
/** A hint to back fresh memory with large pages where the system has them: its first use is then about twice as fast. */
export const useLargePages: (address: number, bytes: number) => void = native.useLargePages;
/** The instruction-set level in use: 'x86-64-v2', 'x86-64-v3', 'x86-64-v4' or 'aarch64'. */
export const isa: string = native.isa;

/** How many threads kernels called from this JavaScript thread may use, itself included. Results do not depend on it. */
export function setNumThreads(n: number): void {
  if (!Number.isInteger(n) || n < 1 || n > 1024) throw new RangeError(`setNumThreads: ${n} is not an integer in [1, 1024]`);
  native.setNumThreads(n);
}
/** How many threads kernels use. Default: the number of CPUs that this process may run on. */
export const getNumThreads: () => number = native.getNumThreads;

/**
 * Whether float32 convolutions with a 3x3 kernel, stride 1 and dilation 1 may use Winograd's algorithm F(4x4, 3x3), where it pays: with
 * 16 channels or more, about twice as fast. It rounds more: against float64 the largest errors are up to 3e-6 of the largest output (2e-5
 * of the outputs' root mean square at 256 channels), those of the other algorithm up to 3e-7; those of weight gradients up to 2e-6 and
 * 8e-7; an infinity or a NaN spreads over the 4x4 outputs that are computed together. For the whole process; on by default.
 */
export function setWinograd(on: boolean): void {
  frame.set([find('set_conv_winograd'), on ? 1 : 0]);
  call();
}

/** What a call left in frame[0]. */
export const Status = { Ok: 0, UnsupportedDtype: 1, IndexOutOfRange: 2, OutOfMemory: 3 } as const;

/** What the kernels call each dtype. */
export const DTYPE_CODES = {
  float32: 0,
  float64: 1,
  float16: 2,
  bfloat16: 3,
  int64: 4,
  int32: 5,
  int16: 6,
  int8: 7,
  uint8: 8,
  bool: 9,
  complex64: 10,
  complex128: 11,
} as const;
