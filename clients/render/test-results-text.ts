import { PortTestState } from '../../gen/evecommon/uplink.js';
import type { PortTestResult } from '../../gen/nim/v1/network_interface_manager.js';
import { durationInMs } from '../../lib/configuration/index.js';
import { table } from './table.js';
import { testLabel } from './enum-labels.js';

/** What came of testing ports, a line for each target. */
export function testResultsText(results: readonly PortTestResult[]): string {
  return table(['PORT', 'INTERFACE', 'TARGET', 'TEST', 'LATENCY', 'LAST ERROR'], results.flatMap(rows));
}

function rows({
  logicalLabel,
  interface: interfaceName,
  usable,
  targets,
}: PortTestResult): readonly (readonly string[])[] {
  const port = [logicalLabel, interfaceName];
  if (!usable) return [[...port, 'link and address', 'failing', '', 'no link, no address or no default route']];
  if (targets.length === 0) return [[...port, 'link and address', 'working', '', '']];
  return targets.map(({ target, testState, latency, lastError }) => [
    ...port,
    target,
    testLabel(testState),
    latency === undefined ? '' : `${Math.round(durationInMs(latency))} ms`,
    // Of a target that works, the last error is history.
    testState === PortTestState.PORT_TEST_STATE_WORKING ? '' : lastError,
  ]);
}
