/** Einstein's summation convention, lowered to batched matrix products. */
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { numelOf } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { contractedLabels, contractionPath, type Label, type Labels, type Step } from './contraction-path.js';
import { requireSameDtype } from './dtype-checks.js';
import { mul } from './elementwise.js';
import { matrixProduct } from './matrix-product.js';
import { ellipsis } from './subscript.js';

/** Dimensions of an operand by number, in place of letters. */
export type Sublist = readonly (number | typeof ellipsis)[];

/** A subscript: labels from 0 to 51, or the ellipsis. */
type Subscript = readonly (Label | typeof ellipsis)[];
interface Equation {
  readonly inputs: readonly Subscript[];
  /** Null: what appears once, in order. */
  readonly output: Subscript | null;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Labels from here on are the dimensions of the ellipsis. */
const FIRST_BROADCAST = LETTERS.length;

/** An operand on the way, with the label of each of its dimensions. */
interface Term {
  readonly tensor: Tensor;
  readonly labels: Labels;
}

/**
 * Sums products of elements, as a formula in Einstein's notation says: `'bij,bjk->bik'` is a batched matrix product. A letter that
 * is missing on the right is summed over, one that appears twice in an operand takes its diagonal, `...` stands for dimensions that
 * broadcast, and without `->` the result has the letters that appear once, in alphabetical order. PyTorch: `torch.einsum`.
 *
 * Several operands are contracted pair by pair, up to five of them in the best order.
 *
 * @param equation - The formula, with upper or lower case letters; or the first operand of the form
 *   `einsum(x, [0, 1], y, [1, 2], [0, 2])`, where numbers from 0 to 51 take the place of letters.
 * @param operands - Tensors of one dtype, also as one array.
 * @throws {ValueError} If the formula is not well formed.
 * @throws {ShapeError} If an operand does not have the formula's dimensions, or sizes under one letter differ.
 *
 * @example
 * einsum('ij,kj->ik', x, y); // x @ yᵀ
 */
export function einsum(equation: string, ...operands: readonly (Tensor | readonly Tensor[])[]): Tensor;
export function einsum(...operandsAndSublists: readonly (Tensor | Sublist)[]): Tensor;
export function einsum(first: unknown, ...rest: readonly unknown[]): Tensor {
  const [equation, operands] =
    typeof first === 'string' ? [parseEquation(first), rest.flat() as Tensor[]] : parseSublists([first, ...rest]);
  if (operands.length === 0) throw new ValueError('einsum: at least one operand is needed');
  operands.forEach((t, i) => {
    checkTensor('einsum', `operand ${i}`, t);
  });
  requireSameDtype(
    'einsum',
    operands.map((_, i) => `operand ${i}`),
    operands,
  );
  if (equation.inputs.length !== operands.length)
    throw new ValueError(`einsum: the equation has ${equation.inputs.length} operands, but ${operands.length} were given`);
  return contract(equation, operands);
}

// ---- reading the formula ----

function parseSubscript(text: string): Subscript {
  const items: (Label | typeof ellipsis)[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text.startsWith('...', i)) {
      items.push(ellipsis);
      i += 2;
      continue;
    }
    const label = LETTERS.indexOf(text[i]);
    if (label === -1)
      throw new ValueError(`einsum: '${text[i]}' in '${text}' is neither a letter nor a part of '...', ',' or '->'`);
    items.push(label);
  }
  return checkOneEllipsis(items, text);
}

function checkOneEllipsis(items: Subscript, text: string): Subscript {
  if (items.filter((item) => item === ellipsis).length > 1) throw new ValueError(`einsum: '${text}' has more than one ellipsis`);
  return items;
}

function parseEquation(equation: string): Equation {
  const parts = equation.replaceAll(' ', '').split('->');
  if (parts.length > 2) throw new ValueError(`einsum: '${equation}' has more than one '->'`);
  return { inputs: parts[0].split(',').map(parseSubscript), output: parts.length === 2 ? parseSubscript(parts[1]) : null };
}

