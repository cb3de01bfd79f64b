import { describeComparison } from './comparison-suite.js';

describeComparison(1);
