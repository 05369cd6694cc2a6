import { testGroup } from './suite.js';

testGroup('integration');
