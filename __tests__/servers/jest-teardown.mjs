import { endRun } from './run.cjs';

export default async function teardown() {
  await endRun();
}
