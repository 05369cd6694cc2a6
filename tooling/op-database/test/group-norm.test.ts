import { testGroup } from './suite.js';

testGroup('groupNorm');
