import { createInterface } from 'node:readline';

import { TcpSession } from '../traffic/tcp-session.js';
import { UdpStream } from '../traffic/udp-stream.js';
import { askTcp, askUdp, fetchUrl } from './attempts.js';
import type { AgentCallName, AgentCalls, AgentReply, AgentRequest, ServerSpec } from './calls.js';
import { startMute, startTcpEcho, startUdpEcho } from './echo-servers.js';
import { startProxy } from './proxy-server.js';
import { startController, startPortal, startWebServer, startWhoAreYou } from './http-servers.js';

// The program that runs in a namespace of the lab: one process for all of its servers and clients, told what to do by
// JSON lines on standard input. It ends with the lab, which then closes that input.

const streams: UdpStream[] = [];
const sessions: TcpSession[] = [];

type Handlers = {
  readonly [N in AgentCallName]: (
    request: AgentCalls[N]['request'],
  ) => AgentCalls[N]['response'] | Promise<AgentCalls[N]['response']>;
};

const handlers: Handlers = {
  startServer: async (spec) => {
    await startServer(spec);
    return null;
  },
  startUdpStream: async (spec) => ({ stream: streams.push(await UdpStream.start(spec)) - 1 }),
  readUdpStream: ({ stream, sinceMs = 0, untilMs }) => {
    const found = numbered(streams, stream);
    return untilMs === undefined ? found.report(sinceMs) : found.finalReport(sinceMs, untilMs);
  },
  stopUdpStream: ({ stream, graceMs }) => numbered(streams, stream).stop(graceMs),
  startTcpSession: (spec) => ({ session: sessions.push(TcpSession.start(spec)) - 1 }),
  readTcpSession: ({ session, sinceMs }) => numbered(sessions, session).report(sinceMs),
  stopTcpSession: ({ session }) => numbered(sessions, session).stop(),
  askUdp,
  askTcp,
  fetch: fetchUrl,
};

function numbered<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`there is no number ${index}`);
  return found;
}

function startServer(spec: ServerSpec): Promise<unknown> {
  switch (spec.kind) {
    case 'udp-echo':
      return startUdpEcho(spec);
    case 'tcp-echo':
      return startTcpEcho(spec);
    case 'who-are-you':
      return startWhoAreYou(spec);
    case 'web':
      return startWebServer(spec);
    case 'portal':
      return startPortal(spec);
    case 'proxy':
      return startProxy(spec);
    case 'mute':
      return startMute(spec);
    case 'controller':
      return startController(spec);
  }
}

async function answer(line: string): Promise<AgentReply> {
  const { id, call, request } = JSON.parse(line) as AgentRequest;
  try {
    const handler = handlers[call] as (request: unknown) => unknown;
    return { id, kind: 'done', response: await handler(request) };
  } catch (error) {
    return { id, kind: 'failed', error: error instanceof Error ? error.message : String(error) };
  }
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  void answer(line).then((reply) => process.stdout.write(`${JSON.stringify(reply)}\n`));
});
lines.once('close', () => {
  process.exit(0);
});
