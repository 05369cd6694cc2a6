import { testGroup } from './suite.js';

testGroup('ctcLoss');
