import { testGroup } from './suite.js';

testGroup('conv3d');