function parseSublists(parameters: readonly unknown[]): [Equation, Tensor[]] {
  const operands: Tensor[] = [];
  const sublists: Subscript[] = [];
  const read = (list: unknown): Subscript => {
    if (!Array.isArray(list))
      throw new TypeError('einsum: expected an equation, or operands each followed by a list of dimensions');
    for (const item of list)
      if (item !== ellipsis && !(Number.isInteger(item) && item >= 0 && item < FIRST_BROADCAST))
        throw new ValueError(
          `einsum: dimensions in a list are numbers from 0 to ${FIRST_BROADCAST - 1} or the ellipsis, got ${String(item)}`,
        );
    return checkOneEllipsis(list, `[${list.map(String).join(', ')}]`);
  };
  for (let i = 0; i + 1 < parameters.length; i += 2) {
    operands.push(parameters[i] as Tensor);
    sublists.push(read(parameters[i + 1]));
  }
  return [{ inputs: sublists, output: parameters.length % 2 === 1 ? read(parameters[parameters.length - 1]) : null }, operands];
}

// ---- labels ----

const nameOf = (label: Label): string => (label < FIRST_BROADCAST ? LETTERS[label] : '...');

/** The labels of an operand's dimensions; those of an ellipsis count from the right, because they broadcast. */
function labelsOf(subscript: Subscript, { shape, ndim }: Tensor, position: number): Labels {
  const named = subscript.filter((item) => item !== ellipsis).length;
  const covered = ndim - named;
  if (covered < 0 || (covered > 0 && named === subscript.length))
    throw new ShapeError(
      `einsum: operand ${position} has shape ${formatShape(shape)}, but its subscript names ${named} dimension${named === 1 ? '' : 's'}`,
    );
  return subscript.flatMap((item) =>
    item === ellipsis ? Array.from({ length: covered }, (_, i) => FIRST_BROADCAST + covered - 1 - i) : [item],
  );
}

/** Ellipsis dimensions first, then the labels that appear once, in order. */
function implicitOutput(inputs: readonly Labels[]): Labels {
  const count = new Map<Label, number>();
  for (const label of inputs.flat()) count.set(label, (count.get(label) ?? 0) + 1);
  const all = [...count.keys()].sort((a, b) => a - b);
  return [
    ...all.filter((label) => label >= FIRST_BROADCAST).reverse(),
    ...all.filter((label) => label < FIRST_BROADCAST && count.get(label) === 1),
  ];
}

function outputLabels(output: Subscript | null, inputs: readonly Labels[]): Labels {
  if (output === null) return implicitOutput(inputs);
  const known = new Set(inputs.flat());
  const broadcast = [...known].filter((label) => label >= FIRST_BROADCAST).sort((a, b) => b - a);
  const labels = output.flatMap((item) => (item === ellipsis ? broadcast : [item]));
  labels.forEach((label, i) => {
    if (labels.indexOf(label) !== i) throw new ValueError(`einsum: '${nameOf(label)}' appears more than once in the result`);
    if (!known.has(label)) throw new ValueError(`einsum: '${nameOf(label)}' of the result appears in no operand`);
  });
  return labels;
}

/** The size under each label; a dimension of size 1 broadcasts. */
function sizesOf(terms: readonly Term[]): Map<Label, number> {
  const sizes = new Map<Label, number>();
  terms.forEach(({ tensor, labels }, position) => {
    labels.forEach((label, d) => {
      const [size, known] = [tensor.shape[d], sizes.get(label) ?? 1];
      if (size !== 1 && known !== 1 && size !== known)
        throw new ShapeError(
          `einsum: '${nameOf(label)}' is ${known} elsewhere but ${size} in operand ${position} of shape ${formatShape(tensor.shape)}`,
        );
      sizes.set(label, size === 1 ? known : size);
    });
  });
  return sizes;
}

// ---- contraction ----

