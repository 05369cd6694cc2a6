import { testGroup } from './suite.js';

testGroup('resampling');
