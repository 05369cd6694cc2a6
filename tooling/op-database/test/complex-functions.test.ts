import { testGroup } from './suite.js';

testGroup('complexFunctions');
