import { testGroup } from './suite.js';

testGroup('linearSolve');
