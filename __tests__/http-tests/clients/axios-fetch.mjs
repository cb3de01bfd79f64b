// `fetch` as the suite's engine calls it, over an axios instance.
import { badGateway, fetchShaped, requestFields } from './fetch-shape.mjs';

/** What keeps axios from touching the bytes, and from treating a status as an error. */
export const PLAIN_AXIOS = Object.freeze({
  adapter: 'http',
  proxy: false,
  responseType: 'arraybuffer',
  transformRequest: [(data) => data],
  transformResponse: [],
  validateStatus: () => true,
});

export async function fetchByAxios(http, url, init) {
  let response;
  try {
    response = await http.request({
      url,
      method: init?.method ?? 'GET',
      headers: requestFields(init?.headers),
      data: init?.body,
      ...(init?.redirect === 'manual' ? { maxRedirects: 0 } : {}),
    });
  } catch (error) {
    return badGateway(error);
  }
  const { status, statusText, headers, data } = response;
  return fetchShaped(status, statusText, Object.entries(headers), data);
}
