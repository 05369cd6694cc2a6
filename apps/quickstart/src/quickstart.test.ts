import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'flambeau-quickstart-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const run = (...args: string[]): string =>
  execFileSync(process.execPath, [MAIN, '--out', out, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

test('two epochs learn the digits, and model, checkpoint and ONNX file agree', () => {
  const text = run('--epochs', '2', '--seed', '3');
  const accuracy = Number(/Test accuracy: ([\d.]+) %/.exec(text)?.[1]);
  expect(accuracy).toBeGreaterThan(95);
  const agreements = [...text.matchAll(/max difference (\S+), (\d+) of (\d+) predictions equal/g)];
  expect(agreements).toHaveLength(2);
  for (const [, difference, equal, total] of agreements) {
    expect(Number(difference)).toBeLessThanOrEqual(1e-4);
    expect(equal).toBe(total);
  }
  expect(existsSync(join(out, 'model.onnx'))).toBe(true);
  expect(readFileSync(join(out, 'wrong.png')).subarray(1, 4).toString()).toBe('PNG');
  expect(readFileSync(join(out, 'logs', 'csv', 'version_0', 'metrics.csv'), 'utf8').split('\n')[0]).toContain('valAccuracy');
});

test('a folder without the files is a clear error', () => {
  expect(() => run('--data', out)).toThrow(/no such file, plain or \.gz/);
});
