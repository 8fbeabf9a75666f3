import { createInterface } from 'node:readline';

import { LabProcess } from '../processes.js';
import type { AgentCallName, AgentCalls, AgentReply } from './calls.js';

interface Waiting {
  readonly resolve: (response: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The lab's end of an agent: the program that runs servers and clients in a namespace. */
export class Agent {
  readonly name: string;
  readonly #process: LabProcess;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  private constructor(name: string, process: LabProcess) {
    this.name = name;
    this.#process = process;
    createInterface({ input: process.output }).on('line', (line) => {
      this.#settle(JSON.parse(line) as AgentReply);
    });
    void process.exited.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`agent ${name} has ended`));
      this.#waiting.clear();
    });
    // Its end is told above; a broken pipe before that adds nothing.
    process.input.on('error', () => undefined);
  }

  /** Starts the agent program (as built by `buildAgent`) in a namespace. */
  static async start(options: {
    readonly name: string;
    readonly namespace: string;
    readonly program: string;
    readonly logFile: string;
  }): Promise<Agent> {
    const process = await LabProcess.start({
      name: `agent ${options.name}`,
      namespace: options.namespace,
      file: globalThis.process.execPath,
      args: ['--enable-source-maps', options.program],
      logFile: options.logFile,
      piped: true,
    });
    return new Agent(options.name, process);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Asks the agent and waits for its answer. Throws with its message where it fails, and where the agent ends. */
  async call<N extends AgentCallName>(call: N, request: AgentCalls[N]['request']): Promise<AgentCalls[N]['response']> {
    if (!this.#process.running) throw new Error(`agent ${this.name} has ended`);
    const id = this.#nextId;
    this.#nextId += 1;
    const response = await new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#process.input.write(`${JSON.stringify({ id, call, request })}\n`);
    });
    return response as AgentCalls[N]['response'];
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }

  #settle(reply: AgentReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.kind === 'done') waiting?.resolve(reply.response);
    else waiting?.reject(new Error(`agent ${this.name}: ${reply.error}`));
  }
}
