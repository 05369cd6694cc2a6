/** Sampling through a grid in other operators: for derivatives of its derivatives, and for where its kernel is not. */
import { arange, zeros } from '../creation.js';
import { INT64 } from '../promotion.js';
import type { Tensor } from '../tensor.js';
import { castTo } from './copy.js';
import { stack } from './joining.js';

/** In the order of the kernel's numbers. */
export const MODES = ['bilinear', 'nearest', 'bicubic'] as const;
export const PADDINGS = ['zeros', 'border', 'reflection'] as const;

/** How a grid is read: indices into `MODES` and `PADDINGS`. */
export type GridAttributes = { readonly mode: number; readonly padding: number; readonly alignCorners: boolean };

/** A number and its derivative by the grid's coordinate, as far as it is not 1. */
interface Place {
  readonly at: Tensor;
  readonly slope: Tensor | null;
}

/** A neighbour along one dimension. No weight stands for 1, no slope for 0. */
interface Tap {
  readonly index: Tensor;
  readonly weight: Tensor | null;
  readonly slope: Tensor | null;
}

const times = (a: Tensor | null, b: Tensor | null): Tensor | null => (a === null ? b : b === null ? a : a.mul(b));

/** Mirrors places at the outermost elements, or at their outer borders. */
function reflected(x: Tensor, size: number, alignCorners: boolean): Place {
  const [low, span] = alignCorners ? [0, size - 1] : [-0.5, size];
  if (span === 0) return { at: x.mul(0), slope: x.detached().mul(0) };
  const behind = x.detached().sub(low);
  const flips = behind.abs().div(span).floor();
  const odd = flips.remainder(2);
  // distance behind the last mirror, or before the next one after an odd number of flips
  const slope = behind.lt(0).to(x.dtype).add(odd).remainder(2).mul(-2).add(1);
  const rest = x.sub(low).abs().sub(flips.mul(span));
  return { at: rest.mul(odd.mul(-2).add(1)).add(odd.mul(span)).add(low), slope };
}

/** Places that the padding moves into the tensor. */
function intoRange(x: Tensor, size: number, { padding, alignCorners }: GridAttributes): Place {
  if (PADDINGS[padding] === 'zeros') return { at: x, slope: null };
  const { at, slope } = PADDINGS[padding] === 'reflection' ? reflected(x, size, alignCorners) : { at: x, slope: null };
  const inside = at.detached();
  const moves = inside
    .gt(0)
    .logicalAnd(inside.lt(size - 1))
    .to(x.dtype);
  return { at: at.clamp(0, size - 1), slope: times(slope, moves) };
}

const A = -0.75;
const near = (x: Tensor): Tensor =>
  x
    .mul(A + 2)
    .sub(A + 3)
    .mul(x)
    .mul(x)
    .add(1);
const far = (x: Tensor): Tensor =>
  x
    .mul(A)
    .sub(5 * A)
    .mul(x)
    .add(8 * A)
    .mul(x)
    .sub(4 * A);
const nearSlope = (x: Tensor): Tensor =>
  x
    .mul(3 * (A + 2))
    .sub(2 * (A + 3))
    .mul(x);
const farSlope = (x: Tensor): Tensor =>
  x
    .mul(3 * A)
    .sub(10 * A)
    .mul(x)
    .add(8 * A);

/** The four neighbours of a cubic convolution at distance t behind the second. Keys 1981. */
function cubicTaps(place: Tensor, size: number, attributes: GridAttributes): Tap[] {
  const first = place.detached().floor();
  const t = place.sub(first);
  const rest = t.neg().add(1);
  const weights: [Tensor, Tensor][] = [
    [far(t.add(1)), farSlope(t.add(1))],
    [near(t), nearSlope(t)],
    [near(rest), nearSlope(rest).neg()],
    [far(rest.add(1)), farSlope(rest.add(1)).neg()],
  ];
  return weights.map(([weight, slope], k) => ({ index: intoRange(first.add(k - 1), size, attributes).at, weight, slope }));
}

function tapsOf(coordinate: Tensor, size: number, attributes: GridAttributes): Tap[] {
  const [span, low] = attributes.alignCorners ? [size - 1, 0] : [size, -0.5];
  const place = coordinate
    .add(1)
    .mul(span / 2)
    .add(low);
  const scaled = (taps: Tap[]): Tap[] => taps.map((tap) => ({ ...tap, slope: tap.slope?.mul(span / 2) ?? null }));
  if (MODES[attributes.mode] === 'bicubic') return scaled(cubicTaps(place, size, attributes));
  const { at, slope } = intoRange(place, size, attributes);
  if (MODES[attributes.mode] === 'nearest') return [{ index: at.detached().round(), weight: null, slope: null }];
  const first = at.detached().floor();
  const t = at.sub(first);
  const up = slope ?? at.detached().mul(0).add(1);
  return scaled([
    { index: first, weight: t.neg().add(1), slope: up.neg() },
    { index: first.add(1), weight: t, slope: up },
  ]);
}

