import { beginRun } from './run.cjs';

/** Servers that test files share are started by the first that asks for them; here only the run begins. */
export default function setup() {
  beginRun();
}
