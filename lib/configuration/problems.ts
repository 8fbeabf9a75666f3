import type { Problem } from './model.js';

/** There are more problems than anybody reads. */
export class TooManyProblemsError extends Error {
  override readonly name = 'TooManyProblemsError';
}

/** Collects everything that is wrong, so that the sender learns it all at once. */
export class Problems {
  readonly #found: Problem[] = [];
  readonly #most: number;

  /** `most`: one more throws, so that what is wrong throughout takes neither time nor memory. */
  constructor(most = Infinity) {
    this.#most = most;
  }

  /**
   * Field: path in protobuf JSON names.
   * @throws TooManyProblemsError
   */
  add(field: string, description: string): void {
    if (this.#found.length >= this.#most) throw new TooManyProblemsError();
    this.#found.push({ field, description });
  }

  get list(): readonly Problem[] {
    return this.#found;
  }

  /** Reports each value that stands twice; `fieldOf` names the later place. */
  unique<T>(items: readonly T[], valueOf: (item: T) => string, fieldOf: (index: number) => string, what: string): void {
    const first = new Map<string, number>();
    items.forEach((item, index) => {
      const value = valueOf(item);
      if (value === '') return;
      const earlier = first.get(value);
      if (earlier === undefined) first.set(value, index);
      else this.add(fieldOf(index), `${what} ${JSON.stringify(value)} stands at ${fieldOf(earlier)} already`);
    });
  }
}
