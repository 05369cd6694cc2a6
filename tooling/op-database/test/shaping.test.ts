import { testGroup } from './suite.js';

testGroup('shaping');
