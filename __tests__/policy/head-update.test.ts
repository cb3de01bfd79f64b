import { describesStored } from '../../lib/policy/head-update';
import { type StoredParts, type StoredResponseHead } from '../../lib/policy/messages';
import { date, response, stored } from './fixtures';

type Headers = Record<string, string | string[]>;

const part = (completeLength: number | undefined): StoredParts => ({
  spans: [{ first: 0, last: 9 }],
  completeLength,
  range: 'bytes=0-9',
  isCombinable: true,
});

describe('describesStored (RFC 9111 section 4.3.5)', () => {
  const [LM, LATER] = [date(-500), date(-10)];

  it.each<[title: string, head: Headers, kept: Headers, changes: Partial<StoredResponseHead>]>([
    ['nothing to compare', {}, {}, {}],
    ['nothing to compare in the answer to the HEAD', {}, { etag: '"a"', 'last-modified': LM }, {}],
    ['the same entity tag', { etag: '"a"' }, { etag: '"a"' }, {}],
    ['the same weak entity tag', { etag: 'W/"a"' }, { etag: 'W/"a"' }, {}],
    ['the same date', { 'last-modified': LM }, { 'last-modified': LM }, {}],
    ['the same tag, and no date any more', { etag: '"a"' }, { etag: '"a"', 'last-modified': LM }, {}],
    ['the same length', { 'content-length': '10' }, { 'content-length': '10' }, {}],
    ['a length in other digits', { 'content-length': '010' }, { 'content-length': '10' }, {}],
    ['the length of the body, where no field says it', { 'content-length': '10' }, {}, { bodyBytes: 10 }],
    [
      'the length of what was sent, not of what it decodes to',
      { 'content-length': '7' },
      { 'content-length': '7' },
      { bodyBytes: 99, isByteExact: false },
    ],
    [
      'any length, where what was sent is not known',
      { 'content-length': '7' },
      {},
      { bodyBytes: 99, isByteExact: false },
    ],
    ['a length that cannot be read says nothing', { 'content-length': 'x' }, { 'content-length': '10' }, {}],
    ['no length', {}, { 'content-length': '10' }, {}],
    ['other fields that differ', { 'x-a': '2', 'content-type': 'text/css' }, { 'x-a': '1' }, {}],
    [
      'a stored part, of the same whole',
      { 'content-length': '50' },
      { 'content-length': '10' },
      { status: 206, parts: part(50) },
    ],
    [
      'a stored part of nobody knows how much',
      { 'content-length': '50' },
      { 'content-length': '10' },
      { status: 206, parts: part(undefined) },
    ],
  ])('is about the stored content: %s', (_title, head, kept, changes) => {
    expect(describesStored(response(head), stored(kept, changes))).toBe(true);
  });

  it.each<[title: string, head: Headers, kept: Headers, changes: Partial<StoredResponseHead>]>([
    ['another entity tag', { etag: '"b"' }, { etag: '"a"' }, {}],
    ['a tag that became weak', { etag: 'W/"a"' }, { etag: '"a"' }, {}],
    ['a tag where none is stored', { etag: '"a"' }, {}, {}],
    ['another date', { 'last-modified': LATER }, { 'last-modified': LM }, {}],
    ['a date where none is stored', { 'last-modified': LM }, {}, {}],
    [
      'the same tag, another date',
      { etag: '"a"', 'last-modified': LATER },
      { etag: '"a"', 'last-modified': LM },
      {},
    ],
    [
      'another tag, the same date',
      { etag: '"b"', 'last-modified': LM },
      { etag: '"a"', 'last-modified': LM },
      {},
    ],
    ['another length', { 'content-length': '11' }, { 'content-length': '10' }, {}],
    [
      'the same tag, another length',
      { etag: '"a"', 'content-length': '11' },
      { etag: '"a"', 'content-length': '10' },
      {},
    ],
    [
      'another length than the body has, where no field says it',
      { 'content-length': '11' },
      {},
      { bodyBytes: 10 },
    ],
    ['0', { 'content-length': '0' }, { 'content-length': '10' }, {}],
    [
      'another whole',
      { 'content-length': '10' },
      { 'content-length': '10' },
      { status: 206, parts: part(50) },
    ],
    ['a stored error', {}, {}, { status: 404 }],
    ['a stored answer without content', {}, {}, { status: 204 }],
  ])('is not: %s', (_title, head, kept, changes) => {
    expect(describesStored(response(head), stored(kept, changes))).toBe(false);
  });

  it.each([201, 203, 204, 206, 301, 304, 404, 405, 500])(
    'an answer with status %i says nothing of it',
    (status) => {
      expect(describesStored(response({ etag: '"a"' }, status), stored({ etag: '"a"' }))).toBe(false);
    },
  );
});
