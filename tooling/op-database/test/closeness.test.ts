import { testGroup } from './suite.js';

testGroup('closeness');
