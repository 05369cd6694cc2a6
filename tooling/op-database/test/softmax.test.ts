import { testGroup } from './suite.js';

testGroup('softmax');
