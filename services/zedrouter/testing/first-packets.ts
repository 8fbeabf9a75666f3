/** A program that runs `SENDER`. */
export interface RunningProgram {
  write(text: string): void;
  /** Waits for a line that begins so, and answers it. */
  prints(beginning: string): Promise<string>;
  end(): Promise<void>;
}

/** A first packet to send, and from where. */
export interface FirstPacket {
  readonly protocol: 'tcp' | 'udp';
  readonly from: string | undefined;
  readonly localPort: number;
  readonly to: string;
  readonly port: number;
}

/**
 * Sends first packets from a network namespace and says what came of each: `answered`, or the error that the sender got
 * (`ECONNREFUSED`, `EHOSTUNREACH`); silence is `silence`, after the time that was given, or `given up`.
 */
export const SENDER = `
const { connect } = require('node:net');
const { createSocket } = require('node:dgram');
const waiting = new Set();
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, protocol, from, localPort, to, port, patienceMs } = JSON.parse(line);
  if (protocol === undefined) { for (const give of waiting) give('given up'); return; }
  let close;
  let done = false;
  const tell = (what) => {
    if (done) return;
    done = true;
    waiting.delete(tell);
    clearTimeout(timer);
    close(() => console.log(id + ' ' + what));
  };
  waiting.add(tell);
  const timer = setTimeout(() => tell('silence'), patienceMs);
  if (protocol === 'tcp') {
    const socket = connect({ host: to, port, localAddress: from, localPort });
    close = (then) => { socket.once('close', then); if (socket.connecting) socket.destroy(); else socket.resetAndDestroy(); };
    socket.on('connect', () => tell('answered'));
    socket.on('error', ({ code }) => tell(code));
  } else {
    const socket = createSocket('udp4');
    close = (then) => socket.close(then);
    socket.on('error', ({ code }) => tell(code));
    socket.on('message', () => tell('answered'));
    socket.bind(localPort, from, () => socket.connect(port, to, () => {
      socket.send('x', (error) => { if (error) tell(error.code); });
    }));
  }
});
console.log('ready');
`;

/** A program that answers whatever comes to this port, by TCP and UDP; it prints `listening`. */
export const ECHO = (port: number): string => `
const server = require('node:net').createServer((socket) => socket.on('error', () => 0).pipe(socket));
server.listen(${port}, '0.0.0.0', () => {
  const udp = require('node:dgram').createSocket('udp4');
  udp.on('message', (text, from) => udp.send(text, from.port, from.address));
  udp.bind(${port}, () => console.log('listening'));
});
`;

export class Sender {
  readonly #program: RunningProgram;
  #next = 1;

  constructor(program: RunningProgram) {
    this.#program = program;
  }

  /** Resolves when it takes packets. */
  async ready(): Promise<void> {
    await this.#program.prints('ready');
  }

  /** What comes of a first packet; silence for so long is `silence`. */
  async send(packet: FirstPacket, patienceMs: number): Promise<string> {
    const id = `packet${this.#next++}`;
    this.#program.write(`${JSON.stringify({ ...packet, id, patienceMs })}\n`);
    return (await this.#program.prints(`${id} `)).slice(id.length + 1);
  }

  /** Waits for no answer any longer. */
  giveUp(): void {
    this.#program.write('{}\n');
  }

  end(): Promise<void> {
    return this.#program.end();
  }
}
