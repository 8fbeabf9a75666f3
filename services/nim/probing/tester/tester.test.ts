import { describe, expect, it } from '@jest/globals';

import { targetKey } from '../../../../lib/configuration/index.js';
import type { FailingCause } from '../../../../lib/decision/health/index.js';
import { MONTH_MS, observeTraffic, paceOf, type TrafficFacts } from '../../../../lib/decision/schedule/index.js';
import { Bench, controller, targetOf } from './testing/bench.js';
import type { PathState, SimulatedPath } from './testing/simulated-network.js';

const noTcp = { tcpOpens: 0, tcpUpPackets: 0, tcpDownPackets: 0, tcpDownBytes: 0 };

/**
 * What an app receives when it opens a connection: nothing (false), no more than the connection, a few bytes, or
 * packets of full size.
 */
type Received = false | 'connection' | 'little' | 'much';

/** Apps that open a TCP connection a second, and are answered while TCP lives; read every 100 ms. */
function startTcp(bench: Bench, received: () => Received | true): () => void {
  let [opens, down, answers, bytes] = [0, 0, 0, 0];
  let stop = (): void => undefined;
  const read = (): void => {
    if (bench.clock.monotonicMs() % 1_000 < 100) {
      opens += 1;
      const answer = received();
      if (answer !== false) down += 1;
      if (answer !== false && answer !== 'connection') {
        answers += 1;
        bytes += answer === 'much' ? 1_450 : 250;
      }
    }
    const all = { upPackets: opens, downPackets: down };
    const tcp = { tcpOpens: opens, tcpUpPackets: answers, tcpDownPackets: answers, tcpDownBytes: bytes };
    const count = { ...all, ...tcp };
    bench.tester.onTraffic('eth0', observeTraffic(bench.tester.trafficOf('eth0'), count, bench.clock.monotonicMs()));
    stop = bench.clock.setTimer(100, read);
  };
  read();
  return () => {
    stop();
  };
}

/**
 * Traffic that goes up every 20 ms, and is answered while the path lives. Reads the counters every 100 ms, as NIM does.
 */
function startTraffic(bench: Bench, answered: () => boolean): () => void {
  let facts: TrafficFacts | undefined;
  let [upPackets, downPackets] = [0, 0];
  let stop = (): void => undefined;
  const read = (): void => {
    upPackets += 5;
    if (answered()) downPackets += 5;
    facts = observeTraffic(
      bench.tester.trafficOf('eth0') ?? facts,
      { ...noTcp, upPackets, downPackets },
      bench.clock.monotonicMs(),
    );
    bench.tester.onTraffic('eth0', facts);
    stop = bench.clock.setTimer(100, read);
  };
  read();
  return () => {
    stop();
  };
}

