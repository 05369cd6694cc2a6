import { testGroup } from './suite.js';

testGroup('specialNamespace');
