import { status } from '@grpc/grpc-js';

import type { TestPortsRequest, TestPortsResponse } from '../../../gen/nim/v1/network_interface_manager.js';
import { PortTestState } from '../../../gen/evecommon/uplink.js';
import type { TargetStatus } from '../../../gen/nim/v1/port_status.js';
import { RpcError, type CallContext } from '../../../lib/rpc/index.js';
import { findPort } from '../explain/port-named.js';
import type { Publisher } from '../publish/index.js';
import type { RemoteTests } from '../probing/remote-tests.js';
import type { FailedTest } from '../probing/tester/index.js';
import { whyUnusable } from '../../../lib/decision/snapshot/index.js';

/** Tests ports now, in full, and answers what is then known of them. @throws RpcError where a port is unknown. */
export async function testPorts(
  publisher: Publisher,
  tests: Pick<RemoteTests, 'testNow'>,
  { ports: names }: TestPortsRequest,
  { signal }: CallContext,
): Promise<TestPortsResponse> {
  const labels = labelsOf(publisher, names);
  const failed = await tests.testNow(labels, signal);
  const statuses = publisher.deviceNetworkStatus()?.ports ?? [];
  const { snapshot } = publisher.published ?? {};
  return {
    results: statuses
      .filter(({ logicalLabel }) => labels.includes(logicalLabel))
      .map(({ logicalLabel, interface: interfaceName, targets }) => {
        const observation = snapshot?.ports.get(logicalLabel)?.observation;
        const usable = observation !== undefined && whyUnusable(observation) === undefined;
        return { logicalLabel, interface: interfaceName, usable, targets: targets.map(asTested(logicalLabel, failed)) };
      }),
  };
}

/** The answer of this test, and not the verdict, which may take more of them. */
function asTested(label: string, failed: readonly FailedTest[]): (target: TargetStatus) => TargetStatus {
  return (status) =>
    failed.some((one) => one.label === label && one.targetKey === status.target)
      ? { ...status, testState: PortTestState.PORT_TEST_STATE_FAILING }
      : status;
}

function labelsOf(publisher: Publisher, names: readonly string[]): readonly string[] {
  const ports = publisher.published?.configuration.model.ports ?? [];
  if (names.length === 0) return ports.map(({ label }) => label);
  const found = names.map((name) => ({
    name,
    port: findPort(name, ports),
  }));
  const unknown = found.filter(({ port }) => port === undefined).map(({ name }) => name);
  if (unknown.length > 0) {
    throw new RpcError(status.NOT_FOUND, `there is no port ${unknown.map((name) => `"${name}"`).join(', ')}`, {
      reason: 'PORT_UNKNOWN',
      metadata: { ports: unknown.join(',') },
    });
  }
  return found.flatMap(({ port }) => (port === undefined ? [] : [port.label]));
}
