import { testGroup } from './suite.js';

testGroup('quantile');
