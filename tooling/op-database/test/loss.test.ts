import { testGroup } from './suite.js';

testGroup('loss');
