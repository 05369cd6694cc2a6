import { testGroup } from './suite.js';

testGroup('convTranspose');
