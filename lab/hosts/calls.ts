import type { TcpSessionReport, TcpSessionSpec } from '../traffic/tcp-session.js';
import type { UdpStreamReport, UdpStreamSpec } from '../traffic/udp-stream.js';

/** A server that an agent starts in its namespace. `label` is how it introduces itself. */
export type ServerSpec =
  | { readonly kind: 'udp-echo'; readonly label: string; readonly address: string; readonly port: number }
  | { readonly kind: 'tcp-echo'; readonly label: string; readonly address: string; readonly port: number }
  /** Says in JSON who it is and who asks. */
  | { readonly kind: 'who-are-you'; readonly label: string; readonly address: string; readonly port: number }
  /** `GET /bytes/COUNT`, ranges included. */
  | { readonly kind: 'web'; readonly label: string; readonly address: string; readonly port: number }
  /** A captive portal: a page to log in for whatever is asked. */
  | { readonly kind: 'portal'; readonly label: string; readonly address: string; readonly port: number }
  /** Accepts every connection and says nothing. */
  | { readonly kind: 'mute'; readonly label: string; readonly address: string; readonly port: number }
  /** Leads HTTP on, by whole URLs and by CONNECT; names are asked at `nameServer`. */
  | {
      readonly kind: 'proxy';
      readonly label: string;
      readonly address: string;
      readonly port: number;
      readonly nameServer: string;
    }
  /** EVE's controller as far as a ping goes: HTTP, or HTTPS where there is a certificate (PEM). */
  | {
      readonly kind: 'controller';
      readonly label: string;
      readonly address: string;
      readonly port: number;
      readonly tls?: { readonly certificate: string; readonly key: string };
    };

/** A try of something on the network, once. */
export interface Attempt {
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
  /** Of a datagram: its size from the IP header on; default: as small as can be. */
  readonly packetBytes?: number;
}

export type AttemptResult =
  | { readonly kind: 'answered'; readonly text: string; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly error: string; readonly tookMs: number };

export interface FetchSpec {
  readonly url: string;
  readonly timeoutMs: number;
  /** PEM; for https. */
  readonly certificateAuthority?: string;
}

export type FetchResult =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly error: string; readonly tookMs: number };

/**
 * What an agent can be asked for, over JSON lines on its standard input and output. Times are of the monotonic clock,
 * which all processes share.
 */
export interface AgentCalls {
  startServer: { request: ServerSpec; response: null };
  startUdpStream: { request: UdpStreamSpec; response: { readonly stream: number } };
  /**
   * With `untilMs`: waits until all packets up to then are answered or lost. Without: what is known now, less the
   * youngest.
   */
  readUdpStream: {
    request: { readonly stream: number; readonly sinceMs?: number; readonly untilMs?: number };
    response: UdpStreamReport;
  };
  /** Stops sending, waits for late answers, reports. */
  stopUdpStream: { request: { readonly stream: number; readonly graceMs?: number }; response: UdpStreamReport };
  startTcpSession: { request: TcpSessionSpec; response: { readonly session: number } };
  readTcpSession: { request: { readonly session: number; readonly sinceMs?: number }; response: TcpSessionReport };
  stopTcpSession: { request: { readonly session: number }; response: TcpSessionReport };
  /** One datagram, one answer. */
  askUdp: { request: Attempt; response: AttemptResult };
  /** Connects and reads the first line. */
  askTcp: { request: Attempt; response: AttemptResult };
  fetch: { request: FetchSpec; response: FetchResult };
}

export type AgentCallName = keyof AgentCalls;

export interface AgentRequest<N extends AgentCallName = AgentCallName> {
  readonly id: number;
  readonly call: N;
  readonly request: AgentCalls[N]['request'];
}

export type AgentReply =
  | { readonly id: number; readonly kind: 'done'; readonly response: unknown }
  | { readonly id: number; readonly kind: 'failed'; readonly error: string };
