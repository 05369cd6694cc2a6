import { testGroup } from './suite.js';

testGroup('rearranging');
