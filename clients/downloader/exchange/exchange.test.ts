import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { eventually } from '../../../lib/clock/testing/eventually.js';
import type { Connection } from './connect.js';
import { get } from './exchange.js';

const body = Buffer.from('the whole file');
let server: Server;
let serverSide: Promise<Socket>;
let stream: Socket;

beforeEach(async () => {
  server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  serverSide = once(server, 'connection').then(([socket]) => socket as Socket);
});

afterEach(() => {
  stream.destroy();
  server.close();
});

async function connected(): Promise<Connection> {
  stream = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(stream, 'connect');
  return { stream, cut: () => stream.destroy() };
}

describe('an exchange', () => {
  it('has its body when the last chunk has been taken, whatever becomes of the connection meanwhile', async () => {
    const exchange = get(new URL('http://server.example/'), {}, connected, {
      signal: new AbortController().signal,
    });
    const socket = await serverSide;
    await once(socket, 'data');
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
    const head = await exchange.answer;
    const taken: Buffer[] = [];
    let take: () => void = () => undefined;
    let hasCome: () => void = () => undefined;
    const coming = new Promise<void>((resolve) => {
      hasCome = resolve;
    });
    const reading = head.readBody((chunk) => {
      taken.push(chunk);
      hasCome();
      return new Promise<void>((resolve) => {
        take = resolve;
      });
    }, new AbortController().signal);
    // Settled before it is awaited, where it fails.
    const outcome = reading.then(
      () => 'whole',
      (error: unknown) => error,
    );
    socket.write(body);
    await coming;
    const closed = once(stream, 'close').catch(() => undefined);
    socket.resetAndDestroy();
    await closed;
    await new Promise(setImmediate);
    take();
    expect(await outcome).toBe('whole');
    expect(Buffer.concat(taken)).toEqual(body);
    exchange.end();
  });

  it('hands over what has come when it is cut, also while the one who takes it is busy', async () => {
    const cutting = new AbortController();
    const exchange = get(new URL('http://server.example/'), {}, connected, { signal: cutting.signal });
    const socket = await serverSide;
    await once(socket, 'data');
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${2 * body.length}\r\n\r\n`);
    const head = await exchange.answer;
    const taken: Buffer[] = [];
    const reading = head.readBody((chunk) => {
      taken.push(chunk);
      return new Promise<void>(() => undefined);
    }, new AbortController().signal);
    const outcome = reading.catch((error: unknown) => error);
    socket.write(body.subarray(0, 3));
    await eventually(() => taken.length > 0);
    socket.write(body.subarray(3));
    await eventually(() => stream.readableLength > 0);
    cutting.abort(new Error('forbidden'));
    expect(Buffer.concat(taken)).toEqual(body);
    expect(stream.destroyed).toBe(true);
    expect(await outcome).toEqual(new Error('forbidden'));
  });
});
