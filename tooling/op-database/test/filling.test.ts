import { testGroup } from './suite.js';

testGroup('filling');
