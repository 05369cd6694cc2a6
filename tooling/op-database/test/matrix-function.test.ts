import { testGroup } from './suite.js';

testGroup('matrixFunction');