/** A combination of neighbours along all dimensions, for the places (N, count) of the grid. */
interface Meeting {
  /** Into the rows of elements, (N count). */
  readonly index: Tensor;
  /** (N count, 1): whether all neighbours lie outside of the tensor's ends. */
  readonly outside: Tensor;
  readonly weight: Tensor | null;
  /** The weight's derivatives by the coordinates of the grid, in their order. */
  readonly slopes: readonly (Tensor | null)[];
}

/** Elements as rows of their channels, and which of them meet at each place. */
function meetings(input: Tensor, grid: Tensor, attributes: GridAttributes): { rows: Tensor; all: Meeting[] } {
  const [batch, channels] = input.shape;
  const sizes = input.shape.slice(2);
  const dims = sizes.length;
  const elements = sizes.reduce((n, size) => n * size, 1);
  const count = grid.shape.slice(1, -1).reduce((n, size) => n * size, 1);
  const rows = input
    .reshape([batch, channels, elements])
    .transpose(1, 2)
    .reshape([batch * elements, channels]);
  const firstRows = arange(0, batch * elements, elements, { dtype: 'int64', device: input.device }).unsqueeze(1);
  // the grid names the last dimension first
  const taps = sizes.map((size, d) => tapsOf(grid.select(-1, dims - 1 - d).reshape([batch, count]), size, attributes));
  const all: Meeting[] = [];
  const visit = (d: number, index: Tensor, within: Tensor | null, chosen: readonly Tap[]): void => {
    if (d === dims) {
      const weight = chosen.reduce((w: Tensor | null, tap) => times(w, tap.weight), null);
      const slopes = chosen.map(({ slope }, i) =>
        slope === null ? null : chosen.reduce((w, { weight: other }, j) => (j === i ? w : (times(w, other) as Tensor)), slope),
      );
      const outside = (within as Tensor).logicalNot().reshape([-1, 1]);
      all.push({ index: index.add(firstRows).flatten(), outside, weight, slopes: slopes.reverse() });
      return;
    }
    for (const tap of taps[d]) {
      // a comparison with NaN is false: such a place lies outside
      const inside = tap.index.ge(0).logicalAnd(tap.index.lt(sizes[d]));
      const legal = castTo(tap.index.maskedFill(inside.logicalNot(), 0), INT64);
      visit(d + 1, index.mul(sizes[d]).add(legal), within === null ? inside : within.logicalAnd(inside), [...chosen, tap]);
    }
  };
  visit(0, firstRows.mul(0), null, []);
  return { rows, all };
}

const weighted = (values: Tensor, { weight, outside }: Meeting): Tensor => {
  const inside = values.maskedFill(outside, 0);
  return weight === null ? inside : inside.mul(weight.reshape([-1, 1]));
};

/** `gridSampler` in other operators. */
export function sampleByParts(input: Tensor, grid: Tensor, attributes: GridAttributes): Tensor {
  const [batch, channels] = input.shape;
  const places = grid.shape.slice(1, -1);
  const count = places.reduce((n, size) => n * size, 1);
  const { rows, all } = meetings(input, grid, attributes);
  const terms = all.map((meeting) => weighted(rows.indexSelect(0, meeting.index), meeting));
  return terms
    .reduce((sum, term) => sum.add(term))
    .reshape([batch, count, channels])
    .transpose(1, 2)
    .reshape([batch, channels, ...places]);
}

/** `gridSamplerBackward` in other operators. */
export function sampleBackwardByParts(grad: Tensor, input: Tensor, grid: Tensor, attributes: GridAttributes): [Tensor, Tensor] {
  const [batch, channels] = input.shape;
  const { rows, all } = meetings(input, grid, attributes);
  const count = grid.shape.slice(1, -1).reduce((n, size) => n * size, 1);
  const g = grad
    .reshape([batch, channels, count])
    .transpose(1, 2)
    .reshape([batch * count, channels]);
  let gradRows = zeros(rows.shape, { dtype: rows.dtype, device: rows.device });
  const byCoordinate = input.shape.slice(2).map(() => zeros([batch, count], { dtype: grid.dtype, device: grid.device }));
  for (const meeting of all) {
    gradRows = gradRows.indexAdd(0, meeting.index, weighted(g, meeting));
    if (meeting.slopes.every((slope) => slope === null)) continue;
    const dot = rows.indexSelect(0, meeting.index).maskedFill(meeting.outside, 0).mul(g).sum(1).reshape([batch, count]);
    meeting.slopes.forEach((slope, d) => {
      if (slope !== null) byCoordinate[d] = byCoordinate[d].add(dot.mul(slope));
    });
  }
  const elements = input.shape.slice(2).reduce((n, size) => n * size, 1);
  const gradInput = gradRows.reshape([batch, elements, channels]).transpose(1, 2).reshape(input.shape);
  return [gradInput, stack(byCoordinate, -1).reshape(grid.shape)];
}
