import fc from 'fast-check';
import { parseMultipart } from '../../lib/key/multipart';

const TYPE = 'multipart/form-data; boundary=xYz';
const parse = (text: string, type = TYPE): unknown =>
  parseMultipart(Buffer.from(text), type)?.map((part) => ({
    ...part,
    value: Buffer.from(part.value as Uint8Array).toString(),
  }));
const field = (name: string, value: string, more = ''): string =>
  `--xYz\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
const END = '--xYz--\r\n';

describe('parseMultipart', () => {
  it('reads fields and files in order', () => {
    const body = `${field('a', '1')}${field('f', 'x\r\ny', '; filename="n.txt"\r\ncontent-type:  text/plain')}${field('', '')}${END}`;
    expect(parse(body)).toEqual([
      { name: 'a', value: '1' },
      { name: 'f', filename: 'n.txt', contentType: 'text/plain', value: 'x\r\ny' },
      { name: '', value: '' },
    ]);
  });

  it.each([
    ['without a line end after the last delimiter', field('a', '1') + END.trim(), TYPE],
    ['quoted boundary', field('a', '1') + END, 'Multipart/Form-Data; charset=utf-8; Boundary="xYz"'],
    ['names that begin like the boundary', field('a', '1') + END, TYPE],
  ])('accepts a body %s', (_title, body, type) => {
    expect(parse(body, type)).toEqual([{ name: 'a', value: '1' }]);
  });

  it('a value may contain what looks like a delimiter', () => {
    for (const value of ['x--xYz', '\r\n--xY', '\n--xYz\n', ' --xYz--', '\r\n\r\n']) {
      expect(parse(field('a', value) + END)).toEqual([{ name: 'a', value }]);
    }
  });

  it('reads names in UTF-8 and does not unescape them', () => {
    expect(parse(field('é%22\\', '1') + END)).toEqual([{ name: 'é%22\\', value: '1' }]);
  });

  it('may have no parts', () => {
    expect(parse(END)).toEqual([]);
  });

  it('an empty file name is not the same as none', () => {
    expect(parse(field('a', '1', '; filename=""') + END)).toEqual([{ name: 'a', filename: '', value: '1' }]);
  });

  it('takes a view of a part of a buffer for what it is', () => {
    const whole = Buffer.from(`junk${field('a', '1')}${END}junk`);
    const view = new Uint8Array(whole.buffer, whole.byteOffset + 4, whole.length - 8);
    expect(parseMultipart(view, TYPE)).toHaveLength(1);
  });

  it.each([
    ['empty', '', TYPE],
    ['other type', field('a', '1') + END, 'text/plain; boundary=xYz'],
    ['no boundary', field('a', '1') + END, 'multipart/form-data'],
    ['empty boundary', field('a', '1') + END, 'multipart/form-data; boundary='],
    ['other boundary', field('a', '1') + END, 'multipart/form-data; boundary=abc'],
    ['boundary that no header can have', field('a', '1') + END, 'multipart/form-data; boundary="\u00e9"'],
    ['a delimiter at the start of a value', field('a', '--xYz') + END, TYPE],
    ['text before', `x\r\n${field('a', '1')}${END}`, TYPE],
    ['text after', `${field('a', '1')}${END}x`, TYPE],
    ['no end', field('a', '1'), TYPE],
    ['cut short', (field('a', '1') + END).slice(0, -4), TYPE],
    ['text after a delimiter', `--xYz x\r\n${END}`, TYPE],
    ['longer boundary', `${field('a', '1').replace('--xYz', '--xYzz')}${END}`, TYPE],
    ['no header fields', `--xYz\r\n\r\n1\r\n${END}`, TYPE],
    ['nothing in a part', `--xYz\r\n${END}`, TYPE],
    ['no empty line', `--xYz\r\nContent-Disposition: form-data; name="a"\r\n${END}`, TYPE],
    ['no name', `--xYz\r\nContent-Disposition: form-data\r\n\r\n1\r\n${END}`, TYPE],
    ['no disposition', `--xYz\r\nContent-Type: text/plain\r\n\r\n1\r\n${END}`, TYPE],
    ['unquoted name', `--xYz\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n${END}`, TYPE],
    ['unknown parameter', field('a', '1', "; filename*=UTF-8''x") + END, TYPE],
    ['unknown field', field('a', '1', '\r\nContent-ID: 1') + END, TYPE],
    ['unknown field beside the type', field('a', '1', '\r\nContent-Type: a/b\r\nContent-ID: 1') + END, TYPE],
    ['a field twice', field('a', '1', '\r\nContent-Type: a/b\r\nContent-Type: a/b') + END, TYPE],
    ['a field without name', field('a', '1', '\r\n: x') + END, TYPE],
    ['a line that is no field', field('a', '1', '\r\nx') + END, TYPE],
    ['line feeds only', (field('a', '1') + END).replaceAll('\r', ''), TYPE],
  ])('is undefined: %s', (_title, body, type) => {
    expect(parse(body, type)).toBeUndefined();
  });

  it('is undefined for names that are not UTF-8', () => {
    const body = Buffer.from(field('\u00ff', '1') + END, 'latin1');
    expect(parseMultipart(body, TYPE)).toBeUndefined();
  });

  it('never throws, and never reads two bodies as the same parts', () => {
    const seen = new Map<string, string>();
    const piece = fc.constantFrom(
      '--xYz',
      '\r\n',
      '--',
      'Content-Disposition: form-data; name="a"',
      '\r\n\r\n',
      'x',
      ':',
      '"',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const body = pieces
          .join('')
          .replace(/^x?/, '--xYz\r\nContent-Disposition: form-data; name="a"\r\n\r\n');
        const parts = parse(body);
        if (parts === undefined) return;
        const text = JSON.stringify(parts);
        const trimmed = body.replace(/\r\n$/, '');
        expect(seen.get(text) ?? trimmed).toBe(trimmed);
        seen.set(text, trimmed);
      }),
      { seed: 20261120, numRuns: 5000 },
    );
    expect(seen.size).toBeGreaterThan(5);
  });

  it('reads what the platform writes', async () => {
    const form = new FormData();
    form.append('a', 'é\r\nx');
    form.append('f', new Blob([new Uint8Array([0, 255, 13, 10])], { type: 'application/x-y' }), 'n m.bin');
    const response = new Response(form);
    const type = response.headers.get('content-type') as string;
    const parts = parseMultipart(new Uint8Array(await response.arrayBuffer()), type);
    expect(parts?.map(({ value, ...rest }) => ({ ...rest, value: [...(value as Uint8Array)] }))).toEqual([
      { name: 'a', value: [...Buffer.from('é\r\nx')] },
      { name: 'f', filename: 'n m.bin', contentType: 'application/x-y', value: [0, 255, 13, 10] },
    ]);
  });
});
