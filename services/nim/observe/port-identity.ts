import type { DeviceModel, InterfaceIdentity, Port } from '../../../lib/configuration/index.js';
import type { KernelEvent, Link } from '../../../lib/netlink/index.js';
import type { ConfigurationInForce } from '../publish/index.js';

/** Made of other links, whose addresses they share. */
const MADE_OF_OTHERS: ReadonlySet<string | undefined> = new Set([
  'vlan',
  'bridge',
  'bond',
  'team',
  'macvlan',
  'ipvlan',
]);

/**
 * The model with each port's interface as the kernel has it now: a port whose configuration tells its hardware (MAC
 * address, USB or PCI address) is the interface of that hardware, whatever it is called; the configured name then says
 * nothing. Where no interface is known to be that hardware, or another port's hardware has the configured name, the
 * port has no interface, and `unidentified` says why: modems swap names, and traffic must not follow the name. What
 * the kernel does not tell (a parent device before Linux 5.14, a PCI address behind another bus) speaks neither for nor
 * against.
 */
export function identified(model: DeviceModel, links: readonly Link[]): DeviceModel {
  if (!hasIdentities(model)) return model;
  const candidates = links.filter(({ kind }) => !MADE_OF_OTHERS.has(kind));
  const byHardware = new Map(model.ports.map((port) => [port.label, interfaceOf(port, candidates)]));
  const taken = new Map(
    [...byHardware].flatMap(([label, name]) => (name === undefined ? [] : [[name, label] as const])),
  );
  const ports = model.ports.map((port): Port => {
    const interfaceName = byHardware.get(port.label);
    if (interfaceName !== undefined) return interfaceName === port.interfaceName ? port : { ...port, interfaceName };
    const owner = taken.get(port.interfaceName);
    if (owner !== undefined) {
      return { ...port, unidentified: `${port.interfaceName} is the hardware of port ${owner}` };
    }
    const named = candidates.find(({ name }) => name === port.interfaceName);
    if (named === undefined || (port.identity ?? []).every((one) => speaksFor(one, named) !== false)) return port;
    return { ...port, unidentified: `no interface has ${(port.identity ?? []).map(inWords).join(' and ')}` };
  });
  return { ...model, ports };
}

function hasIdentities({ ports }: DeviceModel): boolean {
  return ports.some(({ identity = [] }) => identity.length > 0);
}

/** The interface that all of what is told speaks for, the one of the configured name first; undefined: none. */
function interfaceOf({ identity = [], interfaceName }: Port, links: readonly Link[]): string | undefined {
  if (identity.length === 0) return undefined;
  const found = links.filter((link) => {
    const verdicts = identity.map((one) => speaksFor(one, link));
    return verdicts.includes(true) && !verdicts.includes(false);
  });
  return (found.find(({ name }) => name === interfaceName) ?? found[0])?.name;
}

/** Undefined: the kernel does not tell. */
function speaksFor({ kind, address }: InterfaceIdentity, link: Link): boolean | undefined {
  const { parentDevice: parent } = link;
  switch (kind) {
    case 'mac':
      return (link.permanentMacAddress ?? link.macAddress) === address || link.macAddress === address;
    case 'usb':
      return parent === undefined ? undefined : parent.bus === 'usb' && parent.name.startsWith(`${address}:`);
    case 'pci':
      return parent?.bus === 'pci' ? parent.name === address : undefined;
  }
}

const words = { mac: 'the MAC address', usb: 'the USB address', pci: 'the PCI address' } as const;

function inWords({ kind, address }: InterfaceIdentity): string {
  return `${words[kind]} ${address}`;
}

/** Keeps the interfaces of a configuration's ports true to their hardware while links come, go and are renamed. */
export class PortIdentities {
  readonly #readLinks: () => readonly Link[];
  readonly #onConfiguration: (configuration: ConfigurationInForce) => void;
  #configuration: ConfigurationInForce | undefined;
  /** Names by index, as they were when ports were identified last. */
  #names: ReadonlyMap<number, string> = new Map();
  #told: string | undefined;

  /** `readLinks` may throw; what was known then stands until the next event. */
  constructor(readLinks: () => readonly Link[], onConfiguration: (configuration: ConfigurationInForce) => void) {
    this.#readLinks = readLinks;
    this.#onConfiguration = onConfiguration;
  }

  /** Takes a configuration in the place of the one before, and hands it on. */
  take(configuration: ConfigurationInForce): void {
    this.#configuration = configuration;
    this.#told = undefined;
    this.#identify();
  }

  /** Looks again where a link came, went, or has another name: not where only its carrier changed. */
  onKernelEvent(event: KernelEvent): void {
    if (event.kind !== 'link' || (!event.isGone && this.#names.get(event.index) === event.name)) return;
    if (this.#configuration !== undefined && hasIdentities(this.#configuration.model)) this.#identify();
  }

  /** Events were lost. */
  onEventsLost(): void {
    if (this.#configuration !== undefined && hasIdentities(this.#configuration.model)) this.#identify();
  }

  #identify(): void {
    const configuration = this.#configuration;
    if (configuration === undefined) return;
    const links = hasIdentities(configuration.model) ? this.#readLinks() : [];
    this.#names = new Map(links.map(({ index, name }) => [index, name]));
    const model = identified(configuration.model, links);
    const told = JSON.stringify(
      model.ports.map(({ label, interfaceName, unidentified }) => [label, interfaceName, unidentified]),
    );
    if (told === this.#told) return;
    this.#told = told;
    this.#onConfiguration(model === configuration.model ? configuration : { ...configuration, model });
  }
}
