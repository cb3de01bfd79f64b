import { type AxiosInstance, type CreateAxiosDefaults } from 'axios';

/** All that an installation could leave behind: on an instance, and in the process. */
export interface Trace {
  readonly properties: Readonly<Record<PropertyKey, PropertyDescriptor>>;
  readonly names: readonly PropertyKey[];
  readonly handlers: readonly (readonly unknown[])[];
  readonly globals: readonly PropertyKey[];
}

/** The handlers themselves, holes too, by request and response. */
export function handlersOf(instance: AxiosInstance): unknown[][] {
  const { request, response } = instance.interceptors as unknown as Record<string, { handlers: unknown[] }>;
  return [request, response].map((chain) => [...(chain?.handlers ?? [])]);
}

/** To be compared with a later one; properties are compared by identity. */
export function traceOf(instance: AxiosInstance): Trace {
  return {
    properties: Object.getOwnPropertyDescriptors(instance),
    names: Reflect.ownKeys(instance),
    handlers: handlersOf(instance),
    globals: Reflect.ownKeys(globalThis).filter((name) => String(name).includes('axios-persistent-cache')),
  };
}

/** Fails unless nothing has changed since. */
export function expectNoTrace(instance: AxiosInstance, before: Trace): void {
  const now = traceOf(instance);
  expect(now.names).toEqual(before.names);
  expect(now.handlers).toEqual(before.handlers);
  expect(now.globals).toEqual(before.globals);
  for (const name of now.names) {
    const { value, ...attributes } = now.properties[name] ?? {};
    const { value: valueBefore, ...attributesBefore } = before.properties[name] ?? {};
    expect(attributes).toEqual(attributesBefore);
    // By identity: `create` and the like are the very same functions.
    expect([name, value === valueBefore]).toEqual([name, true]);
  }
}

/** The function itself, to be called without the instance or compared. */
export function createOf(instance: AxiosInstance): (config?: CreateAxiosDefaults) => AxiosInstance {
  return Reflect.get(instance, 'create') as (config?: CreateAxiosDefaults) => AxiosInstance;
}
