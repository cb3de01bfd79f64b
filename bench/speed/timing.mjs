// Times several subjects in turns, so that whatever else the machine does meets all of them.
const TURN_MS = 40;
const WARM_UP_MS = 400;

export function median(numbers) {
  const sorted = [...numbers].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

async function timeOf(run, times) {
  const start = performance.now();
  for (let index = 0; index < times; index++) await run();
  return ((performance.now() - start) / times) * 1000;
}

/** How often something fits into a turn, measured when it is warm. */
async function timesPerTurn(run) {
  let times = 1;
  for (const start = performance.now(); performance.now() - start < WARM_UP_MS;) {
    const micros = await timeOf(run, times);
    times = Math.max(1, Math.min(20_000, Math.round((TURN_MS * 1000) / micros)));
  }
  return times;
}

/**
 * @param {readonly { name: string, run: () => Promise<unknown> }[]} contestants the first is what the others are compared with
 * @returns by name: median microseconds, and the median of the ratios to the first of the same round
 */
export async function inTurns(contestants, rounds) {
  const times = [];
  for (const { run } of contestants) times.push(await timesPerTurn(run));
  const micros = contestants.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let place = 0; place < contestants.length; place++) {
      // Nobody always comes after the same one, whose garbage would be cleared away in its time.
      const index = round % 2 === 0 ? place : contestants.length - 1 - place;
      micros[index].push(await timeOf(contestants[index].run, times[index]));
    }
  }
  return contestants.map(({ name }, index) => ({
    name,
    micros: median(micros[index]),
    ratio: median(micros[index].map((time, round) => time / micros[0][round])),
    ratios: micros.map((base) => median(micros[index].map((time, round) => time / base[round]))),
  }));
}
