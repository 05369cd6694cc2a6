import { testGroup } from './suite.js';

testGroup('sorting');
