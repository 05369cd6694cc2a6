import { testGroup } from './suite.js';

testGroup('elementwise');
