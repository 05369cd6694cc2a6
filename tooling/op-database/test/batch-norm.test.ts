import { testGroup } from './suite.js';

testGroup('batchNorm');
