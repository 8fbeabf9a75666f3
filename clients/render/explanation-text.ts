import type { PortCandidate } from '../../gen/nim/v1/network_instance_test_status.js';
import type { ExplainResponse } from '../../gen/nim/v1/network_interface_manager.js';
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

/** Why this port, and why not each of the others: in sentences, then every candidate with its reasons. */
export function explanationText({ lines, candidates }: ExplainResponse): string {
  const sentences = lines.map(printable).join('\n');
  const ports = candidates.length === 0 ? 'There are no ports' : table(head, candidates.map(row));
  return [sentences, ports].filter((part) => part !== '').join('\n\n');
}
