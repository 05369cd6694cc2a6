import type { Module } from '@flambeau/nn';

/** A table of the model's direct children, their types and parameters. Lightning: `ModelSummary`. */
export function modelSummary(model: Module): string {
  const count = (m: Module, trainable = false) =>
    m.parameters().reduce((n, p) => n + (trainable && !p.requiresGrad ? 0 : p.numel), 0);
  const rows = model.namedChildren().map(([name, child], i) => [String(i), name, child.constructor.name, human(count(child))]);
  const table = [['', 'Name', 'Type', 'Params'], ...rows];
  const widths = table[0].map((_, c) => Math.max(...table.map((row) => row[c].length)));
  const lines = table.map((row) =>
    row.map((cell, c) => (c === 3 ? cell.padStart(widths[c]) : cell.padEnd(widths[c]))).join(' │ '),
  );
  const rule = widths.map((w) => '─'.repeat(w)).join('─┼─');
  const [total, trainable] = [count(model), count(model, true)];
  return [
    lines[0],
    rule,
    ...lines.slice(1),
    rule,
    `${human(trainable)} trainable, ${human(total - trainable)} fixed parameters (${human(4 * total)}B as float32)`,
  ].join('\n');
}

function human(n: number): string {
  if (n < 1000) return `${n} `;
  const units = ['K', 'M', 'G'];
  let value = n / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}
