// What the suite's engine reads of a `fetch` response, made of what a client gave. The real `Response` refuses statuses
// above 599 and bodies of some statuses.

/**
 * @param {number} status
 * @param {Iterable<[string, string | readonly string[] | undefined]>} fields
 * @param {string | Uint8Array | undefined} body
 */
export function fetchShaped(status, statusText, fields, body) {
  const headers = new Headers();
  for (const [name, value] of fields) {
    for (const line of [value ?? []].flat()) headers.append(name, String(line));
  }
  const text =
    body === undefined ? '' : typeof body === 'string' ? body : Buffer.from(body).toString('latin1');
  return { status, statusText, headers, text: () => Promise.resolve(text) };
}

/** A closed socket is what a gateway would answer by 502; the suite's tests of stale responses want a response. */
export function badGateway(error) {
  return fetchShaped(502, `Bad Gateway (${error?.code ?? error?.message})`, [], '');
}

/** Request fields by name; lines of the same name joined as `fetch` does. The engine gives pairs. */
export function requestFields(pairs) {
  const fields = {};
  for (const [name, value] of pairs ?? []) {
    const known = Object.keys(fields).find((other) => other.toLowerCase() === name.toLowerCase());
    if (known === undefined) fields[name] = String(value);
    else fields[known] += `, ${value}`;
  }
  return fields;
}
