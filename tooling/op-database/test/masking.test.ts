import { testGroup } from './suite.js';

testGroup('masking');
