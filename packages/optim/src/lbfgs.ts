import { noGrad } from '@flambeau/autograd';
import { cat, FlambeauError, isTensor, type Tensor, ValueError } from '@flambeau/core';
import { persistentCopy } from '@flambeau/core/internal';
import { checkSetting, evaluate, Optimizer, type ParamGroup, type Params } from './optimizer.js';
import { type LinePoint, strongWolfe } from './strong-wolfe.js';

export interface LBFGSSettings {
  /** Length of a step, or the first length that a line search tries. Default 1. */
  lr: number;
  /** Most iterations of a step. Default 20. */
  maxIter: number;
  /** Most evaluations of the closure in a step. Default 5/4 of `maxIter`. */
  maxEval: number;
  /** A step ends when no element of the gradient is larger. Default 1e-7. */
  toleranceGrad: number;
  /** A step ends when no parameter, or not the loss, changes by more. Default 1e-9. */
  toleranceChange: number;
  /** How many changes of the gradient are remembered, each as large as the parameters. Default 100. */
  historySize: number;
  /** A line search for the strong Wolfe conditions, or steps of length `lr`. Default null. */
  lineSearchFn: 'strong_wolfe' | null;
}
export type LBFGSOptions = Partial<LBFGSSettings>;

/** Held for the first parameter. */
type LBFGSState = {
  funcEvals: number;
  nIter: number;
  /** The last direction and step length. */
  d?: Tensor;
  t?: number;
  /** Changes of the gradient, the steps that made them, and one over their inner products. */
  oldDirs: Tensor[];
  oldStps: Tensor[];
  ro: number[];
  hDiag: number;
  prevFlatGrad?: Tensor;
  prevLoss?: number;
};

/** The loss and the gradients of all parameters in one vector. */
interface Evaluation {
  readonly loss: number;
  readonly grad: Tensor;
}

/**
 * L-BFGS: a quasi-Newton method, for smooth objectives without noise. `step` needs a closure, which it calls several times.
 *
 * @see Nocedal 1980, "Updating Quasi-Newton Matrices with Limited Storage". PyTorch: `torch.optim.LBFGS`.
 * @example
 * const optimizer = new LBFGS(model.parameters(), { lineSearchFn: 'strong_wolfe' });
 * optimizer.step(() => {
 *   optimizer.zeroGrad();
 *   const loss = mseLoss(model(x), y);
 *   loss.backward();
 *   return loss;
 * });
 */
export class LBFGS extends Optimizer<LBFGSSettings, LBFGSState> {
  constructor(
    params: Params<LBFGSSettings>,
    {
      lr = 1,
      maxIter = 20,
      maxEval = Math.floor((maxIter * 5) / 4),
      toleranceGrad = 1e-7,
      toleranceChange = 1e-9,
      historySize = 100,
      lineSearchFn = null,
    }: LBFGSOptions = {},
  ) {
    super(params, { lr, maxIter, maxEval, toleranceGrad, toleranceChange, historySize, lineSearchFn });
  }

  protected override checkSettings({ lr, lineSearchFn }: LBFGSSettings): void {
    checkSetting('LBFGS', 'lr', lr);
    if (lineSearchFn !== null && lineSearchFn !== 'strong_wolfe')
      throw new ValueError(`LBFGS: lineSearchFn must be 'strong_wolfe' or null, got ${lineSearchFn}`);
  }

  /** @throws {ValueError} For a second group: a direction is one for all parameters. */
  override addParamGroup(...[input]: Parameters<Optimizer<LBFGSSettings>['addParamGroup']>): void {
    if (this.paramGroups.length === 1) throw new ValueError('LBFGS: all parameters must be in one group');
    super.addParamGroup(input);
  }

  protected override update(): never {
    throw new FlambeauError('LBFGS updates all parameters together, in performStep');
  }

  protected override performStep<T>(closure: (() => T) | undefined): T | undefined {
    if (closure === undefined)
      throw new TypeError(
        'LBFGS: step needs a closure that computes the loss and its gradients: step(() => { …; return loss; })',
      );
    return noGrad(() => this.minimize(closure));
  }

