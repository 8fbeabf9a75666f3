import { run } from 'iproute-exec';

let namespaces = 0;

/** A network namespace of a test's own with ports in it; the far end of each port is in there too, named `NAME-far`. */
export class TestNamespace {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  static async create(): Promise<TestNamespace> {
    namespaces += 1;
    const name = `evn-${process.pid}-${namespaces}`;
    await run('ip', ['netns', 'add', name]);
    const namespace = new TestNamespace(name);
    await namespace.ip('link', 'set', 'lo', 'up');
    return namespace;
  }

  async remove(): Promise<void> {
    await run('ip', ['netns', 'del', this.name]);
  }

  async ip(...args: readonly string[]): Promise<void> {
    await run('ip', ['-n', this.name, ...args]);
  }

  /** A veth port that is up and has a carrier. */
  async addPort(
    name: string,
    { index, address, gateway }: { readonly index: number; readonly address?: string; readonly gateway?: string },
  ): Promise<void> {
    const far = ['peer', 'name', `${name}-far`, 'index', String(index + 1000)];
    await this.ip('link', 'add', name, 'index', String(index), 'type', 'veth', ...far);
    await this.ip('link', 'set', `${name}-far`, 'up');
    await this.ip('link', 'set', name, 'up');
    if (address !== undefined) await this.ip('addr', 'add', address, 'dev', name);
    if (gateway !== undefined)
      await this.ip('route', 'add', 'default', 'via', gateway, 'dev', name, 'metric', String(index));
  }

  /** Pulls the cable, or plugs it in. */
  async setCarrier(name: string, state: 'up' | 'down'): Promise<void> {
    await this.ip('link', 'set', `${name}-far`, state);
  }
}
