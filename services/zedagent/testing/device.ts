import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import {
  DeviceConfigServiceClient,
  type PushConfigRequest,
  type WatchConfigResponse,
} from '../../../gen/zedagent/v1/device_config.js';
import { PolicyServiceClient } from '../../../gen/zedagent/v1/policy.js';
import { VirtualClock } from '../../../lib/clock/index.js';
import { createLogger } from '../../../lib/observability/index.js';
import { call, connectTo } from '../../../lib/rpc/index.js';
import { startZedagent, type RunningZedagent } from '../index.js';

const options = { timeoutMs: 5_000 };

/** A machine with a real zedagent on a real socket, in virtual time. */
export class TestDevice {
  readonly #directory: string;
  clock: VirtualClock;
  #boot = 1;
  #stateDir: string;
  #service: RunningZedagent | undefined;
  #config: DeviceConfigServiceClient | undefined;
  #policy: PolicyServiceClient | undefined;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#stateDir = join(directory, 'state-1');
    this.clock = new VirtualClock(Date.UTC(2026, 2, 1, 12), 1_000);
  }

  static async boot(): Promise<TestDevice> {
    const device = new TestDevice(await mkdtemp(join(tmpdir(), 'evp-policy-')));
    await device.#start();
    return device;
  }

  /** The service ends in good order and starts again. */
  async restart(): Promise<void> {
    await this.#stop();
    await this.#start();
  }

  /**
   * The power goes, and comes back later: the disk is as it was, the boot clock begins anew, the wall clock says what
   * it says.
   */
  async cutPower(wallMs: number): Promise<void> {
    // What was to be written by now is written.
    await this.#turn();
    const survived = join(this.#directory, `state-${this.#boot + 1}`);
    await cp(this.#stateDir, survived, { recursive: true });
    await this.#stop();
    this.#boot += 1;
    this.#stateDir = survived;
    this.clock = new VirtualClock(wallMs, 500);
    await this.#start();
  }

  get stateDir(): string {
    return this.#stateDir;
  }

  get config(): DeviceConfigServiceClient {
    if (this.#config === undefined) throw new Error('not started');
    return this.#config;
  }

  get policy(): PolicyServiceClient {
    if (this.#policy === undefined) throw new Error('not started');
    return this.#policy;
  }

  push(config: EdgeDevConfig, more: Partial<PushConfigRequest> = {}) {
    return call(
      this.config,
      'pushConfig',
      { config, dryRun: false, author: 'controller', expectedVersion: undefined, ...more },
      options,
    );
  }

  getPolicy() {
    return call(this.policy, 'getPolicy', {}, options);
  }

  async grants() {
    return (await call(this.policy, 'listGrants', {}, options)).grants;
  }

  /** Every message of a watch, as it comes. */
  watch(knownVersion: bigint, knownPolicyVersion?: bigint): WatchConfigResponse[] {
    const messages: WatchConfigResponse[] = [];
    const stream = this.config.watchConfig({ knownVersion, knownPolicyVersion });
    stream.on('data', (message: WatchConfigResponse) => messages.push(message));
    stream.on('error', () => undefined);
    return messages;
  }

  async destroy(): Promise<void> {
    await this.#stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Waits for its turn among the changes. */
  async #turn(): Promise<void> {
    const patch = { ports: [], operations: [], networkInstances: [] };
    const request = { patch, dryRun: true, author: '', reason: '', expectedPolicyVersion: undefined };
    await call(this.policy, 'updatePolicy', request, options);
  }

  async #start(): Promise<void> {
    this.#service = await startZedagent({
      runDir: this.#directory,
      stateDir: this.#stateDir,
      logger: createLogger({ service: 'test', level: 'silent' }),
      clock: this.clock,
      bootId: `boot-${this.#boot}`,
    });
    const address = `unix:${this.#directory}/zedagent.sock`;
    this.#config = connectTo(DeviceConfigServiceClient, address);
    this.#policy = connectTo(PolicyServiceClient, address);
  }

  async #stop(): Promise<void> {
    this.#config?.close();
    this.#policy?.close();
    await this.#service?.close();
  }
}