describe('a port in use', () => {
  it('is tested at once, and then works', async () => {
    const bench = new Bench();
    expect(await bench.until('working', 100)).toBeLessThan(50);
  });

  it('is found dead within six seconds when nothing uses it', async () => {
    const bench = new Bench();
    await bench.run(60_000);
    const delays: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      await bench.run(60_000 + round * 217);
      bench.network.path('eth0').state = 'dead';
      delays.push(await bench.until('failing', 10_000));
      bench.network.path('eth0').state = 'alive';
      await bench.until('working', 20_000);
    }
    expect(Math.max(...delays)).toBeLessThan(6_000);
  });

  it('is found dead within a second when an app is sending', async () => {
    const bench = new Bench();
    const stop = startTraffic(bench, () => bench.network.path('eth0').state === 'alive');
    await bench.run(60_000);
    const delays: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      await bench.run(30_000 + round * 17);
      bench.network.path('eth0').state = 'dead';
      delays.push(await bench.until('failing', 10_000));
      bench.network.path('eth0').state = 'alive';
      await bench.until('working', 20_000);
    }
    stop();
    expect(Math.max(...delays)).toBeLessThan(1_000);
  });

  it('on a metered link is found dead within ten seconds while an app is sending', async () => {
    const bench = new Bench({ priority: 1, path: { latencyMs: 60 } });
    const stop = startTraffic(bench, () => bench.network.path('eth0').state === 'alive');
    await bench.run(600_000);
    bench.network.path('eth0').state = 'dead';
    const delayMs = await bench.until('failing', 20_000);
    stop();
    expect(delayMs).toBeGreaterThan(paceOf(1).patienceMs);
    expect(delayMs).toBeLessThan(10_000);
  });

  it('with traffic that is answered needs no keepalive probes', async () => {
    const bench = new Bench();
    const stop = startTraffic(bench, () => true);
    await bench.run(60_000);
    const before = bench.network.counts.keepalives;
    await bench.run(3_000_000);
    stop();
    expect(bench.network.counts.keepalives - before).toBe(0);
  });

  it('with traffic that nobody ever answers is looked at seldom', async () => {
    const bench = new Bench();
    const stop = startTraffic(bench, () => false);
    await bench.run(1_000);
    const before = bench.network.counts.keepalives;
    await bench.run(600_000);
    stop();
    // Every 4 s as ever, and once a minute for the stall.
    expect(bench.network.counts.keepalives - before).toBeLessThan(600 / 4 + 10 + 10);
    expect(bench.health().state).toBe('working');
  });

  describe.each([0, 2])('of priority %i', (priority) => {
    it.each([
      { what: '20 % loss', path: { lossShare: 0.2, latencyMs: 20 } },
      { what: 'a satellite', path: { latencyMs: 600 } },
      { what: 'a satellite that loses 5 %', path: { latencyMs: 600, lossShare: 0.05 } },
    ])('is not given up for $what, in half an hour with and without traffic', async ({ path }) => {
      const bench = new Bench({ priority, path });
      await bench.run(1_800_000);
      let packets = 0;
      const stop = startTraffic(bench, () => (packets += 1) % 4 !== 0);
      await bench.run(1_800_000);
      stop();
      expect(bench.verdicts.map(({ state }) => state)).toEqual(['untested', 'working']);
    });
  });

  it('fails behind a portal, although everything answers', async () => {
    const bench = new Bench();
    await bench.run(60_000);
    bench.network.path('eth0').state = 'portal';
    await bench.run(paceOf(0).fullInUseMs + 10_000);
    expect(bench.health()).toMatchObject({ state: 'failing', cause: 'test' });
    bench.network.path('eth0').state = 'alive';
    expect(await bench.until('working', 60_000)).toBeGreaterThan(0);
  });

  it('that comes back is found within ten seconds, and believed after two tests', async () => {
    const bench = new Bench();
    await bench.run(10_000);
    bench.network.path('eth0').state = 'dead';
    await bench.until('failing', 10_000);
    await bench.run(3_600_000);
    bench.network.path('eth0').state = 'alive';
    expect(await bench.until('working', 20_000)).toBeLessThan(12_000);
  });

  it('is untested again, and tested at once, with a new address', async () => {
    const bench = new Bench();
    await bench.run(10_000);
    bench.assign({ validSinceMs: undefined });
    expect(bench.health().state).toBe('untested');
    await bench.run(5_000);
    bench.assign({ validSinceMs: bench.clock.monotonicMs() });
    expect(await bench.until('working', 100)).toBeLessThan(50);
  });
});

describe('a path that was slow for a while', () => {
  it('is not given ever more time to answer', async () => {
    const bench = new Bench({ path: { latencyMs: 900 } });
    for (const latencyMs of [900, 1_500, 2_200, 2_900, 20]) {
      bench.network.path('eth0').latencyMs = latencyMs;
      await bench.run(30_000);
      expect([latencyMs, bench.health().state]).toEqual([latencyMs, 'working']);
    }
    bench.network.path('eth0').state = 'dead';
    // The keepalive interval, and twice the longest limit.
    expect(await bench.until('failing', 60_000)).toBeLessThan(4_000 + 2 * 3_000 + 1_000);
  });
});

describe('a light target', () => {
  it.each([
    { what: 'is found dead in seconds', path: { latencyMs: 5 }, mostMs: 6_000 },
    { what: 'over a satellite, too', path: { latencyMs: 600 }, mostMs: 10_000 },
  ])('$what', async ({ path, mostMs }) => {
    const bench = new Bench({ target: targetOf('icmp://192.0.2.1'), path });
    await bench.run(600_000);
    bench.network.path('eth0').state = 'dead';
    expect(await bench.until('failing', 20_000)).toBeLessThan(mostMs);
  });
});

describe('a standby', () => {
  it('that is wanted answers for itself at once', async () => {
    const bench = new Bench({ priority: 1, path: { latencyMs: 60 } });
    bench.assign({ role: { kind: 'standby' } });
    await bench.run(100_000);
    const sinceMs = bench.clock.monotonicMs();
    bench.assign({ role: { kind: 'wanted', sinceMs, probeKind: 'keepalive' } });
    await bench.run(200);
    const record = bench.tester.recordsOf('eth0').get(targetKey(controller));
    expect(record?.lastSucceeded?.atMs).toBeGreaterThan(sinceMs);
  });
});

