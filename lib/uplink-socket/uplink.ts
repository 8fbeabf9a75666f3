/** A port of the device as a place to send from. */
export interface Uplink {
  /** Name in the kernel, e.g. `eth0`. */
  readonly interfaceName: string;
  /** A named network namespace (ip-netns(8)); undefined: that of this process. For tests. */
  readonly namespace?: string | undefined;
}

/** 4 or 6, as in IPv4 and IPv6. */
export type IpFamily = 4 | 6;

/** How long something may take, and who may end it early. */
export interface Limits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}
