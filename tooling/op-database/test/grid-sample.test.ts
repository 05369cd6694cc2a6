import { testGroup } from './suite.js';

testGroup('gridSample');
