import { testGroup } from './suite.js';

testGroup('complex');
