import { testGroup } from './suite.js';

testGroup('contraction');
