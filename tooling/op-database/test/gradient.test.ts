import { testGroup } from './suite.js';

testGroup('gradient');
