import type { DeviceModel, NetworkInstance, Port, ProbeTarget } from '../../configuration/index.js';

/** What policy says of one port. */
export type PortPolicy = Pick<
  Port,
  | 'label'
  | 'interfaceName'
  | 'unidentified'
  | 'priority'
  | 'isManagement'
  | 'usage'
  | 'labels'
  | 'allowedOperations'
  | 'proxies'
>;

/** What policy says of one network instance. */
export type NetworkInstancePolicy = Pick<
  NetworkInstance,
  'id' | 'name' | 'active' | 'portLabel' | 'viaLabel' | 'viaGateway' | 'ignoresPriority' | 'allowedPriorities'
> & {
  /** Absent: one that routes. A switch goes by link alone. */
  readonly kind?: NetworkInstance['kind'] | undefined;
  readonly test: Pick<NetworkInstance['test'], 'failbackHoldMs'> &
    Partial<
      Pick<
        NetworkInstance['test'],
        | 'failoverHoldMs'
        | 'quality'
        | 'target'
        | 'furtherTargets'
        | 'targetsNeeded'
        | 'payloadBytes'
        | 'intervalMs'
        | 'timeoutMs'
        | 'gatewayPing'
        | 'failAfter'
        | 'recoverAfter'
      >
    >;
};

/**
 * The part of a configuration that decisions rest on; a DeviceModel is one. Every grant in it counts: those that have
 * ended are taken out before (services/nim/decision-state).
 */
export type DecisionPolicy = Pick<DeviceModel, 'operationPriorities' | 'downloadMaxCost' | 'grants'> & {
  readonly ports: readonly PortPolicy[];
  readonly networkInstances: readonly NetworkInstancePolicy[];
  readonly portTest?: DeviceModel['portTest'];
  /** The controller's ping; undefined: nobody said where the controller is. */
  readonly controllerTarget?: ProbeTarget | undefined;
};
