import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

interface Closable {
  close(): unknown;
}

interface Listener {
  readonly label: string;
  readonly address: string;
  readonly port: number;
}

/** Answers each datagram with itself, then its own label, a space, and the source that it saw as `ADDRESS:PORT`. */
export async function startUdpEcho({ label, address, port }: Listener): Promise<Closable> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  socket.on('message', (message, from) => {
    socket.send([message, `${label} ${from.address}:${from.port}`], from.port, from.address, () => {
      // A sender that cannot be reached any more is the sender's matter; it counts what it misses.
    });
  });
  socket.bind(port, address);
  await once(socket, 'listening');
  return socket;
}

/**
 * Greets with a line of its label, a space, and the source that it saw as `ADDRESS:PORT`; then sends back what it gets.
 */
export async function startTcpEcho({ label, address, port }: Listener): Promise<Closable> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.write(`${label} ${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}\n`);
    socket.pipe(socket);
  });
  server.listen(port, address);
  await once(server, 'listening');
  return server;
}

/** Accepts, and says nothing. */
export async function startMute({ address, port }: Listener): Promise<Closable> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.resume();
  });
  server.listen(port, address);
  await once(server, 'listening');
  return server;
}
