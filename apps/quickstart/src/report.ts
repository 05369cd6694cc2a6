/** What a person looks at after training. */
import { noGrad } from '@flambeau/autograd';
import { cat, type Tensor } from '@flambeau/core';
import type { Module } from '@flambeau/nn';
import { saveImage } from '@flambeau/vision';

/** Everything the model says about a data set. */
export interface Predictions {
  /** (N, classes). */
  readonly logits: Tensor;
  readonly predicted: readonly number[];
  readonly labels: readonly number[];
}

export function predictionsOf(logits: Tensor, labels: readonly number[]): Predictions {
  return { logits, predicted: logits.argmax(1).toArray() as number[], labels };
}

/** Logits of all batches, in evaluation mode. */
export function logitsOf(model: Module, batches: readonly Tensor[]): Tensor {
  model.eval();
  return noGrad(() => cat(batches.map((x) => model(x) as Tensor)));
}

export const accuracyOf = ({ predicted, labels }: Predictions): number =>
  predicted.filter((p, i) => p === labels[i]).length / labels.length;

/** Rows: true classes; columns: predicted ones; zeros as dots, so that mistakes stand out. */
export function confusionMatrix({ predicted, labels }: Predictions, classes: readonly string[]): string {
  const counts = classes.map(() => classes.map(() => 0));
  labels.forEach((label, i) => {
    counts[label][predicted[i]]++;
  });
  const width = Math.max(4, ...counts.flat().map((n) => String(n).length + 1));
  const nameWidth = Math.max(4, ...classes.map((c) => c.length));
  const cell = (n: number) => (n === 0 ? '·' : String(n)).padStart(width);
  const head = `${'true'.padEnd(nameWidth)} │${classes.map((_, c) => String(c).padStart(width)).join('')}  recall`;
  const rows = counts.map((row, r) => {
    const total = row.reduce((a, b) => a + b, 0);
    return `${classes[r].padEnd(nameWidth)} │${row.map(cell).join('')}  ${((100 * row[r]) / Math.max(1, total)).toFixed(1).padStart(5)}%`;
  });
  return [head, `${'─'.repeat(nameWidth)}─┼${'─'.repeat(width * classes.length + 8)}`, ...rows].join('\n');
}

/** Pixels per image in the grid of mistakes, so that people can see an 8×8 scan. */
const MIN_PIXELS = 56;
const PER_ROW = 8;

/** Writes a grid of up to 64 wrongly classified images. Returns what each was taken for, row by row. */
export async function saveMistakes(path: string, images: Tensor, { predicted, labels }: Predictions): Promise<string[]> {
  const wrong = labels.flatMap((label, i) => (label === predicted[i] ? [] : [i])).slice(0, PER_ROW * 8);
  if (wrong.length === 0) return [];
  const zoom = Math.max(1, Math.floor(MIN_PIXELS / images.shape[2]));
  const enlarged = images.index(wrong).repeatInterleave(zoom, 2).repeatInterleave(zoom, 3); // (n, 1, zoom H, zoom W)
  await saveImage(enlarged, path, { nrow: PER_ROW, padding: 4, padValue: 1, normalize: true });
  return wrong.map((i) => `${labels[i]}→${predicted[i]}`);
}
