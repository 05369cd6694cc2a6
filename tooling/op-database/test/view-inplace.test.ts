import { testGroup } from './suite.js';

testGroup('viewInplace');
