import { testGroup } from './suite.js';

testGroup('scan');
