import type { Link } from '../../../lib/netlink/index.js';

/**
 * Which interfaces of apps were in which bridge when it was seen last. Where somebody deletes a bridge, the kernel lets
 * go of its members, and whoever put them there (a hypervisor) does not learn of the new bridge.
 */
export class BridgeMembers {
  readonly #byBridge = new Map<string, readonly string[]>();
  #links: readonly Link[] = [];

  /** Takes in all links, as they were just read; `bridges`: names of ours. */
  note(links: readonly Link[], bridges: Iterable<string>): void {
    this.#links = links;
    const byIndex = new Map(links.map(({ index, name }) => [index, name]));
    for (const bridge of bridges) {
      // Unlike one that is missing, which keeps those that it had.
      if (!links.some(({ name }) => name === bridge)) continue;
      this.#byBridge.set(
        bridge,
        links
          .filter(({ masterIndex }) => masterIndex !== undefined && byIndex.get(masterIndex) === bridge)
          .map(({ name }) => name),
      );
    }
  }

  /** Those that were in this bridge when it was seen last. */
  of(bridge: string): readonly string[] {
    return this.#byBridge.get(bridge) ?? [];
  }

  /** Those that were in this bridge, are still there, and have nobody else's master by now. */
  orphansOf(bridge: string): readonly string[] {
    return this.of(bridge).filter((member) =>
      this.#links.some(({ name, masterIndex }) => name === member && masterIndex === undefined),
    );
  }
}
