import { effectiveMethod, requestMethod } from '../../lib/key/method';

describe('effectiveMethod', () => {
  it.each([
    ['get', {}, 'GET'],
    ['POST', { 'x-http-method-override': 'get' }, 'GET'],
    ['POST', { 'x-http-method': 'Put' }, 'PUT'],
    ['POST', { 'x-method-override': ' patch ' }, 'PATCH'],
    ['GET', { 'x-method-override': 'DELETE' }, 'DELETE'],
    ['POST', { 'x-method-override': 'PUT', 'x-http-method': 'GET' }, 'GET'],
    ['POST', { 'x-http-method': 'PUT', 'x-http-method-override': 'GET' }, 'GET'],
    ['POST', { 'x-http-method-override': '' }, 'POST'],
    ['POST', { 'x-http-method-override': 'GET, PUT' }, 'POST'],
    ['POST', { 'x-http-method-override': ['GET', 'PUT'] }, 'POST'],
    ['POST', { 'x-http-method-override': 'G\u00c9T' }, 'POST'],
    ['M-SEARCH', {}, 'M-SEARCH'],
  ])('%s with %j: %s', (method, headers, expected) => {
    expect(effectiveMethod(method, headers)).toBe(expected);
  });

  it('the key tells the real method, every override field, and their absence apart', () => {
    const requests = [
      requestMethod('POST', {}),
      requestMethod('GET', {}),
      requestMethod('POST', { 'x-http-method-override': 'GET' }),
      requestMethod('GET', { 'x-http-method-override': 'GET' }),
      requestMethod('POST', { 'x-http-method': 'GET' }),
      requestMethod('POST', { 'x-http-method-override': '' }),
      requestMethod('POST', { 'x-http-method-override': 'GET', 'x-http-method': 'PUT' }),
    ];
    expect(new Set(requests.map(({ keyText }) => keyText)).size).toBe(requests.length);
    expect(requestMethod('post', { 'x-http-method': 'get' })).toEqual(
      requestMethod('POST', { 'x-http-method': 'GET' }),
    );
  });
});
