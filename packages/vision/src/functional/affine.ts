/** Turning, moving, scaling and shearing. */
import { type Tensor, ValueError } from '@flambeau/core';
import { fillValues, fromPlanes, newPixels, type Planes, readPlanes } from '../planes.js';

/** Where the output pixel at (x, y), measured from the centre, comes from: `[a, b, c, d, e, f]` for (ax + by + c, dx + ey + f). */
type Matrix = readonly [number, number, number, number, number, number];

export interface WarpOptions {
  /** Default 'nearest'. */
  readonly interpolation?: 'nearest' | 'bilinear';
  /** The colour outside of the image: a number or one per channel. Default null: black, without blending at the edge. */
  readonly fill?: number | readonly number[] | null;
  /** The fixed point as [x, y] in pixels from the upper left corner. Default: the centre. */
  readonly center?: readonly [number, number];
}

export interface AffineOptions extends WarpOptions {
  /** Degrees, clockwise. Default 0. */
  readonly angle?: number;
  /** Pixels to the right and downwards. Default [0, 0]. */
  readonly translate?: readonly [number, number];
  /** Default 1. */
  readonly scale?: number;
  /** Degrees along x and y. Default [0, 0]. */
  readonly shear?: readonly [number, number];
}

/** An affine transformation that keeps the centre. PyTorch: `torchvision.transforms.functional.affine`. */
export function affine(image: Tensor, options: AffineOptions = {}): Tensor {
  const { angle = 0, translate = [0, 0], scale = 1, shear = [0, 0], interpolation, fill, center } = options;
  if (!(scale > 0)) throw new ValueError(`affine: scale must be positive, got ${scale}`);
  const planes = readPlanes('affine', image);
  const matrix = inverseMatrix(fromCentre(center, planes), angle, translate, scale, shear);
  return warp('affine', planes, matrix, planes.height, planes.width, interpolation, fill);
}

export interface RotateOptions extends WarpOptions {
  /** Make the image as large as the turned one. Default false. */
  readonly expand?: boolean;
}

/** Turns an image by `angle` degrees, counter-clockwise. PyTorch: `torchvision.transforms.functional.rotate`. */
export function rotate(
  image: Tensor,
  angle: number,
  { interpolation, fill, center, expand = false }: RotateOptions = {},
): Tensor {
  const planes = readPlanes('rotate', image);
  const matrix = inverseMatrix(expand ? [0, 0] : fromCentre(center, planes), -angle, [0, 0], 1, [0, 0]);
  const [height, width] = expand ? expandedSize(matrix, planes) : [planes.height, planes.width];
  return warp('rotate', planes, matrix, height, width, interpolation, fill);
}

const fromCentre = (center: readonly [number, number] | undefined, { width, height }: Planes): readonly [number, number] =>
  center ? [center[0] - width / 2, center[1] - height / 2] : [0, 0];

/**
 * The inverse of T · C · R(angle) · S(scale) · Shear(y) · Shear(x) · C⁻¹, T moving by `translate` and C by the centre.
 */
function inverseMatrix(
  [cx, cy]: readonly [number, number],
  angle: number,
  [tx, ty]: readonly [number, number],
  scale: number,
  [shearX, shearY]: readonly [number, number],
): Matrix {
  const radians = Math.PI / 180;
  const [rotation, sx, sy] = [angle * radians, shearX * radians, shearY * radians];
  // R · Shear(y) · Shear(x), whose determinant is 1
  const a = Math.cos(rotation - sy) / Math.cos(sy);
  const b = -a * Math.tan(sx) - Math.sin(rotation);
  const c = Math.sin(rotation - sy) / Math.cos(sy);
  const d = -c * Math.tan(sx) + Math.cos(rotation);
  const [ia, ib, ic, id] = [d / scale, -b / scale, -c / scale, a / scale];
  const [ox, oy] = [-cx - tx, -cy - ty];
  return [ia, ib, ia * ox + ib * oy + cx, ic, id, ic * ox + id * oy + cy];
}

