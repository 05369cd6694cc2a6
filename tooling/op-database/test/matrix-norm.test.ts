import { testGroup } from './suite.js';

testGroup('matrixNorm');
