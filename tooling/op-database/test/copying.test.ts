import { testGroup } from './suite.js';

testGroup('copying');
