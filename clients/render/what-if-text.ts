import type { NetworkInstanceTestStatus } from '../../gen/nim/v1/network_instance_test_status.js';
import type { EvaluateResponse, NetworkInstanceEvaluation } from '../../gen/nim/v1/network_interface_manager.js';
import { durationInMs } from '../../lib/configuration/index.js';
import { printable, table } from './table.js';
import { durationText } from './time.js';

/** The differences in sentences, then every network instance with its port now, at once and later. */
export function whatIfText({ lines, networkInstances }: EvaluateResponse): string {
  const sentences = lines.map(printable).join('\n');
  if (networkInstances.length === 0) return sentences;
  return `${sentences}\n\n${table(['NETWORK INSTANCE', 'NOW', 'WOULD BE', 'LATER'], networkInstances.map(row))}`;
}

function row({
  displayName,
  networkInstanceId,
  now,
  wouldBe,
  later,
  laterAfter,
}: NetworkInstanceEvaluation): readonly string[] {
  return [
    displayName === '' ? networkInstanceId : displayName,
    portText(now),
    portText(wouldBe),
    later === undefined ? '' : `${portText(later)} after ${durationText(durationInMs(laterAfter))}`,
  ];
}

function portText(status: NetworkInstanceTestStatus | undefined): string {
  return status === undefined ? 'not there' : (status.selectedPort?.logicalLabel ?? 'no port');
}
