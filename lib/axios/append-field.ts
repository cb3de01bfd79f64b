import { type AxiosResponse } from 'axios';

/** Appends a member to a list field of a response that a caller is about to get. */
export function appendField(response: AxiosResponse, name: string, member: string): void {
  const headers = response.headers as Record<string, unknown> & {
    get?: (name: string) => unknown;
    set?: (name: string, value: string) => unknown;
  };
  if (typeof headers.get === 'function' && typeof headers.set === 'function') {
    const present = headers.get(name);
    headers.set(name, joined(present, member));
    return;
  }
  // Of an adapter or a mock whose header fields axios has not made its own.
  const spelled = Object.keys(headers).find((one) => one.toLowerCase() === name.toLowerCase()) ?? name;
  headers[spelled] = joined(headers[spelled], member);
}

function joined(present: unknown, member: string): string {
  const before = Array.isArray(present) ? present.join(', ') : present;
  return typeof before === 'string' && before !== '' ? `${before}, ${member}` : member;
}
