// What others are compared with: the least that axios can do, and axios without a cache.
import { Buffer } from 'node:buffer';
import http from 'node:http';
import { Readable } from 'node:stream';
import axios, { AxiosHeaders } from 'axios';
import { answerOf } from '../bodies.mjs';
import { axiosSubject } from './axios-subject.mjs';

/**
 * An adapter that answers at once, with the fields and the body that the origin sends.
 * @param Headers the class of the axios that it is for: a rival brings its own
 */
export function answeringAdapter(Headers) {
  return async (config) => {
    const { body, fields } = answerOf(Number(/^https?:\/\/[^/]+\/(\d+)/.exec(config.url)[1]));
    return {
      data: shaped(body, config.responseType),
      status: 200,
      statusText: 'OK',
      headers: new Headers({ ...fields }),
      config,
      request: {},
    };
  };
}

/** As axios's own adapter gives it. */
function shaped(body, responseType) {
  if (responseType === 'arraybuffer') return Buffer.from(body);
  return responseType === 'stream' ? Readable.from([body], { objectMode: false }) : body.toString('utf8');
}

export function floor() {
  const instance = axios.create({ adapter: answeringAdapter(AxiosHeaders) });
  return axiosSubject('floor', 'axios, answered at once', instance);
}

export function plainAxios() {
  const httpAgent = new http.Agent({ keepAlive: true });
  const subject = axiosSubject('plain', 'axios, no cache', axios.create({ httpAgent }));
  return { ...subject, close: () => httpAgent.destroy() };
}
