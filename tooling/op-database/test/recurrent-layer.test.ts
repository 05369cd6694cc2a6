import { testGroup } from './suite.js';

testGroup('recurrentLayer');
