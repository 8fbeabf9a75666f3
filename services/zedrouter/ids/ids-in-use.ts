import type { DeviceModel } from '../../../lib/configuration/index.js';
import type { Ids } from '../desired/inputs.js';
import { idsFor } from './ids.js';

/** The ids of what is in the configuration, allocated anew with each configuration and kept safe first. */
export class IdsInUse {
  readonly #keep: (ids: Ids) => Promise<void>;
  #ids: Ids;
  /** What the ids are for. */
  #model: DeviceModel | undefined;

  constructor(ids: Ids, keep: (ids: Ids) => Promise<void>) {
    this.#ids = ids;
    this.#keep = keep;
  }

  /**
   * The ids of what is in this configuration; the same object as before where none is new.
   * @throws (a rejection) what keeping them fails with; the next call tries again
   */
  async of(model: DeviceModel): Promise<Ids> {
    if (model === this.#model) return this.#ids;
    const ids = idsFor(model, this.#ids);
    if (ids !== this.#ids) await this.#keep(ids);
    this.#ids = ids;
    this.#model = model;
    return ids;
  }
}
