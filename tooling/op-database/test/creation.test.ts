import { testGroup } from './suite.js';

testGroup('creation');
