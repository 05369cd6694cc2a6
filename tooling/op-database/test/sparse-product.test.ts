import { testGroup } from './suite.js';

testGroup('sparseProduct');