describe('probes with data', () => {
  it('are as much more seldom as they are dearer', async () => {
    const bytesIn = async (payloadBytes: number): Promise<{ readonly bytes: number; readonly keepalives: number }> => {
      const bench = new Bench({ path: { latencyMs: 20 }, payloadBytes });
      await bench.run(60_000);
      const { keepalives, bytes } = bench.network.counts;
      const [keepalivesBefore, bytesBefore] = [keepalives, bytes.get('eth0') ?? 0];
      await bench.run(3_600_000);
      const { counts } = bench.network;
      return { keepalives: counts.keepalives - keepalivesBefore, bytes: (counts.bytes.get('eth0') ?? 0) - bytesBefore };
    };
    const [empty, filled] = [await bytesIn(0), await bytesIn(252)];
    // 28 bytes of headers: ten times as dear.
    expect(filled.keepalives / empty.keepalives).toBeCloseTo(1 / 10, 1);
    expect(filled.bytes).toBeLessThan(1.1 * empty.bytes);
  });
});

describe('thirty days', () => {
  it.each([
    { what: 'a free port in use', priority: 0, role: { kind: 'in-use' } },
    { what: 'a free standby', priority: 0, role: { kind: 'standby' } },
    { what: 'a metered port in use', priority: 1, role: { kind: 'in-use' } },
    { what: 'a metered standby', priority: 1, role: { kind: 'standby' } },
  ] as const)('of testing $what that nobody uses stay within its budget', async ({ priority, role }) => {
    const bench = new Bench({ priority, path: { latencyMs: 20 } });
    bench.assign({ role });
    const spent = (): number => bench.network.counts.bytes.get('eth0') ?? 0;
    const hourMs = 3_600_000;
    // Less is known in the first hours, and more is asked; what follows is always the same.
    await bench.run(3 * hourMs);
    const atFirst = spent();
    await bench.run(6 * hourMs);
    const sixHours = spent() - atFirst;
    expect(sixHours).toBeGreaterThan(0);
    const month = atFirst + (sixHours * (MONTH_MS - 3 * hourMs)) / (6 * hourMs);
    expect(month).toBeLessThan(paceOf(priority).monthlyBytes);
  });

  it('never spend more than the budget and what was saved, however bad the path is', async () => {
    const bench = new Bench({ priority: 1, path: { latencyMs: 60, lossShare: 0.6 } });
    await bench.run(MONTH_MS / 120);
    const bytes = bench.network.counts.bytes.get('eth0') ?? 0;
    expect(bytes).toBeLessThan(paceOf(1).monthlyBytes * (1 / 120 + 1 / 10 + 1 / 10) + 10_000);
  });
});

describe('testNow', () => {
  it('runs the full test whatever the schedule says, and answers when it is through', async () => {
    const bench = new Bench();
    await bench.run(60_000);
    const before = bench.network.counts.fulls;
    const done = bench.tester.testNow(['eth0'], new AbortController().signal);
    await bench.run(100);
    await done;
    expect(bench.network.counts.fulls).toBe(before + 1);
  });

  it('waits for the others where one of the ports has no link', async () => {
    const bench = new Bench();
    bench.assignWithout('wwan0');
    await bench.run(60_000);
    const before = bench.network.counts.fulls;
    const done = bench.tester.testNow(['eth0', 'wwan0'], new AbortController().signal);
    await bench.run(100);
    await done;
    expect(bench.network.counts.fulls).toBe(before + 1);
  });

  it('does not wait for a port without link', async () => {
    const bench = new Bench();
    bench.assign({ validSinceMs: undefined });
    await bench.tester.testNow(['eth0'], new AbortController().signal);
    expect(bench.network.counts.fulls).toBe(1);
  });
});

