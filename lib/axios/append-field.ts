import type { AxiosResponse } from 'axios';
import { fieldValue, headerFields, type HeaderFields } from '../http/header-fields.js';

/**
 * Appends a member to a list field of a response that a caller is about to get. An interceptor of the user's may have put in its
 * place one without header fields, or with fields that cannot be changed: that one stays as it is.
 */
export function appendField(response: AxiosResponse, name: string, member: string): void {
  const given: unknown = response.headers;
  if (typeof given !== 'object' || given === null || !Object.isExtensible(given)) return;
  const headers = given as Record<string, unknown> & {
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

/** Without the member that {@link appendField} has put there, if it is still the last one. @param name in lower case */
export function withoutAppended(fields: HeaderFields, name: string, member: string): HeaderFields {
  const value = fieldValue(fields, name);
  const before = value?.slice(0, -member.length - 2);
  if (before === undefined || joined(before, member) !== value) return fields;
  const { [name]: _whole, ...others } = fields;
  return headerFields(Object.entries(before === '' ? others : { ...others, [name]: before }));
}
