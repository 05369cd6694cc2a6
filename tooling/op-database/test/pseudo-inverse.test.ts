import { testGroup } from './suite.js';

testGroup('pseudoInverse');
