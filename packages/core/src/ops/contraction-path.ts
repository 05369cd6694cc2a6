/** In which order to contract the operands of an einsum: what costs the fewest multiplications. */

export type Label = number;
/** The dimensions of an operand, by label. */
export type Labels = readonly Label[];

/** Contract operands `left` and `right` of the list; the result goes to its end. */
export interface Step {
  readonly left: number;
  readonly right: number;
}

/** At most so many operands are contracted in the best of all orders; more of them in a good one. */
const MOST_OPTIMAL = 5;

/** The labels of the product of two operands: those that the result or another operand still needs. */
export function contractedLabels(operands: readonly Labels[], { left, right }: Step, output: Labels): Labels {
  const needed = new Set(output);
  operands.forEach((labels, i) => {
    if (i !== left && i !== right) for (const label of labels) needed.add(label);
  });
  const [a, b] = [operands[left], operands[right]];
  return [...a, ...b.filter((label) => !a.includes(label))].filter((label) => needed.has(label));
}

const after = (operands: readonly Labels[], step: Step, output: Labels): Labels[] => [
  ...operands.filter((_, i) => i !== step.left && i !== step.right),
  contractedLabels(operands, step, output),
];

function pairs(count: number): Step[] {
  const steps: Step[] = [];
  for (let left = 0; left < count; left++) for (let right = left + 1; right < count; right++) steps.push({ left, right });
  return steps;
}

/** A good order for operands with these labels. */
export function contractionPath(operands: readonly Labels[], output: Labels, sizeOf: ReadonlyMap<Label, number>): Step[] {
  const size = (labels: Iterable<Label>): number => {
    let n = 1;
    for (const label of labels) n *= sizeOf.get(label) as number;
    return n;
  };
  const multiplications = (list: readonly Labels[], { left, right }: Step): number =>
    size(new Set([...list[left], ...list[right]]));

  const best = (list: readonly Labels[], limit: number): { cost: number; path: Step[] } | null => {
    if (list.length === 1) return { cost: 0, path: [] };
    let found: { cost: number; path: Step[] } | null = null;
    for (const step of pairs(list.length)) {
      const cost = multiplications(list, step);
      const most = found?.cost ?? limit;
      if (cost >= most) continue;
      const rest = best(after(list, step, output), most - cost);
      if (rest !== null) found = { cost: cost + rest.cost, path: [step, ...rest.path] };
    }
    return found;
  };

  const path: Step[] = [];
  let list = [...operands];
  while (list.length > MOST_OPTIMAL) {
    // the pair whose contraction frees the most elements (or adds the fewest)
    const growth = (step: Step): number =>
      size(contractedLabels(list, step, output)) - size(list[step.left]) - size(list[step.right]);
    const step = pairs(list.length).reduce((a, b) => (growth(b) < growth(a) ? b : a));
    path.push(step);
    list = after(list, step, output);
  }
  return [...path, ...(best(list, Number.POSITIVE_INFINITY)?.path ?? [])];
}
