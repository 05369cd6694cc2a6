import { testGroup } from './suite.js';

testGroup('randomInplace');
