import { testGroup } from './suite.js';

testGroup('indexing');
