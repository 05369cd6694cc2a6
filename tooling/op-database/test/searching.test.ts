import { testGroup } from './suite.js';

testGroup('searching');