/** The smallest whole size that holds the turned image. */
function expandedSize([a, b, , d, e]: Matrix, { height, width }: Planes): readonly [number, number] {
  const length = (p: number, q: number, half: number) => {
    const reach = (Math.abs(p) * width + Math.abs(q) * height) / 2;
    const whole = (x: number) => Math.trunc(x / 1e-4) * 1e-4; // what rounding errors add must not cost a pixel
    return Math.ceil(whole(half + reach)) - Math.floor(whole(half - reach));
  };
  return [length(d, e, height / 2), length(a, b, width / 2)];
}

function warp(
  op: string,
  planes: Planes,
  matrix: Matrix,
  height: number,
  width: number,
  interpolation: 'nearest' | 'bilinear' = 'nearest',
  fill: number | readonly number[] | null = null,
): Tensor {
  if (interpolation !== 'nearest' && interpolation !== 'bilinear')
    throw new ValueError(`${op}: interpolation must be nearest or bilinear, got '${String(interpolation)}'`);
  const out = newPixels(planes.data, planes.count * height * width);
  const fills = fillValues(op, fill ?? 0, planes);
  if (interpolation === 'nearest') sampleNearest(planes, matrix, height, width, out, fills);
  else sampleBilinear(planes, matrix, height, width, out, fill === null ? null : fills);
  return fromPlanes(out, planes.lead, height, width);
}

type Output = ReturnType<typeof newPixels>;

function sampleNearest(
  planes: Planes,
  [a, b, c, d, e, f]: Matrix,
  height: number,
  width: number,
  out: Output,
  fills: Float64Array,
): void {
  const { data, count, height: h, width: w } = planes;
  const size = height * width;
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      const px = x + 0.5 - width / 2;
      const py = y + 0.5 - height / 2;
      const sx = roundHalfEven(a * px + b * py + c + w / 2 - 0.5);
      const sy = roundHalfEven(d * px + e * py + f + h / 2 - 0.5);
      const inside = sx >= 0 && sx < w && sy >= 0 && sy < h;
      for (let p = 0; p < count; p++) out[p * size + at] = inside ? data[(p * h + sy) * w + sx] : fills[p];
    }
}

/** C's nearbyint, with a little room for rounding errors in the coordinates. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (Math.abs(rest - 0.5) > 1e-9) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function sampleBilinear(
  planes: Planes,
  [a, b, c, d, e, f]: Matrix,
  height: number,
  width: number,
  out: Output,
  fills: Float64Array | null,
): void {
  const { data, count, height: h, width: w } = planes;
  const size = height * width;
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      const px = x + 0.5 - width / 2;
      const py = y + 0.5 - height / 2;
      const sx = a * px + b * py + c + w / 2 - 0.5;
      const sy = d * px + e * py + f + h / 2 - 0.5;
      const x0 = Math.floor(sx);
      const y0 = Math.floor(sy);
      const right = sx - x0;
      const down = sy - y0;
      const hasLeft = x0 >= 0 && x0 < w;
      const hasRight = x0 >= -1 && x0 < w - 1;
      const hasUp = y0 >= 0 && y0 < h;
      const hasDown = y0 >= -1 && y0 < h - 1;
      const w00 = hasLeft && hasUp ? (1 - right) * (1 - down) : 0;
      const w01 = hasRight && hasUp ? right * (1 - down) : 0;
      const w10 = hasLeft && hasDown ? (1 - right) * down : 0;
      const w11 = hasRight && hasDown ? right * down : 0;
      const covered = w00 + w01 + w10 + w11;
      for (let p = 0; p < count; p++) {
        const from = (p * h + y0) * w + x0;
        let value = 0;
        if (w00 !== 0) value += w00 * data[from];
        if (w01 !== 0) value += w01 * data[from + 1];
        if (w10 !== 0) value += w10 * data[from + w];
        if (w11 !== 0) value += w11 * data[from + w + 1];
        // PyTorch blends the fill with a sample that zeros outside have darkened already; so do we, to give the same pixels
        out[p * size + at] = fills === null ? value : covered * (value - fills[p]) + fills[p];
      }
    }
}
