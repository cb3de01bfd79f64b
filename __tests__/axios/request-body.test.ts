import FormDataPackage from 'form-data';
import { Readable } from 'node:stream';
import { keyableBody } from '../../lib/axios/request-body.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('keyableBody', () => {
  it.each<[string, unknown, unknown]>([
    ['undefined', undefined, 'none'],
    ['null', null, 'none'],
    ['text', 'täxt', { kind: 'text', text: 'täxt' }],
    ['empty text', '', { kind: 'text', text: '' }],
    ['a Buffer', Buffer.from('x'), { kind: 'bytes', bytes: Buffer.from('x') }],
    ['an ArrayBuffer', bytesOf('x').buffer, { kind: 'bytes', bytes: bytesOf('x') }],
    ['a view of a part', new DataView(bytesOf('abc').buffer, 1, 1), { kind: 'bytes', bytes: bytesOf('b') }],
    ['URLSearchParams', new URLSearchParams({ a: '1 2' }), { kind: 'text', text: 'a=1+2' }],
    ['a plain object', { b: 1 }, { kind: 'text', text: '{"b":1}' }],
    ['a number', 5, { kind: 'text', text: '5' }],
    ['a boolean', false, { kind: 'text', text: 'false' }],
    ['a stream', Readable.from(['x']), 'unkeyable'],
    ['a web stream', new ReadableStream(), 'unkeyable'],
    ['an asynchronous iterator', { [Symbol.asyncIterator]: () => undefined }, 'unkeyable'],
    ['a function', () => 'x', 'unkeyable'],
    ['a circle', circle(), 'unkeyable'],
    ['a bigint within', { big: 1n }, 'unkeyable'],
  ])('%s', (_what, data, expected) => {
    expect(keyableBody(data)).toEqual(expected);
  });

  it('reads a Blob without using it up', async () => {
    const blob = new Blob(['content'], { type: 'text/css' });
    expect(await keyableBody(blob)).toEqual({ kind: 'bytes', bytes: bytesOf('content') });
    expect(await blob.text()).toBe('content');
  });

  it('reads the fields of a form at once', () => {
    const form = new FormData();
    form.append('a', '1');
    form.append('a', '2');
    expect(keyableBody(form)).toEqual({
      kind: 'multipart',
      parts: [
        { name: 'a', value: '1' },
        { name: 'a', value: '2' },
      ],
    });
  });

  it('reads the files of a form, with name and type', async () => {
    const form = new FormData();
    form.append('field', 'value');
    form.append('plain', new Blob(['one']));
    form.append('file', new File(['two'], 'two.css', { type: 'text/css' }));
    expect(await keyableBody(form)).toEqual({
      kind: 'multipart',
      parts: [
        { name: 'field', value: 'value' },
        { name: 'plain', value: bytesOf('one'), filename: 'blob' },
        { name: 'file', value: bytesOf('two'), filename: 'two.css', contentType: 'text/css' },
      ],
    });
  });

  it('reads the form of the package form-data, whatever its boundary', () => {
    const form = (boundary?: string): FormDataPackage => {
      const made = new FormDataPackage();
      if (boundary !== undefined) made.setBoundary(boundary);
      made.append('field', 'value');
      made.append('file', Buffer.from('two'), { filename: 'two.css', contentType: 'text/css' });
      return made;
    };
    expect(keyableBody(form())).toEqual(keyableBody(form('----another-boundary')));
    expect(keyableBody(form())).toMatchObject({
      kind: 'multipart',
      parts: [{ name: 'field' }, { name: 'file', filename: 'two.css', contentType: 'text/css' }],
    });
  });

  it('lets a form pass by that has a stream in it', () => {
    const form = new FormDataPackage();
    form.append('file', Readable.from(['x']));
    expect(keyableBody(form)).toBe('unkeyable');
  });
});

function circle(): unknown {
  const list: unknown[] = [];
  list.push(list);
  return list;
}
