import { testGroup } from './suite.js';

testGroup('spectral');
