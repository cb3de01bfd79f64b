import { Opening } from '../../lib/storage/opening.js';

describe('Opening', () => {
  it('opens once for all who ask, and then has the value at hand', async () => {
    let opened = 0;
    const opening = new Opening(async () => ({ number: ++opened }));
    expect(opening.value).toBeUndefined();
    const [first, second] = await Promise.all([opening.ensure(), opening.ensure()]);
    expect(first).toBe(second);
    expect(opening.value).toBe(first);
    expect(opening.attempt).toBeUndefined();
    expect(await opening.ensure()).toBe(first);
    expect(opened).toBe(1);
  });

  it('fails for all who waited, forgets the failure and tries again', async () => {
    const outcomes: (() => Promise<object>)[] = [
      () => Promise.reject(new Error('down')),
      () => Promise.resolve({}),
    ];
    const opening = new Opening(() => (outcomes.shift() as () => Promise<object>)());
    const attempts = await Promise.allSettled([opening.ensure(), opening.ensure()]);
    expect(attempts.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(outcomes).toHaveLength(1);
    await expect(opening.ensure()).resolves.toBeInstanceOf(Object);
  });

  it('opens anew after it was told to forget, and ignores the attempt from before', async () => {
    let opened = 0;
    const opening = new Opening(async () => ({ number: ++opened }));
    const before = opening.ensure();
    opening.forget();
    await before;
    expect(opening.value).toBeUndefined();
    await expect(opening.ensure()).resolves.toEqual({ number: 2 });
  });
});
