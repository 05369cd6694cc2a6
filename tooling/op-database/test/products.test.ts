import { testGroup } from './suite.js';

testGroup('products');
