import { testGroup } from './suite.js';

testGroup('summaries');