function contract({ inputs, output }: Equation, operands: readonly Tensor[]): Tensor {
  const given = operands.map((tensor, i): Term => ({ tensor, labels: labelsOf(inputs[i], tensor, i) }));
  const wanted = outputLabels(
    output,
    given.map(({ labels }) => labels),
  );
  const sizes = sizesOf(given);
  let terms = given.map(takeDiagonals).map((term) => withoutBroadcast(term, sizes));
  const path = contractionPath(
    terms.map(({ labels }) => labels),
    wanted,
    sizes,
  );
  for (const step of path) {
    const kept = contractedLabels(
      terms.map(({ labels }) => labels),
      step,
      wanted,
    );
    const { left, right }: Step = step;
    terms = [...terms.filter((_, i) => i !== left && i !== right), multiply(terms[left], terms[right], kept)];
  }
  return arrange(sumOver(terms[0], wanted), wanted);
}

/** A label that stands twice means the diagonal of its two dimensions. */
function takeDiagonals({ tensor, labels }: Term): Term {
  const second = labels.findIndex((label, i) => labels.indexOf(label) !== i);
  if (second === -1) return { tensor, labels };
  const label = labels[second];
  const first = labels.indexOf(label);
  if (tensor.shape[first] !== tensor.shape[second])
    throw new ShapeError(
      `einsum: '${nameOf(label)}' stands for dimensions of sizes ${tensor.shape[first]} and ${tensor.shape[second]} of one operand, ${formatShape(tensor.shape)}`,
    );
  const rest = labels.filter((_, i) => i !== first && i !== second);
  return takeDiagonals({ tensor: tensor.diagonal(0, first, second), labels: [...rest, label] });
}

/** Without the dimensions of size 1 that others broadcast. */
function withoutBroadcast({ tensor, labels }: Term, sizes: ReadonlyMap<Label, number>): Term {
  const drop = labels.flatMap((label, d) => (tensor.shape[d] === 1 && sizes.get(label) !== 1 ? [d] : []));
  return drop.length === 0
    ? { tensor, labels }
    : { tensor: tensor.squeeze(drop), labels: labels.filter((_, d) => !drop.includes(d)) };
}

/** Sums over the dimensions that are not in `kept`. */
function sumOver({ tensor, labels }: Term, kept: Labels): Term {
  const dims = labels.flatMap((label, d) => (kept.includes(label) ? [] : [d]));
  if (dims.length === 0) return { tensor, labels };
  return { tensor: tensor.sum(dims, { dtype: tensor.dtype }), labels: labels.filter((_, d) => !dims.includes(d)) };
}

/** With the dimensions in the order of `labels`. */
function arrange(term: Term, labels: Labels): Tensor {
  const order = labels.map((label) => term.labels.indexOf(label));
  return order.every((d, i) => d === i) ? term.tensor : term.tensor.permute(order);
}

/** The product of two operands, summed over what is not in `kept`. */
function multiply(a: Term, b: Term, kept: Labels): Term {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const [left, right] = [sumOver(a, [...kept, ...shared]), sumOver(b, [...kept, ...shared])];
  const batch = shared.filter((label) => kept.includes(label));
  const summed = shared.filter((label) => !kept.includes(label));
  const rows = left.labels.filter((label) => !shared.includes(label));
  const columns = right.labels.filter((label) => !shared.includes(label));
  const [x, y] = [arrange(left, [...batch, ...rows, ...summed]), arrange(right, [...batch, ...summed, ...columns])];
  const labels = [...batch, ...rows, ...columns];
  const batchShape = x.shape.slice(0, batch.length);
  const rowShape = x.shape.slice(batch.length, batch.length + rows.length);
  const columnShape = y.shape.slice(batch.length + summed.length);
  if (summed.length === 0)
    return {
      tensor: mul(
        x.reshape([...x.shape, ...columnShape.map(() => 1)]),
        y.reshape([...batchShape, ...rowShape.map(() => 1), ...columnShape]),
      ),
      labels,
    };
  const [m, n, k] = [numelOf(rowShape), numelOf(columnShape), numelOf(y.shape.slice(batch.length, batch.length + summed.length))];
  const lead = batch.length === 0 ? [] : [numelOf(batchShape)];
  const product = matrixProduct(x.reshape([...lead, m, k]), y.reshape([...lead, k, n]));
  return { tensor: product.reshape([...batchShape, ...rowShape, ...columnShape]), labels };
}
