import { testGroup } from './suite.js';

testGroup('joining');
