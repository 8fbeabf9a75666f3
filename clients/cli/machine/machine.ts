/**
 * What `doctor` judges and `init` begins with, as read from the machine. Undefined: it could not be read, or there is
 * no such thing.
 */
export interface Machine {
  readonly nodeVersion: string;
  /** `uname -r` */
  readonly kernelRelease: string;
  readonly isRoot: boolean;
  /** Why the C library cannot be called from Node; undefined: it can. */
  readonly noForeignFunctions: string | undefined;
  readonly missingTools: readonly { readonly command: string; readonly debianPackage: string }[];
  /** What `nft --version` prints. */
  readonly nftVersion: string | undefined;
  /** Names of units of systemd that run. */
  readonly activeUnits: readonly string[];
  /** networkd's settings, all files together. */
  readonly networkdSettings: string;
  /** NetworkManager's settings, all files together. */
  readonly networkManagerSettings: string;
  /** Physical-looking interfaces that have an IPv4 address for the network, and the main table's default routes. */
  readonly interfaces: readonly MachineInterface[];
  /** Base chains at the forward hook that are not ours and drop what no rule accepts. */
  readonly droppingForwardChains: readonly string[];
  /** Whether somebody who is not ours listens on port 53 of every address. */
  readonly isPort53Taken: boolean;
  readonly services: readonly { readonly name: string; readonly isServing: boolean }[];
}

export interface MachineInterface {
  readonly name: string;
  readonly hasAddress: boolean;
  /** Metrics of its default routes in the main table. */
  readonly defaultRouteMetrics: readonly number[];
  /** Name servers that a DHCP client told us of. */
  readonly nameServers: number;
}
