import { readFile } from 'node:fs/promises';
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';

import type { Refusals } from './refusals.js';

/** A listener on the network: TLS with certificates on both sides. */
export interface TlsListenOptions {
  readonly host: string;
  /** 0 takes any free one; see RunningServer.tlsPort. */
  readonly port: number;
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string;
}

/** Whoever has not shown a certificate by then is let go. */
const HANDSHAKE_TIMEOUT_MS = 5_000;

/** Connections at once, so that nobody's take all memory: in all, and of one certificate. */
const MOST_CONNECTIONS = 256;
const MOST_CONNECTIONS_OF_ONE = 32;

export interface TlsListener {
  readonly port: number;
  /** Reads the certificates again; connections that are open stay. Rejects, and goes on with those before. */
  reload(): Promise<void>;
  /** Takes no more connections. */
  close(): void;
}

/**
 * Listens, and hands over each connection whose client has shown a certificate of the authority. Refused ones are
 * logged. Rejects where a file cannot be read or the address cannot be had.
 */
export async function listenWithTls(
  options: TlsListenOptions,
  refusals: Refusals,
  onConnection: (socket: TLSSocket) => void,
): Promise<TlsListener> {
  const { host, port } = options;
  const server = createServer({
    ...(await certificatesOf(options)),
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: ['h2'],
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  });
  server.maxConnections = MOST_CONNECTIONS;
  const open = new Map<string, number>();
  server.on('secureConnection', (socket) => {
    // Whoever breaks a connection ends his own calls, and that is all.
    socket.on('error', () => undefined);
    const holder = socket.getPeerCertificate().fingerprint256;
    const peer = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
    if ((open.get(holder) ?? 0) >= MOST_CONNECTIONS_OF_ONE) {
      refusals.noteConnection(peer, `more than ${MOST_CONNECTIONS_OF_ONE} connections with one certificate`);
      socket.destroy();
      return;
    }
    open.set(holder, (open.get(holder) ?? 0) + 1);
    socket.on('close', () => {
      const left = (open.get(holder) ?? 1) - 1;
      if (left === 0) open.delete(holder);
      else open.set(holder, left);
    });
    onConnection(socket);
  });
  server.on('tlsClientError', (error: Error, socket) => {
    refusals.noteConnection(`${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`, error.message);
    // Node leaves one open that has not shown a certificate in time, and it would count for ever.
    socket.destroy();
  });
  const bound = await listening(server, host, port);
  // Out of descriptors, say: the next one who comes may be served.
  server.on('error', (error: Error) => {
    refusals.noteConnection('unknown', error.message);
  });
  return {
    port: bound,
    reload: async () => {
      server.setSecureContext(await certificatesOf(options));
    },
    close: () => {
      server.close();
    },
  };
}

async function certificatesOf({ certFile, keyFile, clientCaFile }: TlsListenOptions): Promise<SecureContextOptions> {
  const [ca, key, cert] = await Promise.all([readFile(clientCaFile), readFile(keyFile), readFile(certFile)]);
  return { ca, key, cert };
}

function listening(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: Error) => {
      reject(new Error(`cannot listen on ${host}:${port}: ${error.message}`, { cause: error }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
