import { testGroup } from './suite.js';

testGroup('stft');
