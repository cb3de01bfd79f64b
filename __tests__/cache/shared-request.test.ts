import { LiveBody } from '../../lib/cache/live-body.js';
import { type Landing, SharedRequests } from '../../lib/cache/shared-request.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const ALONE: Landing = { kind: 'alone', isLasting: false };
const FOR_NOBODY_ELSE: Landing = { kind: 'alone', isLasting: true };
const STORED: Landing = { kind: 'stored', fwdStatus: 200 };

function endless(declaredBytes?: number): LiveBody {
  const source = { read: () => new Promise<undefined>(() => undefined), cancel: () => undefined };
  const live = new LiveBody(() => source, declaredBytes);
  void live.take(1000);
  return live;
}

describe('finding', () => {
  test('a request is found by its name until it has landed', () => {
    const requests = new SharedRequests();
    expect(requests.find('a', false)).toBeUndefined();
    const request = requests.begin('a');
    expect(requests.find('a', false)).toBe(request);
    expect(requests.find('b', false)).toBeUndefined();
    request.land(STORED);
    expect(requests.find('a', false)).toBeUndefined();
  });

  test('a newer one under the same name is found from then on, also when the older one lands', () => {
    const requests = new SharedRequests();
    const older = requests.begin('a');
    const newer = requests.begin('a');
    older.land(STORED);
    expect(requests.find('a', false)).toBe(newer);
  });

  test('one that a deletion has made outdated is not found', () => {
    const requests = new SharedRequests();
    const request = requests.begin('a');
    request.flight = {
      key: 'k',
      resource: 'r',
      sequence: 1,
      isOutdated: true,
      deletionsBefore: 0,
      newerVariants: new Set(),
      ownDeletions: undefined,
    };
    expect(requests.find('a', false)).toBeUndefined();
  });

  test('after an answer for nobody else, nobody waits for the next; after one for all, they do again', () => {
    const requests = new SharedRequests();
    requests.begin('a').land(FOR_NOBODY_ELSE);
    const second = requests.begin('a');
    expect(requests.find('a', false)).toBeUndefined();
    second.land(STORED);
    const third = requests.begin('a');
    expect(requests.find('a', false)).toBe(third);
  });

  test('a failure is no reason not to wait for the next', () => {
    const requests = new SharedRequests();
    requests.begin('a').land(ALONE);
    const second = requests.begin('a');
    expect(requests.find('a', false)).toBe(second);
  });

  test('only so many names are remembered', () => {
    const requests = new SharedRequests();
    for (let index = 0; index <= 1000; index += 1) requests.begin(String(index)).land(FOR_NOBODY_ELSE);
    const forgotten = requests.begin('0');
    expect(requests.find('0', false)).toBe(forgotten);
    requests.begin('1');
    expect(requests.find('1', false)).toBeUndefined();
  });
});

describe('waiting', () => {
  test('all who wait learn the same, once', async () => {
    const request = new SharedRequests().begin('a');
    request.join();
    const waits = [request.follow(false), request.follow(true)];
    request.land(STORED);
    request.land(ALONE);
    expect(await Promise.all(waits.map(({ landing }) => landing))).toEqual([STORED, STORED]);
  });

  test('the last to leave ends it, with its reason; and those who come too late find nothing', () => {
    const requests = new SharedRequests();
    const request = requests.begin('a');
    const { signal } = request;
    const leave = request.join();
    const { leave: followerLeaves } = request.follow(false);
    leave('first');
    leave('first again');
    expect(signal.aborted).toBe(false);
    expect(requests.find('a', false)).toBe(request);
    followerLeaves();
    expect(signal.aborted).toBe(true);
    expect(requests.find('a', false)).toBeUndefined();
  });

  test('the signal shows why, also when it is asked for only afterwards that it is over', () => {
    const request = new SharedRequests().begin('a');
    const { signal } = request;
    request.join()(new Error('enough'));
    expect(signal.reason).toEqual(new Error('enough'));

    const late = new SharedRequests().begin('b');
    late.join()();
    expect(late.signal.aborted).toBe(true);
  });

  test('what is finished is not ended by leaving', () => {
    const request = new SharedRequests().begin('a');
    const leave = request.join();
    request.finish();
    leave();
    expect(request.signal.aborted).toBe(false);
  });

  test('others wait for half a minute, whatever becomes of it; it goes on for the one who asked', async () => {
    jest.useFakeTimers();
    try {
      const requests = new SharedRequests();
      const request = requests.begin('a');
      const { signal } = request;
      const leave = request.join();
      const wait = request.follow(false);
      jest.advanceTimersByTime(29_999);
      expect(requests.find('a', false)).toBe(request);
      jest.advanceTimersByTime(1);
      expect(await wait.landing).toEqual({ kind: 'over' });
      expect(requests.find('a', false)).toBeUndefined();
      wait.leave();
      expect(signal.aborted).toBe(false);
      leave();
      expect(signal.aborted).toBe(true);
    } finally {
      jest.useRealTimers();
    }
  });

  test('it is of this turn until the event loop has turned', async () => {
    const request = new SharedRequests().begin('a');
    expect(request.isOfThisTurn).toBe(true);
    await nextTurn();
    expect(request.isOfThisTurn).toBe(false);
  });
});

describe('a body that is still coming', () => {
  test('who wants a stream does not wait for one of unknown length, now or later', async () => {
    const requests = new SharedRequests();
    const request = requests.begin('a');
    request.join();
    const wait = request.follow(true);
    request.carries(endless());
    expect(await wait.landing).toEqual(ALONE);
    expect(requests.find('a', true)).toBeUndefined();
    expect(requests.find('a', false)).toBe(request);
  });

  test('who wants a stream waits for one of known length', () => {
    const requests = new SharedRequests();
    const request = requests.begin('a');
    request.carries(endless(10));
    expect(requests.find('a', true)).toBe(request);
  });

  test('it is read to its end for those who wait, and for them only', async () => {
    const reads: string[] = [];
    const source = {
      read: () => {
        reads.push('read');
        return new Promise<undefined>(() => undefined);
      },
      cancel: () => undefined,
    };
    const live = new LiveBody(() => source, 10);
    void live.take(1000);
    const request = new SharedRequests().begin('a');
    request.join();
    request.carries(live);
    await nextTurn();
    expect(reads).toHaveLength(0);
    request.follow(false);
    await nextTurn();
    expect(reads).toHaveLength(1);
  });
});

describe('the time for which others wait', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('runs as long as somebody waits, and no longer', () => {
    const request = new SharedRequests().begin('a');
    request.join();
    const first = request.follow(false);
    const second = request.follow(false);
    first.leave();
    expect(jest.getTimerCount()).toBe(1);
    second.leave();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('begins anew for who comes after that', async () => {
    const request = new SharedRequests().begin('a');
    request.join();
    request.follow(false).leave();
    jest.advanceTimersByTime(60_000);
    const { landing } = request.follow(false);
    jest.advanceTimersByTime(60_000);
    expect(await landing).toEqual({ kind: 'over' });
    expect(jest.getTimerCount()).toBe(0);
  });
});
