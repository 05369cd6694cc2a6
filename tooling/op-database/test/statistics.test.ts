import { testGroup } from './suite.js';

testGroup('statistics');
