import { testGroup } from './suite.js';

testGroup('padding');
