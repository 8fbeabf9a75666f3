import type { DeviceModel } from '../../../lib/configuration/index.js';
import type { PortFacts, Selection } from '../desired/inputs.js';

/** The newest of what the other services have told. */
export interface Upstream {
  readonly config: UpstreamConfig | undefined;
  readonly ports: UpstreamPorts | undefined;
  readonly selections: UpstreamSelections | undefined;
}

export interface UpstreamConfig {
  readonly version: bigint;
  readonly model: DeviceModel;
}

export interface UpstreamPorts {
  readonly epoch: string;
  readonly revision: bigint;
  /** By logical label. */
  readonly facts: ReadonlyMap<string, PortFacts>;
}

export interface UpstreamSelections {
  readonly epoch: string;
  readonly revision: bigint;
  /** The revision of the ports that these rest on. */
  readonly portsRevision: bigint;
  /** By network instance UUID. */
  readonly selections: ReadonlyMap<string, Selection>;
}

/** Everything needed to act. */
export interface CompleteInputs {
  readonly config: UpstreamConfig;
  readonly ports: UpstreamPorts;
  readonly selections: UpstreamSelections;
}

/**
 * What the other services have told, once there is enough of it to act on. Until NIM has spoken the kernel stays as it
 * is (fail static), and a selection waits for the port facts that it rests on (make before break).
 */
export function completeInputs({ config, ports, selections }: Upstream): CompleteInputs | undefined {
  if (config === undefined || ports === undefined || selections === undefined) return undefined;
  if (ports.epoch === selections.epoch && ports.revision < selections.portsRevision) return undefined;
  return { config, ports, selections };
}
