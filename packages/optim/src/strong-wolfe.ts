/** A line search for the strong Wolfe conditions. PyTorch: `torch.optim.lbfgs._strong_wolfe`. */
import type { Tensor } from '@flambeau/core';

/** The objective along the line, `t` steps from where the search begins. */
export interface LinePoint {
  readonly t: number;
  readonly loss: number;
  readonly grad: Tensor;
  /** The derivative along the line. */
  readonly slope: number;
}

export interface LineSearchResult {
  readonly point: LinePoint;
  readonly evaluations: number;
}

const SUFFICIENT_DECREASE = 1e-4;
const CURVATURE = 0.9;

/**
 * Finds a step with a sufficient decrease of the objective and of its slope: brackets such a step, then narrows the bracket.
 *
 * @param start - Where the search begins, with `t = 0` and a negative slope.
 * @param firstStep - The step to try first.
 * @param largest - The largest element of the direction, by which the width of a bracket is measured.
 * @see Nocedal and Wright 2006, "Numerical Optimization", section 3.5.
 */
export function strongWolfe(
  evaluate: (t: number) => LinePoint,
  start: LinePoint,
  firstStep: number,
  { largest, toleranceChange, maxIterations }: { largest: number; toleranceChange: number; maxIterations: number },
): LineSearchResult {
  const decreasesTooLittle = ({ loss, t }: LinePoint) => loss > start.loss + SUFFICIENT_DECREASE * t * start.slope;
  const isFlat = ({ slope }: LinePoint) => Math.abs(slope) <= -CURVATURE * start.slope;

  let previous = start;
  let current = evaluate(firstStep);
  let iteration = 0;
  let bracket: [LinePoint, LinePoint] | null = null;
  while (iteration < maxIterations) {
    if (decreasesTooLittle(current) || (iteration > 1 && current.loss >= previous.loss)) {
      bracket = [previous, current];
      break;
    }
    if (isFlat(current)) return { point: current, evaluations: iteration + 1 };
    if (current.slope >= 0) {
      bracket = [previous, current];
      break;
    }
    const next = cubicMinimum(previous, current, current.t + 0.01 * (current.t - previous.t), current.t * 10);
    previous = current;
    current = evaluate(next);
    iteration++;
  }
  bracket ??= [start, current];

  let [low, high] = bracket[0].loss <= bracket[1].loss ? bracket : [bracket[1], bracket[0]];
  let stalled = false;
  let done = false;
  while (!done && iteration < maxIterations && Math.abs(high.t - low.t) * largest >= toleranceChange) {
    const [left, right] = low.t <= high.t ? [low.t, high.t] : [high.t, low.t];
    let t = cubicMinimum(low, high, left, right);
    // close to an end twice, or beyond one: the bracket would hardly shrink
    const margin = 0.1 * (right - left);
    const isAtEnd = Math.min(right - t, t - left) < margin;
    if (isAtEnd && (stalled || t >= right || t <= left)) {
      t = Math.abs(t - right) < Math.abs(t - left) ? right - margin : left + margin;
      stalled = false;
    } else stalled = isAtEnd;

    current = evaluate(t);
    iteration++;
    if (decreasesTooLittle(current) || current.loss >= low.loss) {
      high = current;
      if (high.loss < low.loss) [low, high] = [high, low];
    } else {
      if (isFlat(current)) done = true;
      else if (current.slope * (high.t - low.t) >= 0) high = low;
      low = current;
    }
  }
  return { point: low, evaluations: iteration + 1 };
}

/** Where the cubic through two points with slopes has its minimum, within bounds; their middle if it has none. */
function cubicMinimum(a: LinePoint, b: LinePoint, least: number, most: number): number {
  const [first, last] = a.t <= b.t ? [a, b] : [b, a];
  const d1 = first.slope + last.slope - (3 * (first.loss - last.loss)) / (first.t - last.t);
  const square = d1 * d1 - first.slope * last.slope;
  if (!(square >= 0)) return (least + most) / 2;
  const d2 = Math.sqrt(square);
  const minimum = last.t - (last.t - first.t) * ((last.slope + d2 - d1) / (last.slope - first.slope + 2 * d2));
  return Math.min(Math.max(minimum, least), most);
}
