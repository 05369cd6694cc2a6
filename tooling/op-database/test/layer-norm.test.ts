import { testGroup } from './suite.js';

testGroup('layerNorm');
