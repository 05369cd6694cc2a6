import { testGroup } from './suite.js';

testGroup('where');
