import preset from '@flambeau/vitest';
import { mergeConfig } from 'vitest/config';

export default mergeConfig(preset, { test: { globalSetup: 'src/pack.ts', hookTimeout: 120_000, maxWorkers: 2 } });
