import { testGroup } from './suite.js';

testGroup('combining');