  private minimize<T>(closure: () => T): T {
    const group = this.paramGroups[0];
    const { lr, maxIter, maxEval, toleranceGrad, toleranceChange } = group;
    const state = this.stateOf(group.params[0], newState);
    const evaluation = (): Evaluation => {
      const loss = lossOf(evaluate(closure));
      return { loss, grad: flatGradient(group.params) };
    };

    const first = evaluate(closure);
    let { loss, grad }: Evaluation = { loss: lossOf(first), grad: flatGradient(group.params) };
    state.funcEvals++;
    let evaluations = 1;
    if (largest(grad) <= toleranceGrad) return first;

    for (let iteration = 1; iteration <= maxIter; iteration++) {
      state.nIter++;
      const direction = nextDirection(state, grad, group.historySize);
      state.d = persistentCopy(direction);
      state.prevFlatGrad = persistentCopy(grad);
      state.prevLoss = loss;
      state.t = state.nIter === 1 ? Math.min(1, 1 / grad.abs().sum().item()) * lr : lr;
      const slope = grad.dot(direction).item();
      if (slope > -toleranceChange) break;

      const before = loss;
      const isLast = iteration === maxIter;
      if (group.lineSearchFn === 'strong_wolfe') {
        const search = { largest: largest(direction), toleranceChange, maxIterations: maxEval - evaluations };
        const start: LinePoint = { t: 0, loss, grad, slope };
        const found = strongWolfe((t) => evaluateAt(group, direction, t, evaluation), start, state.t, search);
        ({ loss, grad } = found.point);
        state.t = found.point.t;
        move(group.params, direction, state.t);
        evaluations += found.evaluations;
        state.funcEvals += found.evaluations;
      } else {
        move(group.params, direction, state.t);
        if (!isLast) {
          ({ loss, grad } = evaluation());
          evaluations++;
          state.funcEvals++;
        }
      }
      if (isLast || evaluations >= maxEval || largest(grad) <= toleranceGrad) break;
      if (Math.abs(state.t) * largest(direction) <= toleranceChange || Math.abs(loss - before) < toleranceChange) break;
    }
    return first;
  }

  // The counts are plain numbers in PyTorch, too, and vectors go through all parameters.
  protected override saveValue(value: unknown): unknown {
    return Array.isArray(value) ? [...value] : value;
  }
  protected override loadValue(value: unknown, name: string, p: Tensor): unknown {
    if (Array.isArray(value)) return value.map((entry) => this.loadValue(entry, name, p));
    if (!isTensor(value)) return value;
    return value.ndim === 0 ? value.item() : persistentCopy(value, p.info);
  }
}

const newState = (): LBFGSState => ({ funcEvals: 0, nIter: 0, oldDirs: [], oldStps: [], ro: [], hDiag: 1 });

const lossOf = (loss: unknown): number => Number(isTensor(loss) ? loss.item() : loss);
const largest = (t: Tensor): number => t.abs().max().item();

function flatGradient(params: readonly Tensor[]): Tensor {
  return cat(params.map((p) => (p.grad ?? p.newZeros(p.shape)).reshape([-1])));
}

/** Moves the parameters `t` times along `direction`. */
function move(params: readonly Tensor[], direction: Tensor, t: number): void {
  let offset = 0;
  for (const p of params) {
    p.add_(direction.narrow(0, offset, p.numel).reshape(p.shape), { alpha: t });
    offset += p.numel;
  }
}

function evaluateAt(
  { params }: ParamGroup<LBFGSSettings>,
  direction: Tensor,
  t: number,
  evaluation: () => Evaluation,
): LinePoint {
  const before = params.map((p) => p.clone());
  move(params, direction, t);
  const { loss, grad } = evaluation();
  for (const [i, p] of params.entries()) p.copy_(before[i]);
  return { t, loss, grad, slope: grad.dot(direction).item() };
}

/** The quasi-Newton direction at `grad`, after the last step has gone into the history. */
function nextDirection(state: LBFGSState, grad: Tensor, historySize: number): Tensor {
  if (state.d === undefined || state.prevFlatGrad === undefined) return grad.neg();
  const { oldDirs, oldStps, ro } = state;
  const change = grad.sub(state.prevFlatGrad);
  const step = state.d.mul(state.t as number);
  const curvature = change.dot(step).item();
  if (curvature > 1e-10) {
    if (oldDirs.length === historySize) for (const list of [oldDirs, oldStps, ro]) list.shift();
    oldDirs.push(persistentCopy(change));
    oldStps.push(persistentCopy(step));
    ro.push(1 / curvature);
    state.hDiag = curvature / change.dot(change).item();
  }
  // the product of the inverse Hessian's approximation and -grad, by the two-loop recursion
  const q = grad.neg();
  const alphas: number[] = [];
  for (let i = oldDirs.length - 1; i >= 0; i--) {
    alphas[i] = oldStps[i].dot(q).item() * ro[i];
    q.add_(oldDirs[i], { alpha: -alphas[i] });
  }
  const direction = q.mul_(state.hDiag);
  for (let i = 0; i < oldDirs.length; i++) {
    const beta = oldDirs[i].dot(direction).item() * ro[i];
    direction.add_(oldStps[i], { alpha: alphas[i] - beta });
  }
  return direction;
}
