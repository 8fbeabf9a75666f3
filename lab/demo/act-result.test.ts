import { describe, expect, it } from '@jest/globals';

import type { TcpSessionReport } from '../traffic/tcp-session.js';
import type { UdpStreamReport } from '../traffic/udp-stream.js';
import { actResult, type ActResult } from './act-result.js';
import type { Act } from './acts.js';
import { reportText, resultLine } from './report.js';

const quiet: UdpStreamReport = {
  ...{ sent: 0, answered: 0, lost: 0, outages: [], longestOutageMs: 0 },
  ...{ sources: [], errors: {}, longestSendGapMs: 0, meanRoundTripMs: 0 },
};
const session: TcpSessionReport = {
  connectedSinceMs: 1_060,
  source: '203.0.113.20',
  echoedLines: 9,
  failedAttempts: 0,
  breaks: [
    {
      ...{ kind: 'reset', detail: 'ECONNRESET', lastEchoedMs: 990, brokenMs: 1_040, reconnectedMs: 1_060 },
      ...{ sourceBefore: '192.0.2.10', sourceAfter: '203.0.113.20' },
    },
  ],
};
const act: Act = {
  title: 'The cable comes out',
  story: '',
  perform: () => Promise.reject(new Error('not played here')),
  leadsTo: { app1: 'wwan0', app2: 'none' },
};

function result(app: 'app1' | 'app2', change: Partial<Act> = {}, ownSession = session): ActResult {
  const seen = { ...quiet, sources: [{ address: '10.77.0.10', answered: 5, firstSentMs: 1_012, lastSentMs: 1_500 }] };
  return actResult({
    act: { ...act, ...change },
    app,
    from: 'eth0',
    done: { beforeMs: 1_000, afterMs: 1_003 },
    report: {
      stream: { ...quiet, lost: 2, longestOutageMs: 2.5 },
      session: ownSession,
      inbound: { eth0: quiet, wwan0: seen, sat0: quiet },
    },
    selectedAtMs: 1_004,
    settled: true,
  });
}

describe('actResult', () => {
  it('tells times since the act', () => {
    expect(result('app1')).toMatchObject({
      to: 'wwan0',
      outageMs: 2.5,
      lostPackets: 2,
      selectedAfterMs: 4,
      portMapAfterMs: 12,
      session: { kind: 'broken', how: 'ECONNRESET', afterMs: 40, reconnectedAfterMs: 60 },
    });
  });

  it('knows no end of an outage without a way out', () => {
    expect(result('app2')).toMatchObject({ to: 'none', outageMs: undefined, portMapAfterMs: undefined });
  });

  it.each([
    ['unbroken', { ...session, breaks: [], connectedSinceMs: 900 }],
    ['reconnected', { ...session, breaks: [], connectedSinceMs: 1_100 }],
    ['down', { ...session, breaks: [], connectedSinceMs: undefined }],
  ] as const)('tells a session that is %s', (kind, ownSession) => {
    expect(result('app1', {}, ownSession).session.kind).toBe(kind);
  });

  it('expects no port map to move while nobody is there to move it', () => {
    expect(result('app1', { unattended: true }).portMapAfterMs).toBeUndefined();
  });
});

describe('the report', () => {
  it('has a line for each app of each act, and says where something is not as it should be', () => {
    const lines = reportText([result('app1'), result('app2')]).split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(
      /^1 +app1 +eth0 > wwan0 +<= 2\.5 ms +2 +4\.0 ms +ECONNRESET after 40 ms, new one after 60 ms +12 ms$/,
    );
    expect(resultLine(result('app1'))).not.toContain('NOT');
    expect(resultLine({ ...result('app1'), settled: false })).toContain('NOT WHERE IT SHOULD BE');
  });
});