describe('what fails above the path', () => {
  it.each<{ state: PathState; cause: FailingCause; busyMs: number; idleMs: number }>([
    // As for silence.
    { state: 'unreachable', cause: 'silent', busyMs: 3_000, idleMs: 6_000 },
    { state: 'tcp-dead', cause: 'test', busyMs: 10_000, idleMs: 60_000 },
    { state: 'portal', cause: 'test', busyMs: 10_000, idleMs: 60_000 },
    { state: 'reset', cause: 'test', busyMs: 10_000, idleMs: 60_000 },
    { state: 'accelerator', cause: 'silent', busyMs: 10_000, idleMs: 60_000 },
  ])('$state is found in time', async ({ state, cause, busyMs, idleMs }) => {
    for (const round of [0, 1, 2]) {
      for (const busy of [true, false]) {
        const bench = new Bench({ path: { latencyMs: 20 } });
        const stop = busy ? startTcp(bench, () => bench.network.path('eth0').state === 'alive') : () => undefined;
        await bench.run(60_000 + 1_370 * round);
        bench.network.path('eth0').state = state;
        const tookMs = await bench.until('failing', 2 * idleMs);
        stop();
        expect([state, busy, tookMs < (busy ? busyMs : idleMs) ? 'in time' : tookMs]).toEqual([state, busy, 'in time']);
        expect(bench.health()).toMatchObject({ state: 'failing', cause });
        bench.network.path('eth0').state = 'alive';
        await bench.until('working', 60_000);
      }
    }
  });

  it('a portal that answers apps and swallows echoes is found in time', async () => {
    const bench = new Bench({ path: { latencyMs: 20 } });
    const stop = startTcp(bench, () => true);
    await bench.run(60_000);
    Object.assign(bench.network.path('eth0'), { state: 'accelerator' });
    expect(await bench.until('failing', 60_000)).toBeLessThan(10_000);
    stop();
  });

  it.each([
    { what: 'some savings are gone', spentBytes: 1_200_000, mostMs: 10_000 },
    { what: 'all are', spentBytes: 1_960_000, mostMs: 20_000 },
  ])('and found again when $what, at what the month pays for', async ({ spentBytes, mostMs }) => {
    const bench = new Bench({ path: { latencyMs: 20 } });
    const path = bench.network.path('eth0');
    const stop = startTcp(bench, () => true);
    await bench.run(30_000);
    bench.budgets.settle('eth0', 'calm', 0, spentBytes);
    await bench.run(600_000);
    const before = bench.network.counts.bytes.get('eth0') ?? 0;
    await bench.run(1_200_000);
    if (mostMs > 10_000) {
      const bytes = (bench.network.counts.bytes.get('eth0') ?? 0) - before;
      expect(bytes).toBeLessThan((paceOf(0).monthlyBytes * 1.25 * 1_200_000) / MONTH_MS);
    }
    for (let round = 0; round < 4; round += 1) {
      path.state = 'accelerator';
      expect(await bench.until('failing', 60_000)).toBeLessThan(mostMs);
      path.state = 'alive';
      await bench.until('working', 60_000);
      await bench.run(15_000 + 1_370 * round);
    }
    stop();
  });

  it('echoes that begin to be swallowed cost two full tests while apps are answered', async () => {
    const bench = new Bench({ path: { latencyMs: 20 } });
    const stop = startTcp(bench, () => true);
    await bench.run(30_000);
    bench.budgets.settle('eth0', 'calm', 0, 1_960_000);
    await bench.run(600_000);
    const before = bench.network.counts.fulls;
    bench.network.path('eth0').echoes = 'none';
    await bench.run(600_000);
    stop();
    // Two for each kind of echo, and those of the ten minutes.
    expect(bench.network.counts.fulls - before).toBeLessThan(8);
    expect(bench.verdicts.map(({ state }) => state)).toEqual(['untested', 'working']);
  });

  it('a line that loses a third of all round trips does not lose large packets', async () => {
    const bench = new Bench({ path: { latencyMs: 6, lossShare: 0.2 } });
    const stop = startTcp(bench, () => true);
    await bench.run(720_000);
    stop();
    expect(bench.verdicts.map(({ state }) => state)).toEqual(['untested', 'working']);
  });

  it('large packets that are lost are found while an app waits for them, and recovered', async () => {
    const bench = new Bench({ path: { latencyMs: 20 } });
    let isAnswered = true;
    const stop = startTcp(bench, () => isAnswered);
    await bench.run(60_000);
    Object.assign(bench.network.path('eth0'), { largeLost: true });
    isAnswered = false;
    expect(await bench.until('failing', 60_000)).toBeLessThan(30_000);
    expect(bench.health()).toMatchObject({ cause: 'size' });
    Object.assign(bench.network.path('eth0'), { largeLost: false });
    isAnswered = true;
    expect(await bench.until('working', 60_000)).toBeLessThan(30_000);
    stop();
  });

  it('an accelerator that accepts the connections of apps and swallows echoes is found in time', async () => {
    const bench = new Bench({ path: { latencyMs: 2 } });
    const path = bench.network.path('eth0');
    const stop = startTcp(bench, () => (path.state === 'alive' ? true : 'connection'));
    await bench.run(60_000);
    path.state = 'accelerator';
    expect(await bench.until('failing', 60_000)).toBeLessThan(8_000);
    stop();
  });

  it('large packets that are lost are found where apps receive the small ones', async () => {
    const bench = new Bench({ path: { latencyMs: 20 } });
    let received: Received = 'much';
    const stop = startTcp(bench, () => received);
    await bench.run(120_000);
    const before = bench.network.counts.sizes;
    await bench.run(120_000);
    // What apps receive is proof enough.
    expect(bench.network.counts.sizes).toBe(before);
    Object.assign(bench.network.path('eth0'), { largeLost: true });
    received = 'little';
    expect(await bench.until('failing', 60_000)).toBeLessThan(30_000);
    expect(bench.health()).toMatchObject({ cause: 'size' });
    stop();
  });

  it('a first packet of full size that meets a bad moment is repeated', async () => {
    const bench = new Bench({ path: { latencyMs: 20, largeLost: true } });
    await bench.run(5_000);
    expect(bench.network.counts.sizes).toBe(1);
    Object.assign(bench.network.path('eth0'), { largeLost: false });
    await bench.run(15_000);
    expect(bench.health()).toMatchObject({ state: 'working', sizeProven: true });
  });

  it('a path that never passes large packets is as good as any', async () => {
    const bench = new Bench({ path: { latencyMs: 20, largeLost: true } });
    await bench.run(3_600_000);
    expect(bench.verdicts.map(({ state }) => state)).toEqual(['untested', 'working']);
  });

  it('an app whose own server is down moves nothing, and costs little more than one whose server answers', async () => {
    const bench = new Bench({ path: { latencyMs: 20 } });
    const stop = startTcp(bench, () => false);
    await bench.run(60_000);
    const before = bench.network.counts.fulls;
    await bench.run(600_000);
    stop();
    expect(bench.network.counts.fulls - before).toBeLessThan(600_000 / paceOf(0).fullBusyMs + 20);
    expect(bench.verdicts.map(({ state }) => state)).toEqual(['untested', 'working']);
  });
});

