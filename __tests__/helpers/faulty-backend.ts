import { type Backend } from '../../lib/storage/backend.js';

type Fault = (method: keyof Backend) => unknown;

/**
 * A backend whose calls can be made to fail: `fault` is asked before every call; what it returns, unless undefined, is the
 * call's result, and what it throws is thrown.
 */
export function faultyBackend(backend: Backend, fault: Fault): Backend {
  return new Proxy(backend, {
    get(target, name: keyof Backend) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      // Listening is no use of storage.
      if (name === 'onTrouble' || name === 'onEvict')
        return (listener: unknown): unknown => Reflect.apply(member, target, [listener]);
      return (...args: unknown[]): unknown => {
        const result = fault(name);
        return result === undefined
          ? (member as (...args: unknown[]) => unknown).apply(target, args)
          : result;
      };
    },
  });
}
