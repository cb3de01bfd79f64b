import {
  isFinalStatus,
  isHeuristicallyCacheable,
  isNeverStoredStatus,
  isSafeMethod,
  isUnderstoodStatus,
} from '../../lib/http/status-and-methods';

describe('statuses', () => {
  it.each([
    [100, false],
    [103, false],
    [199, false],
    [200, true],
    [304, true],
    [599, true],
    [600, false],
    [0, false],
    [200.5, false],
    [NaN, false],
  ])('%p is final: %p', (status, isFinal) => {
    expect(isFinalStatus(status)).toBe(isFinal);
  });

  const all = Array.from({ length: 500 }, (_, index) => index + 100);

  it('may be given a heuristic lifetime as RFC 9110 section 15.1 lists them', () => {
    expect(all.filter(isHeuristicallyCacheable)).toEqual([
      200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501,
    ]);
  });

  it('are understood without not-modified and unknown ones', () => {
    expect([200, 204, 206, 302, 404, 503].map(isUnderstoodStatus)).not.toContain(false);
    expect([100, 304, 299, 499, 599].map(isUnderstoodStatus)).not.toContain(true);
  });

  it('must never be stored where RFC 6585 says so', () => {
    expect(all.filter(isNeverStoredStatus)).toEqual([428, 429, 431, 511]);
  });
});

describe('methods', () => {
  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'PROPFIND', 'REPORT', 'SEARCH'])(
    '%s is safe',
    (method) => {
      expect(isSafeMethod(method)).toBe(true);
    },
  );

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'M-SEARCH', 'UNKNOWN', '', 'get'])(
    '%s is not known to be safe',
    (method) => {
      expect(isSafeMethod(method)).toBe(false);
    },
  );
});
