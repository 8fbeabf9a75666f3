import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import { PortAuthorizationServiceClient } from '../../../gen/nim/v1/port_authorization.js';
import { call, connectTo } from '../../../lib/rpc/index.js';
import { monotonicMs, portNames, waitFor } from '../../../lab/index.js';
import { manyTargets, MEASURED, ship, SILENT_NETWORK } from './configurations.js';
import type { DetectionRig } from './rig.js';

const CALLS_EACH = 2_000;
const MOVES_EACH = 20;
/** Over three ports each: 201 tests at once. */
const NETWORK_INSTANCES = 67;
const HANGING_TESTS = NETWORK_INSTANCES * portNames.length;

/** How fast NIM answers and tells, in milliseconds. */
export interface Promptness {
  readonly hanging: number;
  readonly authorizeMs: readonly number[];
  /** From a pulled cable to a subscriber's NITS. */
  readonly nitsMs: readonly number[];
}

/**
 * The same questions while no test hangs, and while 201 do: targets that nobody answers for, with a minute's patience.
 */
export async function measureHanging(rig: DetectionRig): Promise<readonly [Promptness, Promptness]> {
  const { lab } = rig;
  // As many network instances both times: what differs is whether their targets answer.
  await rig.configure(manyTargets(lab, NETWORK_INSTANCES, 'answers'), 'eth0');
  const calm = await measure(rig);
  await rig.configure(ship(lab), 'eth0');
  await lab.exec('internet', ['ip', 'route', 'add', 'blackhole', SILENT_NETWORK]);
  await lab.pushConfig(manyTargets(lab, NETWORK_INSTANCES, 'silence'));
  await waitFor('tests that hang', async () => ((await hanging(rig)) >= HANGING_TESTS ? true : undefined), {
    timeoutMs: 20_000,
    everyMs: 100,
  });
  return [calm, await measure(rig)];
}

async function measure(rig: DetectionRig): Promise<Promptness> {
  const client = connectTo(PortAuthorizationServiceClient, `unix:${rig.lab.runDir}/nim.sock`);
  const request = { operation: NetworkOperation.NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD, port: 'eth0' };
  const authorizeMs: number[] = [];
  const begun = await hanging(rig);
  for (let count = 0; count < CALLS_EACH; count += 1) {
    const beganMs = monotonicMs();
    await call(client, 'authorizePort', request, { timeoutMs: 5_000 });
    authorizeMs.push(monotonicMs() - beganMs);
  }
  client.close();
  const nitsMs: number[] = [];
  for (let move = 0; move < MOVES_EACH; move += 1) {
    const { beforeMs } = await rig.lab.pullCable('eth0');
    nitsMs.push((await rig.watch.selected(MEASURED, 'wwan0')) - beforeMs);
    await rig.lab.plugCable('eth0');
    await rig.watch.selected(MEASURED, 'eth0');
  }
  return { hanging: begun, authorizeMs: authorizeMs.slice(CALLS_EACH / 10), nitsMs };
}

/** Connections that the device has begun and nobody has answered. */
async function hanging(rig: DetectionRig): Promise<number> {
  const { stdout } = await rig.lab.exec('device', ['ss', '-Htn', 'state', 'syn-sent']);
  return stdout.split('\n').filter((line) => line.trim() !== '').length;
}
