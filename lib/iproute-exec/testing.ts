import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { eventually } from '../clock/testing/eventually.js';
import { run } from './run.js';

/** A network namespace for one test file, with what it needs to make links in it. */
export interface TestNamespace {
  readonly name: string;
  /** Runs `ip -n NAME ...`, the words given as one text. */
  ip(words: string): Promise<void>;
  /** A pair of veth ends, both in this namespace, whose indexes no other end shares. */
  addVeth(one: string, other: string): Promise<void>;
  remove(): Promise<void>;
}

let made = 0;
let nextIndex = 1_000;

/** Makes an empty namespace whose loopback is up. */
export async function makeTestNamespace(): Promise<TestNamespace> {
  made += 1;
  const name = `evi-${process.pid}-${made}`;
  const ip = async (words: string): Promise<void> => {
    await run('ip', words.split(' '), { namespace: name });
  };
  await run('ip', ['netns', 'add', name]);
  await ip('link set lo up');
  return {
    name,
    ip,
    addVeth: (one, other) => {
      const [index, peerIndex] = [nextIndex++, nextIndex++];
      return ip(`link add ${one} index ${index} type veth peer name ${other} index ${peerIndex}`);
    },
    remove: async () => {
      await run('ip', ['netns', 'del', name]);
    },
  };
}

/** A program of a few lines of JavaScript in a namespace, and the lines that it has printed. */
export class Program {
  readonly printed: string[] = [];
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;

  constructor(namespace: string, script: string) {
    this.#process = spawn('ip', ['netns', 'exec', namespace, process.execPath, '-e', script]);
    this.#ended = once(this.#process, 'close');
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.printed.push(line));
  }

  /** Prints `listening`, then sends back what it gets. */
  static tcpEcho(namespace: string, at: { readonly address: string; readonly port: number }): Program {
    const script = `require('node:net').createServer((socket) => socket.on('error', () => 0).pipe(socket))
      .listen(${at.port}, '${at.address}', () => console.log('listening'));`;
    return new Program(namespace, script);
  }

  /** A session that sends what is written, and prints `port NUMBER` (its own), `echo TEXT`, or `error CODE`. */
  static tcpSession(namespace: string, to: { readonly address: string; readonly port: number }): Program {
    const script = `const socket = require('node:net').connect(${to.port}, '${to.address}');
      socket.on('connect', () => console.log('port ' + socket.localPort));
      socket.on('data', (text) => console.log('echo ' + String(text).trim()));
      socket.on('error', ({ code }) => console.log('error ' + code));
      process.stdin.pipe(socket, { end: false });`;
    return new Program(namespace, script);
  }

  write(text: string): void {
    this.#process.stdin.write(text);
  }

  /** Waits for a line that begins so, and answers it. */
  async prints(beginning: string): Promise<string> {
    const find = (): string | undefined => this.printed.find((line) => line.startsWith(beginning));
    await eventually(() => {
      if (find() === undefined) throw new Error(`no line that begins with ${JSON.stringify(beginning)}`);
    });
    return find() ?? '';
  }

  async end(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }
}
