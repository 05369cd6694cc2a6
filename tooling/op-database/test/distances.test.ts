import { testGroup } from './suite.js';

testGroup('distances');
