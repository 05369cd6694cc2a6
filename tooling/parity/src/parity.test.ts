import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { behaviours } from './behaviours.js';
import { excluded } from './excluded.js';
import { samplesOf, testOf } from './evidence.js';
import { camelCase, find } from './names.js';
import { page } from './page.js';
import { renamed } from './renamed.js';
import { AREAS, readSurface, root, surfaceIsThere } from './surface.js';

describe('names', () => {
  it('become camel case, with the underscore of in-place forms kept', () => {
    expect(camelCase('log_softmax')).toBe('logSoftmax');
    expect(camelCase('add_')).toBe('add_');
    expect(camelCase('conv_transpose1d')).toBe('convTranspose1d');
    expect(camelCase('CrossEntropyLoss')).toBe('CrossEntropyLoss');
  });

  it.each(Object.keys(renamed))('%s has the name the table gives it', (name) => {
    expect(find(name)).toBe(renamed[name]);
  });
});

describe('what proves an item', () => {
  it('is about that very function, not about a namesake', () => {
    expect(samplesOf('core.linalg.norm')).not.toEqual(samplesOf('core.norm'));
    expect(samplesOf('nn.F.unfold')).not.toEqual(samplesOf('core.Tensor.prototype.unfold'));
    expect(samplesOf('nn.F.relu')).toEqual(samplesOf('core.relu'));
    expect(samplesOf('core.Tensor.prototype.add_')).toEqual(samplesOf('core.add'));
    expect(samplesOf('core.Generator.prototype.seed')).toBe(undefined);
    expect(samplesOf('nn.init.normal_')).toBe(undefined);
  });
  it('is a test that imports and uses it', () => {
    expect(testOf('core.finfo')).toBe('packages/core/src/type-info.test.ts');
    expect(testOf('autograd.Function')).toMatch(/^packages\/autograd\//); // imported under another name
    expect(testOf('core.e')).toBe('packages/core/src/constants.test.ts'); // a variable of many tests
    expect(testOf('optim.GradScaler.prototype.toString')).toBe(undefined);
  });
});

it.each(Object.entries(behaviours))('%s is proved by a test that exists', (_, { test }) => {
  expect(existsSync(join(root, test))).toBe(true);
});

describe.skipIf(!surfaceIsThere)('the checklist (needs ../shared/parity)', () => {
  it.each(AREAS)('leaves out little of %s', (area) => {
    const items = readSurface(area).filter(({ tier }) => tier < 3);
    expect(items.filter(({ name }) => excluded[name] !== undefined).length).toBeLessThanOrEqual(0.08 * items.length);
  });

  it('names nothing that is not in it', () => {
    const known = new Set(AREAS.flatMap((area) => readSurface(area).map(({ name }) => name)));
    for (const name of [...Object.keys(excluded), ...Object.keys(behaviours), ...Object.keys(renamed)])
      expect(known).toContain(name);
  });

  it('is what docs/parity.md says: run `npm run parity` after a change', () => {
    expect(readFileSync(join(root, 'docs', 'parity.md'), 'utf8')).toBe(page());
  });
});
