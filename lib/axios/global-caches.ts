import type { AxiosInstance } from 'axios';
import { ContextStack } from '../cache/context-stack.js';
import { AxiosHook } from './axios-hook.js';
import { presentCaches, register } from './global-registry.js';
import type { SharedCache } from './shared-cache.js';
import type { Tap } from './tap.js';

interface HookUse {
  readonly hook: AxiosHook;
  count: number;
}

/**
 * All that is installed, enabled or disabled in this process: there while anything is, and gone without a trace after.
 * Shared by all copies of this library, which call nothing but its methods.
 */
export class GlobalCaches {
  readonly contexts = new ContextStack<SharedCache>();
  readonly #hooks = new Map<AxiosInstance, HookUse>();
  readonly #unregister: () => void;
  #uses = 0;

  private constructor() {
    this.#unregister = register(this);
  }

  /** Those of this process, made known if there are none; to be used at once. */
  static obtain(): GlobalCaches {
    return presentCaches() ?? new GlobalCaches();
  }

  hookOn(axiosExport: AxiosInstance): AxiosHook | undefined {
    return this.#hooks.get(axiosExport)?.hook;
  }

  tapOn(instance: AxiosInstance): Tap | undefined {
    for (const { hook } of this.#hooks.values()) {
      const tap = hook.tapOn(instance);
      if (tap !== undefined) return tap;
    }
    return undefined;
  }

  /** Keeps all this alive. @returns ends that; to be called once */
  use(): () => void {
    this.#uses += 1;
    return () => {
      this.#uses -= 1;
      if (this.#uses > 0) return;
      this.#unregister();
      this.contexts.dispose();
    };
  }

  /** Keeps the hook on an axios export in place, puts it there if need be. @returns ends that; to be called once */
  useHook(axiosExport: AxiosInstance): { readonly hook: AxiosHook; readonly release: () => void } {
    const known = this.#hooks.get(axiosExport);
    const used = known ?? {
      hook: new AxiosHook(axiosExport, this.contexts),
      count: 0,
    };
    if (known === undefined) this.#hooks.set(axiosExport, used);
    used.count += 1;
    const release = this.use();
    return {
      hook: used.hook,
      release: () => {
        used.count -= 1;
        if (used.count === 0) {
          this.#hooks.delete(axiosExport);
          used.hook.remove();
        }
        release();
      },
    };
  }
}
