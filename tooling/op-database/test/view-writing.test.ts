import { testGroup } from './suite.js';

testGroup('viewWriting');
