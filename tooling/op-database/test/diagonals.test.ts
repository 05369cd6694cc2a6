import { testGroup } from './suite.js';

testGroup('diagonals');
