import { testGroup } from './suite.js';

testGroup('fft');