describe('a history of faults', () => {
  it.each<{ state: PathState; mostMs: number }>([
    { state: 'dead', mostMs: 6_000 },
    { state: 'tcp-dead', mostMs: 60_000 },
    { state: 'portal', mostMs: 60_000 },
  ])('does not make the next one be found later: $state', async ({ state, mostMs }) => {
    const bench = new Bench({ path: { latencyMs: 2 } });
    const path = bench.network.path('eth0');
    await bench.run(20_000);
    for (const fault of ['dead', 'unreachable', 'dead', 'tcp-dead', 'unreachable', 'accelerator', 'dead'] as const) {
      path.state = fault;
      await bench.until('failing', 60_000);
      path.state = 'alive';
      await bench.until('working', 60_000);
      await bench.run(300);
    }
    expect(bench.health()).toMatchObject({ failuresNeeded: 3, lossy: false });
    path.state = state;
    expect(await bench.until('failing', 2 * mostMs)).toBeLessThan(mostMs);
  });
});

describe('where ping is not answered', () => {
  it.each<{ what: string; path: Partial<SimulatedPath> }>([
    { what: 'at all', path: { echoes: 'none' } },
    { what: 'without data', path: { echoes: 'filled' } },
    { what: 'more than once a second', path: { echoesPerSecond: 1 } },
  ])('$what, tests are calm and the port works', async ({ path }) => {
    for (const priority of [0, 1]) {
      const bench = new Bench({ priority, path: { latencyMs: 20 } });
      await bench.run(30_000);
      Object.assign(bench.network.path('eth0'), path);
      await bench.run(600_000);
      const before = bench.network.counts.bytes.get('eth0') ?? 0;
      const hourMs = 3_600_000;
      await bench.run(hourMs);
      const bytes = (bench.network.counts.bytes.get('eth0') ?? 0) - before;
      // Within the first two hours a port counts as busy, so an hour may take some of what is saved.
      expect(bytes).toBeLessThan(paceOf(priority).monthlyBytes / 50);
      expect(bench.verdicts.map(({ state }) => state)).toEqual(['untested', 'working']);
      bench.network.path('eth0').state = 'dead';
      // A connection takes four times the bytes of an echo, so it comes four times as seldom.
      expect(await bench.until('failing', 300_000)).toBeLessThan(4 * paceOf(priority).keepaliveInUseMs + 20_000);
    }
  });

  it('icmp:// is answered by the echo that is', async () => {
    const bench = new Bench({ target: targetOf('icmp://192.0.2.1'), path: { latencyMs: 5, echoes: 'filled' } });
    expect(await bench.until('working', 10_000)).toBeLessThan(10_000);
    await bench.run(3_600_000);
    expect(bench.verdicts.map(({ state }) => state)).toEqual(['untested', 'working']);
  });
});
