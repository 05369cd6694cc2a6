import { testGroup } from './suite.js';

testGroup('attention');
