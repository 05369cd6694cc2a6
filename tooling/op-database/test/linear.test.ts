import { testGroup } from './suite.js';

testGroup('linear');
