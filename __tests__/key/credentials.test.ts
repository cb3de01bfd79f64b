import { type HeaderFields } from '../../lib/http/header-fields';
import { headerCredentials, madeAuthorization } from '../../lib/key/credentials';
import { NameRules } from '../../lib/key/ignored-parameters';

const rules = new NameRules(['X-Nonce']);
const basic = `Basic ${Buffer.from('ü:p').toString('base64')}`;
const found = (headers: HeaderFields, auth?: { username: string; password: string }, userinfo?: string) =>
  headerCredentials({ headers, ...(auth === undefined ? {} : { auth }) }, userinfo, rules);

describe('headerCredentials', () => {
  it('finds nothing in a plain request', () => {
    expect(found({ accept: 'x', 'x-nonce': '1' })).toEqual({ secrets: '', omitted: '' });
  });

  it('finds every credential, in any case and order', () => {
    const one = found({ authorization: 'a', cookie: 'b', 'x-api-key': 'c' });
    expect(one.secrets).toBe('6:header13:authorization1:a6:header6:cookie1:b6:header9:x-api-key1:c');
    expect(found({ 'X-API-Key': ' c', Cookie: ['b'], AUTHORIZATION: 'a ' })).toEqual(one);
  });

  it('auth and userinfo equal the field that axios sends for them, and replace a given one', () => {
    const expected = found({ authorization: basic });
    expect(found({}, { username: 'ü', password: 'p' })).toEqual(expected);
    expect(found({}, undefined, 'ü:p')).toEqual(expected);
    expect(found({ authorization: 'Bearer x' }, { username: 'ü', password: 'p' })).toEqual(expected);
    expect(found({ Authorization: 'Bearer x' }, undefined, 'ü:p')).toEqual(expected);
    expect(found({}, { username: 'ü', password: 'p' }, 'other:user')).toEqual(expected);
    expect(found({}, { username: '', password: '' }, 'other:user')).toEqual(
      found({ authorization: 'Basic Og==' }),
    );
  });

  it('leaves out values that the user listed, and says so', () => {
    const listed = new NameRules(['Authorization', 'COOKIE']);
    const request = { headers: { cookie: 'a', authorization: 'b', 'x-api-key': 'c' } };
    expect(headerCredentials(request, undefined, listed)).toEqual({
      secrets: '6:header9:x-api-key1:c',
      omitted: 'authorization,cookie,',
    });
    expect(headerCredentials({ headers: {} }, 'u:p', listed).omitted).toBe('authorization,');
  });
});

describe('madeAuthorization', () => {
  it.each([
    ['nothing', 'http://a.test/', undefined, undefined],
    ['no userinfo', 'http://a.test/@', undefined, undefined],
    ['userinfo', 'http://%C3%BC:p@a.test/', undefined, basic],
    ['auth', 'http://a.test/', { username: 'ü', password: 'p' }, basic],
    ['auth over userinfo', 'http://x:y@a.test/', { username: 'ü', password: 'p' }, basic],
  ])('%s', (_title, address, auth, expected) => {
    expect(madeAuthorization({ url: address, ...(auth === undefined ? {} : { auth }) })).toBe(expected);
  });
});
