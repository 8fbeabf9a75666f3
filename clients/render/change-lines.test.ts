import { describe, expect, it } from '@jest/globals';
import { PortStatus } from '../../gen/nim/v1/port_status.js';
import { sampleView } from '../testing/sample-view.js';
import { emptyView, type StatusView } from '../status-view/view.js';
import { changeLines } from './change-lines.js';

const sample = sampleView();
const portLines = [
  'port wwan0: up, 198.51.100.7/24, working',
  'port ethernet0: no carrier, no address, untested, no carrier',
];
const NETWORK_INSTANCE_LINE =
  'network instance ni1: applied wwan0 > sat0, selected wwan0, link lost: ethernet0 has no carrier';

const cases: readonly (readonly [string, StatusView, StatusView, readonly string[]])[] = [
  ['all of it at first', emptyView, sample, [...portLines, NETWORK_INSTANCE_LINE]],
  ['nothing where nothing changed', sample, sampleView(), []],
  [
    'nothing where only a revision changed',
    sample,
    { ...sample, ports: sample.ports.map((port) => PortStatus.fromPartial({ ...port, revision: 99n })) },
    [],
  ],
  [
    'nothing where only the last error of a port that is well changed',
    sample,
    {
      ...sample,
      ports: sample.ports.map((port) => (port.logicalLabel === 'wwan0' ? { ...port, lastError: 'old' } : port)),
    },
    [],
  ],
  ['a port that is gone', sample, { ...sample, ports: sample.ports.slice(0, 1) }, ['port ethernet0: gone']],
  ['a new trouble', sample, { ...sample, troubles: ['nim does not answer'] }, ['nim does not answer']],
  ['a trouble that is over', { ...sample, troubles: ['nim does not answer'] }, sample, ['over: nim does not answer']],
  ['what is applied, apart from what is selected', { ...sample, applied: [] }, sample, [NETWORK_INSTANCE_LINE]],
];

describe('changeLines', () => {
  it.each(cases)('tells %s', (_what, before, after, expected) => {
    expect(changeLines(before, after)).toEqual(expected);
  });
});
