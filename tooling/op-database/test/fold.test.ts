import { testGroup } from './suite.js';

testGroup('fold');
