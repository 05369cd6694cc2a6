import { testGroup } from './suite.js';

testGroup('reduction');
