/** Runs tasks one at a time, in the order in which they were added; a task that fails does not stop the next. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  add<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Resolves when all that has been added so far is through. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
