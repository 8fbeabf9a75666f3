import { describe, expect, it } from '@jest/globals';
import { PortLinkState, PortStatus } from '../../../../gen/nim/v1/port_status.js';
import { NetworkInstanceStatus } from '../../../../gen/zedrouter/v1/network_router.js';
import { emptyView } from '../../../status-view/view.js';
import { filteredView } from './filtered-view.js';
import { initialState, withKey, type Key, type LiveState } from './live-state.js';
import { page, wrappedLines } from './page.js';
import { historyTable, sparkline, withSample, type PortHistory } from './port-history.js';

const EXTENT = { pageLines: 10, lines: 25 };

function press(keys: readonly (string | Key)[], state: LiveState = initialState): LiveState {
  return keys.reduce<LiveState>(
    (before, key) => withKey(before, typeof key === 'string' ? { name: key, sequence: key } : key, EXTENT),
    state,
  );
}

describe('keys of the live screen', () => {
  it.each<[string, readonly (string | Key)[], Partial<LiveState>]>([
    ['scroll down and up', ['down', 'down', 'j', 'up'], { offset: 2 }],
    ['do not scroll above the first line', ['up', 'pageup'], { offset: 0 }],
    ['nor below the last', ['pagedown', 'pagedown', 'pagedown'], { offset: 15 }],
    ['go to the end', ['end'], { offset: 15 }],
    ['go to the end and back', [{ sequence: 'G' }, 'home'], { offset: 0 }],
    ['quit', ['q'], { hasQuit: true }],
    [
      'quit by Ctrl-C, also while a filter is typed',
      ['/', { name: 'c', ctrl: true, sequence: '\u0003' }],
      { hasQuit: true },
    ],
    ['type a filter, q among it', ['pagedown', '/', 'a', 'q', 'return'], { filter: 'aq', offset: 0, isTyping: false }],
    ['correct a filter', ['/', 'a', 'b', { name: 'backspace', sequence: '\u007f' }], { filter: 'a', isTyping: true }],
    ['leave a filter', ['/', 'a', { name: 'escape', sequence: '\u001b' }], { filter: '', isTyping: false }],
    ['take no control characters into a filter', ['/', { name: 'tab', sequence: '\t' }, 'é'], { filter: 'é' }],
    ['do nothing where they mean nothing', ['x', 'f5'], initialState],
  ])('%s', (_what, keys, expected) => {
    expect(press(keys)).toMatchObject(expected);
  });
});

describe('a page', () => {
  const lines = Array.from({ length: 25 }, (_, line) => `line ${line + 1}`);

  it('has as many rows as the terminal, and says where one is', () => {
    const rows = page(lines, { ...initialState, offset: 3 }, { columns: 80, rows: 6 }, '');
    expect(rows).toEqual([
      'line 4',
      'line 5',
      'line 6',
      'line 7',
      'line 8',
      'lines 4 to 8 of 25   q quit   / filter   arrows, page up and down scroll',
    ]);
  });

  it('fills up what is short, and says what a filter leaves', () => {
    const rows = page(['one'], { ...initialState, filter: 'app1' }, { columns: 60, rows: 3 }, '1 of 500');
    expect(rows).toEqual(['one', '', '/app1: 1 of 500, escape shows all   q quit   / filter   arr…']);
  });

  it('wraps what does not fit', () => {
    expect(wrappedLines('short\n1234567890ab', 5)).toEqual(['short', '12345', '67890', 'ab']);
  });
});

describe('a filter', () => {
  const view = {
    ...emptyView,
    ports: ['eth0', 'wwan0'].map((name) => PortStatus.fromPartial({ logicalLabel: name, interface: name })),
    applied: [
      {
        networkInstanceId: '1',
        displayName: 'default',
        interfaceInUse: 'wwan0',
        armedPorts: ['wwan0'],
        appInterfaces: [{ appName: 'Radar' }],
      },
      { networkInstanceId: '2', displayName: 'crew', interfaceInUse: 'eth0' },
    ].map((status) => NetworkInstanceStatus.fromPartial(status)),
    troubles: ['zedagent is not running'],
  };

  it.each([
    ['', ['1', '2'], ['eth0', 'wwan0']],
    ['radar', ['1'], ['wwan0']],
    ['CREW', ['2'], []],
    ['wwan', ['1'], ['wwan0']],
    ['nobody', [], []],
  ])('%j leaves %j and ports %j', (text, instances, ports) => {
    const { applied, ports: left, troubles } = filteredView(view, text);
    expect(applied.map(({ networkInstanceId }) => networkInstanceId)).toEqual(instances);
    expect(left.map(({ logicalLabel }) => logicalLabel)).toEqual(ports);
    expect(troubles).toEqual(view.troubles);
  });
});

describe('the history of ports', () => {
  const port = (latencyMs: number | undefined, answers: number): PortStatus =>
    PortStatus.fromPartial({
      logicalLabel: 'wwan0',
      linkState: PortLinkState.PORT_LINK_STATE_UP,
      targets: [
        {
          ...(latencyMs === undefined ? {} : { latency: { seconds: 0n, nanos: latencyMs * 1e6 } }),
          attempts: 10,
          answers,
        },
      ],
    });

  it.each([
    [[0, 1, 2, 4, 8], 8, '▁▂▃▅█'],
    [[undefined, 8], 8, ' █'],
    [[0, 0], 0, '▁▁'],
  ])('draws %j of %j as %s', (values, most, expected) => {
    expect(sparkline(values, most)).toBe(expected);
  });

  it('shows round trip and loss, and forgets ports that are gone', () => {
    let history: PortHistory = new Map();
    for (const each of [port(40, 10), port(80, 5), port(undefined, 0)]) history = withSample(history, [each]);
    expect(historyTable(history, 2, {})).toBe(
      ['PORT   RTT, EVERY 2 S  FROM         LOSS', 'wwan0  ▅█              40 to 80 ms  ▁▅█'].join('\n'),
    );
    expect(withSample(history, []).size).toBe(0);
  });

  it('is bounded', () => {
    let history: PortHistory = new Map();
    for (let sample = 0; sample < 500; sample += 1) history = withSample(history, [port(1, 10)]);
    expect(history.get('wwan0')?.length).toBeLessThan(50);
  });
});
