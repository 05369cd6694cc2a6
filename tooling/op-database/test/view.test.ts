import { testGroup } from './suite.js';

testGroup('view');
