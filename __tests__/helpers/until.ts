const MOST_TURNS = 20_000;

/** Lets other work go on until a condition holds; fails when it never does. */
export async function until(isReached: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    if (await isReached()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('What was waited for did not come.');
}
