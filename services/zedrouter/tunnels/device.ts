import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';

import { startWireGuardGo, wireGuardGoSocket } from 'iproute-exec';

import type { Clock } from '../../../lib/clock/index.js';
import {
  changeWireGuardDevice,
  hasWireGuard,
  isAlreadySo,
  readWireGuardDevice,
  type KernelChange,
  type Link,
  type WireGuardChange,
  type WireGuardDevice,
} from '../../../lib/netlink/index.js';
import { UapiClient } from '../../../lib/wireguard-go/index.js';
import type { Kernel } from '../apply/kernel.js';
import { ownerAlias, ownerOf } from '../apply/ownership.js';

/** Who does WireGuard. */
export type TunnelMaker = 'kernel' | 'wireguard-go';

/** A tunnel device that is there. Every method rejects where it is not any more. */
export interface TunnelDevice {
  readonly by: TunnelMaker;
  read(): Promise<WireGuardDevice>;
  change(change: WireGuardChange): Promise<void>;
  /** Lets go of it; it stays as it is. */
  close(): void;
}

export interface TunnelPlace {
  readonly name: string;
  readonly niId: string;
  /** Bytes. */
  readonly mtu: number;
}

export interface TunnelMakerOptions {
  readonly kernel: Kernel;
  readonly clock: Clock;
  /** Tells our processes from those of another user of this machine, which may have tunnels of the same name. */
  readonly directory: string;
}

/**
 * The device of that name: the one that is there, or a new one, down and without a key. It gets its alias, by which it
 * is known as ours, before it gets its name. `onEnd`: its process has ended.
 * @throws where it cannot be made, or somebody else's interface has the name.
 */
export async function openTunnel(
  options: TunnelMakerOptions,
  place: TunnelPlace,
  onEnd: () => void,
): Promise<TunnelDevice> {
  const { kernel } = options;
  const there = kernel.rtnetlink.link(place.name);
  if (there !== undefined && ownerOf(there.alias) !== place.niId) {
    if (!isTunnelOfOurs(there)) throw new Error(`an interface ${place.name} is there and is not ours`);
    // Of a network instance that had its number before.
    changeLinks(kernel, [{ kind: 'link-delete', name: place.name }]);
    return makeTunnel(options, place, onEnd);
  }
  if (there?.kind === 'wireguard') return kernelTunnel(kernel, place.name);
  if (there === undefined) return makeTunnel(options, place, onEnd);
  const client = await answering(wireGuardGoSocket(workName(options, place)), options.clock, onEnd);
  if (client !== undefined) return { by: 'wireguard-go', ...methodsOf(client) };
  // One that nobody answers for is of no use.
  changeLinks(kernel, [{ kind: 'link-delete', name: place.name }]);
  return makeTunnel(options, place, onEnd);
}

/** Takes the device away; its process ends with it. */
export function removeTunnel(kernel: Kernel, name: string): void {
  changeLinks(kernel, [{ kind: 'link-delete', name }]);
}

/** Whether a link is a tunnel that we have made. */
export function isTunnelOfOurs({ kind, alias }: Link): boolean {
  return (kind === 'tun' || kind === 'wireguard') && ownerOf(alias) !== undefined;
}

/** What is made goes by this name until it is ours for all to see; so do the socket and the process, for ever. */
function workName({ directory }: TunnelMakerOptions, { name }: TunnelPlace): string {
  return `eu${createHash('sha256').update(`${directory}\n${name}`).digest('hex').slice(0, 10)}`;
}

async function makeTunnel(options: TunnelMakerOptions, place: TunnelPlace, onEnd: () => void): Promise<TunnelDevice> {
  const { kernel, clock } = options;
  const made = workName(options, place);
  // Left by who was ended in the midst of this.
  if (kernel.rtnetlink.link(made) !== undefined) changeLinks(kernel, [{ kind: 'link-delete', name: made }]);
  const named: readonly KernelChange[] = [
    { kind: 'link-set', name: made, settings: { alias: ownerAlias(place.niId), mtu: place.mtu } },
    { kind: 'link-rename', name: made, to: place.name },
  ];
  if (hasWireGuard(kernel.namespace)) {
    changeLinks(kernel, [{ kind: 'wireguard-add', name: made }, ...named]);
    return kernelTunnel(kernel, place.name);
  }
  // One that is just ending would still hold it.
  rmSync(wireGuardGoSocket(made), { force: true });
  await startWireGuardGo(made, kernel.namespace);
  // Before it answers it may still look for its interface by the first name.
  const client = await answering(wireGuardGoSocket(made), clock, onEnd);
  if (client === undefined) throw new Error('wireguard-go has ended as soon as it was started');
  try {
    changeLinks(kernel, named);
  } catch (error) {
    client.close();
    throw error;
  }
  return { by: 'wireguard-go', ...methodsOf(client) };
}

/** A connection to a process that answers: one that is ending may still take connections. */
async function answering(path: string, clock: Clock, onEnd: () => void): Promise<UapiClient | undefined> {
  const client = await UapiClient.open(path, clock, onEnd);
  try {
    await client?.read();
    return client;
  } catch {
    client?.close();
    return undefined;
  }
}

function methodsOf(client: UapiClient): Omit<TunnelDevice, 'by'> {
  return {
    read: () => client.read(),
    change: (change) => client.change(change),
    close: () => {
      client.close();
    },
  };
}

function kernelTunnel({ namespace }: Kernel, name: string): TunnelDevice {
  return {
    by: 'kernel',
    read: async () => {
      const device = await Promise.resolve(readWireGuardDevice(name, namespace));
      if (device === undefined) throw new Error(`there is no interface ${name}`);
      return device;
    },
    change: (change) =>
      Promise.resolve().then(() => {
        changeWireGuardDevice(name, change, namespace);
      }),
    close: () => undefined,
  };
}

/** @throws the first refusal; that a device is gone already, which goes with its process, is none */
function changeLinks({ rtnetlink }: Kernel, changes: readonly KernelChange[]): void {
  for (const [position, error] of rtnetlink.apply(changes).entries()) {
    const change = changes[position];
    if (error !== undefined && !(change?.kind === 'link-delete' && isAlreadySo(change, error))) throw error;
  }
}
