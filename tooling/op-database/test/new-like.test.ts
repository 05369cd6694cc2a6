import { testGroup } from './suite.js';

testGroup('newLike');
