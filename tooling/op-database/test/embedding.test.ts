import { testGroup } from './suite.js';

testGroup('embedding');
