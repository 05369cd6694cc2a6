import { testGroup } from './suite.js';

testGroup('pool3d');
