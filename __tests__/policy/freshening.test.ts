import { freshenedHeaders } from '../../lib/policy/freshening';
import { fields } from './fixtures';

const freshen = (
  stored: Parameters<typeof fields>[0],
  notModified: Parameters<typeof fields>[0],
): object => ({
  ...freshenedHeaders(fields(stored), fields(notModified)),
});

describe('freshenedHeaders (RFC 9111 section 3.2)', () => {
  it('keeps what the 304 does not mention', () => {
    expect(freshen({ 'x-a': '1', etag: '"a"' }, { 'x-b': '2' })).toEqual({
      'x-a': '1',
      etag: '"a"',
      'x-b': '2',
    });
  });

  it.each([
    'test-header',
    'content-foo',
    'content-type',
    'content-location',
    'content-security-policy',
    'cache-control',
    'expires',
    'last-modified',
    'vary',
    'x-frame-options',
    'date',
    'age',
  ])('takes %s over', (name) => {
    expect(freshen({ [name]: 'a' }, { [name]: 'b' })).toEqual({ [name]: 'b' });
  });

  it.each([
    'content-length',
    'content-encoding',
    'content-range',
    'content-md5',
    'content-digest',
    'repr-digest',
    'digest',
    'etag',
  ])('does not take %s over', (name) => {
    expect(freshen({ [name]: 'a' }, { [name]: 'b' })).toEqual({ [name]: 'a' });
    expect(freshen({}, { [name]: 'b' })).toEqual({});
  });

  it.each([
    'connection',
    'keep-alive',
    'transfer-encoding',
    'te',
    'upgrade',
    'proxy-authenticate',
    'trailer',
  ])('does not take %s over either', (name) => {
    expect(freshen({}, { [name]: 'b' })).toEqual({});
  });

  it('nor what its Connection lists', () => {
    expect(freshen({ 'x-a': '1' }, { connection: 'close, X-A', 'x-a': '2' })).toEqual({ 'x-a': '1' });
  });

  it('replaces several lines as a whole', () => {
    expect(freshen({ 'set-cookie': ['a=1', 'b=2'] }, { 'set-cookie': ['c=3', 'd=4'] })).toEqual({
      'set-cookie': ['c=3', 'd=4'],
    });
    expect(freshen({ 'set-cookie': 'a=1' }, {})).toEqual({ 'set-cookie': 'a=1' });
  });

  it('drops the age and the date of the stored response, which say nothing about the 304', () => {
    expect(freshen({ age: '500', date: 'then', 'x-a': '1' }, {})).toEqual({ 'x-a': '1' });
  });

  it('changes neither of its arguments', () => {
    const stored = Object.freeze({ 'x-a': '1' });
    const notModified = Object.freeze({ 'x-a': '2' });
    expect({ ...freshenedHeaders(stored, notModified) }).toEqual({ 'x-a': '2' });
    expect([stored, notModified]).toEqual([{ 'x-a': '1' }, { 'x-a': '2' }]);
  });
});
