import { testGroup } from './suite.js';

testGroup('subscript');
