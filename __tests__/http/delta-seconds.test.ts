import { parseDeltaSeconds } from '../../lib/http/delta-seconds';

describe('parseDeltaSeconds (RFC 9111 section 1.2.2)', () => {
  it.each<[string, number | undefined]>([
    ['0', 0],
    ['60', 60],
    ['003600', 3600],
    ['2147483647', 2_147_483_647],
    ['2147483648', 2_147_483_648],
    ['99999999999', 2_147_483_648],
    ['9'.repeat(400), 2_147_483_648],
    ['', undefined],
    ['-1', undefined],
    ['+1', undefined],
    ['1.0', undefined],
    ['1e3', undefined],
    [' 1', undefined],
    ['0x10', undefined],
    ['\u0661', undefined],
  ])('%j gives %p', (text, seconds) => {
    expect(parseDeltaSeconds(text)).toBe(seconds);
  });
});
