import { testGroup } from './suite.js';

testGroup('indexWriting');
