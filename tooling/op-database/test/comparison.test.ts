import { testGroup } from './suite.js';

testGroup('comparison');
