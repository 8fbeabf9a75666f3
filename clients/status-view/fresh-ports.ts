import { call } from '../../lib/rpc/index.js';
import { pause, systemClock } from '../../lib/clock/index.js';
import type { DeviceNetworkStatus } from '../../gen/nim/v1/port_status.js';
import type { NetworkInterfaceManagerServiceClient } from '../../gen/nim/v1/network_interface_manager.js';
import { ask, type Connection } from '../connection/clients.js';

/**
 * Asks again and again for all ports as they are: no stream tells of each answer of a test. Ends when the signal
 * aborts; what is not answered is left out, the stream tells of NIM's absence.
 */
export async function followFreshPorts(
  nim: Connection<NetworkInterfaceManagerServiceClient>,
  everyMs: number,
  signal: AbortSignal,
  onPorts: (status: DeviceNetworkStatus) => void,
): Promise<void> {
  for (;;) {
    await pause(everyMs, systemClock, signal);
    if (signal.aborted) return;
    try {
      const { deviceNetworkStatus } = await ask(nim, (client, options) =>
        call(client, 'getDeviceNetworkStatus', {}, options),
      );
      if (deviceNetworkStatus !== undefined) onPorts(deviceNetworkStatus);
    } catch {
      // Asked again soon.
    }
  }
}
