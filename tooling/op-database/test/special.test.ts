import { testGroup } from './suite.js';

testGroup('special');
