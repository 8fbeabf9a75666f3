import { NetworkOperation } from '../../gen/evecommon/uplink.js';

/** Operations by the names that an operator types. */
export const operationNames: ReadonlyMap<string, NetworkOperation> = new Map([
  ['controller', NetworkOperation.NETWORK_OPERATION_CONTROLLER],
  ['log-upload', NetworkOperation.NETWORK_OPERATION_LOG_UPLOAD],
  ['base-image', NetworkOperation.NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD],
  ['app-image', NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD],
  ['app-traffic', NetworkOperation.NETWORK_OPERATION_APP_TRAFFIC],
]);
