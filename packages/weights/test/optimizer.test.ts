/** The state of PyTorch's optimizers comes and goes. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BatchNorm1d, Linear, Sequential, type StateDict } from '@flambeau/nn';
import { AdamW, type OptimizerStateDict } from '@flambeau/optim';
import { temporaryFolder } from '@flambeau/vitest/temporary-folder';
import { load, savePyTorch } from '@flambeau/weights';
import { expect, it } from 'vitest';
import { describe as described } from './describe.mjs';

const path = fileURLToPath(new URL('./fixtures/written-by-pytorch/values.pt', import.meta.url));

it("a model and its AdamW are loaded from PyTorch's file, and saved so that PyTorch would load them", () => {
  const saved = load<{ model: StateDict; optimizer: OptimizerStateDict }>(path);
  const model = new Sequential(new Linear(2, 3), new BatchNorm1d(3));
  const optimizer = new AdamW(model.parameters(), { lr: 1 });
  model.loadStateDict(saved.model);
  optimizer.loadStateDict(saved.optimizer);
  const again = join(temporaryFolder(), 'again.pt');
  savePyTorch(again, { model: model.stateDict(), optimizer: optimizer.stateDict() });
  const loaded = load<{ model: StateDict; optimizer: OptimizerStateDict }>(again);
  expect(described(loaded.model)).toEqual(described(saved.model));
  expect(described(loaded.optimizer.state)).toEqual(described(saved.optimizer.state));
  expect(loaded.optimizer.param_groups).toEqual(saved.optimizer.param_groups);
});
