import { testGroup } from './suite.js';

testGroup('arithmetic');
