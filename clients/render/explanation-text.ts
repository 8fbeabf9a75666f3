import type { PortCandidate } from '../../gen/nim/v1/network_instance_test_status.js';
import type { ExplainResponse } from '../../gen/nim/v1/network_interface_manager.js';
import type { Obstacle } from '../../gen/zedrouter/v1/network_router.js';
import { obstacleLines } from './obstacle-lines.js';
import { printable, table } from './table.js';
import { reasonLabel, testLabel } from './enum-labels.js';

const head = ['RANK', 'PORT', 'INTERFACE', 'PRIORITY', 'TEST', 'BECAUSE'];

function because({ reasons }: PortCandidate): string {
  return reasons
    .map(({ code, detail }) => [reasonLabel(code), detail].filter((part) => part !== '').join(': '))
    .join('; ');
}

function row(candidate: PortCandidate): readonly string[] {
  return [
    candidate.rank === 0 ? '' : String(candidate.rank),
    candidate.logicalLabel,
    candidate.interface,
    String(candidate.priority),
    testLabel(candidate.testState),
    because(candidate),
  ];
}

/**
 * Why this port, and why not each of the others: in sentences, then every candidate with its reasons. What stands in
 * the way on the host comes with the sentences: a port that works is of no use behind it.
 */
export function explanationText({ lines, candidates }: ExplainResponse, obstacles: readonly Obstacle[] = []): string {
  const sentences = [...lines, ...obstacleLines(obstacles).map((line) => `But it is ${line}`)]
    .map(printable)
    .join('\n');
  const ports = candidates.length === 0 ? 'There are no ports' : table(head, candidates.map(row));
  return [sentences, ports].filter((part) => part !== '').join('\n\n');
}
