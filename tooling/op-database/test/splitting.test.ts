import { testGroup } from './suite.js';

testGroup('splitting');
