import type { RemoteInfo, Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server } from 'node:net';

import { decode, encode, type Answer, type Packet, type Question } from 'dns-packet';

import { listen, listenUdp, type Place } from './listen.js';

/** What a scripted name server does with a question: an answer, raw bytes, or silence. */
export type Script = (
  question: Question,
  transport: 'udp' | 'tcp',
  times: number,
) => Partial<Packet> | Buffer | undefined;

const QR_RA_RD = 0x0180;

/** `NXDOMAIN` and the like, as flags. */
export const responseCode = (code: number): Partial<Packet> => ({ flags: QR_RA_RD | code });
export const truncated: Partial<Packet> = { flags: QR_RA_RD | 0x0200 };

export const a = (name: string, data: string, ttl = 60): Answer => ({ type: 'A', name, ttl, data });
export const aaaa = (name: string, data: string, ttl = 60): Answer => ({ type: 'AAAA', name, ttl, data });
export const cname = (name: string, data: string, ttl = 60): Answer => ({ type: 'CNAME', name, ttl, data });

/** A name server on UDP and TCP port 53 that does as it is told. */
export class NameServer {
  readonly questions: string[] = [];
  script: Script;
  readonly #udp: UdpSocket;
  readonly #tcp: Server | undefined;

  private constructor(udp: UdpSocket, tcp: Server | undefined, script: Script) {
    this.#udp = udp;
    this.#tcp = tcp;
    this.script = script;
  }

  static async start(
    place: Omit<Place, 'port'>,
    script: Script,
    options: { readonly tcp?: boolean } = {},
  ): Promise<NameServer> {
    const at = { ...place, port: 53 };
    const tcp = options.tcp === false ? undefined : await listen(createServer(), at);
    const server = new NameServer(listenUdp(at), tcp, script);
    server.#serve();
    return server;
  }

  close(): void {
    this.#udp.close();
    this.#tcp?.close();
  }

  #serve(): void {
    this.#udp.on('message', (bytes: Buffer, { address, port }: RemoteInfo) => {
      const answer = this.#answer(bytes, 'udp');
      if (answer !== undefined) this.#udp.send(answer, port, address);
    });
    this.#tcp?.on('connection', (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        const answer = this.#answer(bytes.subarray(2), 'tcp');
        if (answer === undefined) return;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        // In pieces, as a network may deliver it.
        socket.write(length.subarray(0, 1));
        setImmediate(() => socket.write(Buffer.concat([length.subarray(1), answer])));
      });
    });
  }

  #answer(bytes: Buffer, transport: 'udp' | 'tcp'): Buffer | undefined {
    const query = decode(bytes);
    const [question] = query.questions ?? [];
    if (question === undefined) return undefined;
    const text = `${transport} ${question.type} ${question.name}`;
    this.questions.push(text);
    const times = this.questions.filter((asked) => asked === text).length;
    const answer = this.script(question, transport, times);
    if (answer === undefined || Buffer.isBuffer(answer)) return answer;
    return encode({ type: 'response', id: query.id ?? 0, flags: QR_RA_RD, questions: [question], ...answer });
  }
}
