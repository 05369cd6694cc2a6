import { testGroup } from './suite.js';

testGroup('uniqueness');
