import { storableFields } from '../../lib/policy/stored-fields';
import { fields } from './fixtures';

const storable = (headers: Parameters<typeof fields>[0]): object => ({ ...storableFields(fields(headers)) });

describe('storableFields (RFC 9111 section 3.1)', () => {
  it.each([
    'connection',
    'keep-alive',
    'proxy-authenticate',
    'proxy-authentication-info',
    'proxy-authorization',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
  ])('leaves %s out', (name) => {
    expect(storable({ [name]: 'x', 'x-a': '1' })).toEqual({ 'x-a': '1' });
  });

  it('leaves out what Connection lists, in any case, on any line', () => {
    const headers = { connection: ['close, A', 'b'], a: '1', b: '2', c: '3' };
    expect(storable(headers)).toEqual({ c: '3' });
  });

  it('keeps everything else, several lines as several lines', () => {
    const headers = {
      'content-length': '5',
      'content-encoding': 'gzip',
      'www-authenticate': 'Basic',
      'set-cookie': ['a=1', 'b=2'],
      te2: 'x',
    };
    expect(storable(headers)).toEqual(headers);
  });

  it('keeps a field called __proto__', () => {
    expect(Object.entries(storableFields(fields({ ['__proto__']: 'x' })))).toEqual([['__proto__', 'x']]);
  });
});
