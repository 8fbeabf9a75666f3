import type { IpAnswer } from 'iproute-exec';

import type { ObservedAddress, PortObservation } from '../../../lib/decision/snapshot/index.js';
import { readAddresses, readGateways, readLink, type LinkReading } from './kernel-reading.js';
import type { ReadScope } from './read-scope.js';

/** What was last read of the kernel, by interface name. Parts that a reading did not cover stay as they were. */
export interface KernelView {
  readonly links: ReadonlyMap<string, LinkReading>;
  readonly addresses: ReadonlyMap<string, readonly ObservedAddress[]>;
  readonly gateways: ReadonlyMap<string, readonly string[]>;
}

export const emptyView: KernelView = { links: new Map(), addresses: new Map(), gateways: new Map() };

/** One query and what its answer changes. */
interface Question {
  readonly command: readonly string[];
  readonly take: (view: KernelView, answer: IpAnswer) => KernelView;
}

function askForLink(name: string): Question {
  return {
    command: ['link', 'show', 'dev', name],
    take: (view, answer) => withLink(view, name, readLink(answer, name)),
  };
}

/** Addresses and routes go with an interface; another one of the same name does not inherit them. */
export function withLink(view: KernelView, name: string, now: LinkReading): KernelView {
  const before = view.links.get(name);
  const links = new Map(view.links).set(name, now);
  const same = before?.kind === 'present' && now.kind === 'present' && before.index === now.index;
  return same
    ? { ...view, links }
    : { links, addresses: without(view.addresses, name), gateways: without(view.gateways, name) };
}

function without<T>(map: ReadonlyMap<string, T>, name: string): ReadonlyMap<string, T> {
  return new Map([...map].filter(([key]) => key !== name));
}

/** The part of a view that is about these interfaces. */
export function viewOf(view: KernelView, names: ReadonlySet<string>): KernelView {
  const only = <T>(map: ReadonlyMap<string, T>) => new Map([...map].filter(([name]) => names.has(name)));
  return { links: only(view.links), addresses: only(view.addresses), gateways: only(view.gateways) };
}

function askForAddresses(name: string): Question {
  return {
    command: ['addr', 'show', 'dev', name],
    take: (view, answer) =>
      // A failure says nothing of the addresses; that the interface is gone is said by its link.
      answer === undefined
        ? view
        : { ...view, addresses: new Map(view.addresses).set(name, readAddresses(answer, name)) },
  };
}

const askForRoutes: Question = {
  command: ['route', 'show', 'table', 'all', 'default'],
  take: (view, answer) => (answer === undefined ? view : { ...view, gateways: readGateways(answer) }),
};

/** The queries for a scope. The link is asked by itself: that costs the same however many interfaces there are, addresses and routes do not. */
export function questionsFor(scope: Pick<ReadScope, 'links' | 'addresses' | 'routes'>): readonly Question[] {
  return [
    ...[...scope.links].map(askForLink),
    ...[...scope.addresses].map(askForAddresses),
    ...(scope.routes ? [askForRoutes] : []),
  ];
}

/** The view with the answers taken in. */
export function takeAnswers(
  view: KernelView,
  questions: readonly Question[],
  answers: readonly IpAnswer[],
): KernelView {
  return questions.reduce((seen, question, position) => question.take(seen, answers[position]), view);
}

/** The view of one interface as an observation. */
export function observationOf(view: KernelView, name: string, dnsServers: readonly string[]): PortObservation {
  const link = view.links.get(name);
  if (link?.kind !== 'present') return { kind: 'missing' };
  return {
    kind: 'present',
    link: link.link,
    index: link.index,
    macAddress: link.macAddress,
    addresses: view.addresses.get(name) ?? [],
    gateways: view.gateways.get(name) ?? [],
    dnsServers,
  };
}
