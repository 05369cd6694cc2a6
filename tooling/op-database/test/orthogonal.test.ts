import { testGroup } from './suite.js';

testGroup('orthogonal');
