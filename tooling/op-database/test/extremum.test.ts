import { testGroup } from './suite.js';

testGroup('extremum');
