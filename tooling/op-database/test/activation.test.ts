import { testGroup } from './suite.js';

testGroup('activation');
