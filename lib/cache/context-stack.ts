import { AsyncLocalStorage } from 'node:async_hooks';

/** What is in force for an asynchronous context, and what surrounds it. */
interface Layer<V> {
  /** For whom; undefined: for everybody. */
  readonly owner: object | undefined;
  /** Undefined: nothing, whatever surrounds it. */
  value: V | undefined;
  /** Counts no more, not even for what is still running in the context. */
  isOver: boolean;
  readonly outer: Layer<V> | undefined;
}

/** A value that is in force for what is run by it. */
export interface Opened {
  run<T>(task: () => T): T;
  /** From then on what surrounds it is in force again, also for what the task has left running. */
  end(): void;
}

/** Values that are in force for an asynchronous context and all that is started in it; the innermost wins. */
export class ContextStack<V> {
  readonly #layers = new AsyncLocalStorage<Layer<V>>();

  /** A value to put in force for one owner. */
  open(owner: object, value: V): Opened {
    const layer: Layer<V> = { owner, value, isOver: false, outer: this.#innermost() };
    return {
      run: (task) => this.#layers.run(layer, task),
      end: () => {
        layer.isOver = true;
        layer.value = undefined;
      },
    };
  }

  /** Runs a function, and all that it starts, with nothing in force for anybody. */
  without<T>(task: () => T): T {
    const layer = { owner: undefined, value: undefined, isOver: false, outer: undefined };
    return this.#layers.run(layer, task);
  }

  /** What is in force for an owner here: a value, `null` for nothing on purpose, or undefined where no context says. */
  find(owner: object): V | null | undefined {
    for (let layer = this.#innermost(); layer !== undefined; layer = layer.outer) {
      if (layer.isOver) continue;
      if (layer.owner === undefined) return null;
      if (layer.owner === owner) return layer.value;
    }
    return undefined;
  }

  /** Following contexts costs the whole process time; this ends it. */
  dispose(): void {
    this.#layers.disable();
  }

  /** Layers that are over are passed by, so that those inside do not keep them alive. */
  #innermost(): Layer<V> | undefined {
    let layer = this.#layers.getStore();
    while (layer?.isOver === true) layer = layer.outer;
    return layer;
  }
}
