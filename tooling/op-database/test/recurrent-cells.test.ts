import { testGroup } from './suite.js';

testGroup('recurrentCells');
