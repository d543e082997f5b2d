/**
 * @file Constants that a module makes outside of a step: in `build`, or at its
 * top.
 *
 * tfjs moves such a tensor to the backend where it is first used. The engine's
 * tensor for it goes with the step that was made then; its values stay, so
 * that the next one can use it too.
 */

/** What tfjs-node's backend knows of a tensor. */
interface Entry {
  /** Number in the binding; of none while `values` wait to be handed over. */
  id: number;
  values: unknown;
}

type Move = (
  dataId: object,
  values: unknown,
  shape: readonly number[],
  dtype: string,
  references: number,
) => void;

/** The parts of tfjs-node's backend through which tensors come in. */
export interface Door {
  move: Move;
  write(values: unknown, shape: readonly number[], dtype: string): object;
  readonly tensorMap: { has(dataId: object): boolean; get(id: object): Entry };
}

/** Remembers the values of tensors from outside. */
export class Guests {
  readonly #values = new Map<object, unknown>();
  readonly #backend: Door;

  constructor(backend: Door) {
    this.#backend = backend;
    const move = backend.move.bind(backend);
    backend.move = (dataId, values, ...rest) => {
      this.#values.set(dataId, values);
      move(dataId, values, ...rest);
    };
    // Theirs goes through `move`, and would make a guest of every constant.
    backend.write = (values, shape, dtype) => {
      const dataId = {};
      move(dataId, values, shape, dtype, 1);
      return dataId;
    };
  }

  /** Ends a step: those that are still there get their values back. */
  leave(): void {
    const { tensorMap } = this.#backend;
    for (const [dataId, values] of this.#values) {
      if (tensorMap.has(dataId)) {
        Object.assign(tensorMap.get(dataId), { values, id: -1 });
      } else this.#values.delete(dataId);
    }
  }
}
