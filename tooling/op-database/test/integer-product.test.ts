import { testGroup } from './suite.js';

testGroup('integerProduct');
