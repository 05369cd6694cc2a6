import { testGroup } from './suite.js';

testGroup('linalg');
