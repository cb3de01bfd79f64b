// Times several contestants in turns, so that whatever else the machine does meets all of them.
const TURN_MS = 40;
const WARM_UP_MS = 400;
/** An engine compiles what has been called some thousand times; what takes long by itself would be warmed for too long. */
const WARM_UP_CALLS = 4000;
const LONGEST_WARM_UP_MS = 2500;

/**
 * Who is timed: either by `run`, once for each time, or by `timeOf`, where it times itself (in another process).
 * @typedef {object} Contestant
 * @property {string} id
 * @property {string} name
 * @property {string} [note]
 * @property {boolean} [isShared] see `Subject`
 * @property {() => Promise<unknown>} [run]
 * @property {(times: number) => Promise<number>} [timeOf] microseconds for one
 */

/** @typedef {{ id: string, name: string, note?: string, isShared?: boolean, times: readonly number[] }} Timed microseconds, by round */

/** Where a part of the numbers lies below: 0.5 gives the median. */
export function quantile(numbers, part) {
  const sorted = [...numbers].sort((left, right) => left - right);
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)];
  return below + (sorted[Math.ceil(place)] - below) * (place % 1);
}

export function median(numbers) {
  return quantile(numbers, 0.5);
}

/** The median of the ratios of the same rounds, and between which the middle half of them lies. */
export function ratioOf(timed, base) {
  const ratios = timed.times.map((time, round) => time / base.times[round]);
  return { ratio: median(ratios), quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)] };
}

async function timeOfRuns(run, times) {
  const start = performance.now();
  for (let index = 0; index < times; index++) await run();
  return ((performance.now() - start) / times) * 1000;
}

function timeOf({ run, timeOf: ownTimeOf }, times) {
  return ownTimeOf === undefined ? timeOfRuns(run, times) : ownTimeOf(times);
}

/** How often something fits into a turn, measured when it is warm. */
async function timesPerTurn(contestant) {
  let times = 1;
  let calls = 0;
  const start = performance.now();
  const isWarm = () => {
    const ms = performance.now() - start;
    return ms >= LONGEST_WARM_UP_MS || (ms >= WARM_UP_MS && calls >= WARM_UP_CALLS);
  };
  while (!isWarm()) {
    const micros = await timeOf(contestant, times);
    calls += times;
    times = Math.max(1, Math.min(20_000, Math.round((TURN_MS * 1000) / micros)));
  }
  return times;
}

/**
 * In which order they take their turns: that of a Williams design. In as many rounds as there are contestants (twice as many, of
 * an odd number) everybody comes after everybody else equally often, and so has as much of the others' garbage to clear away,
 * and caches that are as cold. Nobody comes after itself, at the end of one round and the beginning of the next.
 * @see E. J. Williams, Experimental designs balanced for the estimation of residual effects of treatments (1949)
 * @returns {readonly number[]}
 */
export function orderOf(round, count) {
  const isMirrored = count % 2 === 1 && Math.floor(round / count) % 2 === 1;
  const turn = isMirrored ? count - (round % count) : round % count;
  // Two always take turns.
  const shift = count === 2 ? 0 : turn;
  const order = Array.from({ length: count }, (_, place) => {
    const zigzag = place % 2 === 1 ? (place + 1) / 2 : count - place / 2;
    return (zigzag + shift) % count;
  });
  return isMirrored ? order.reverse() : order;
}

/**
 * @param {readonly Contestant[]} contestants
 * @param {{ rounds: number, afterRound?: () => unknown }} how `afterRound` is not timed
 * @returns {Promise<readonly Timed[]>} in the same order
 */
export async function inTurns(contestants, { rounds, afterRound = () => undefined }) {
  const perTurn = [];
  for (const contestant of contestants) {
    perTurn.push(await timesPerTurn(contestant));
    await afterRound();
  }
  const times = contestants.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const index of orderOf(round, contestants.length)) {
      times[index].push(await timeOf(contestants[index], perTurn[index]));
    }
    await afterRound();
  }
  return contestants.map(({ id, name, note, isShared }, index) => ({
    ...{ id, name, note, isShared },
    times: times[index],
  }));
}
