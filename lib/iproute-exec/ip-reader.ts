import { CommandError } from './command-error.js';
import { ReadLane } from './read-lane.js';
import type { IpAnswer } from './read-unit.js';
import type { WarnLogger } from './warn-logger.js';
import { problemOfIpCommand } from './words.js';

export interface IpReaderOptions {
  readonly namespace?: string;
  /** `rule show` lists IPv4 rules unless told inet6; `route show` lists both unless told either. */
  readonly family?: 'inet' | 'inet6';
  readonly logger?: WarnLogger;
  /** For one query() until its last answer. Default 10,000; one query takes some 0.1. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 10_000;

/** Objects whose listings in one batch do not disturb each other: `nexthop` and `maddress` keep the filters of an earlier query. */
const objects = new Set(['link', 'addr', 'address', 'route', 'rule', 'neigh', 'neighbor', 'neighbour']);

const actions = new Set(['show', 'list', 'ls', 'get']);

/**
 * Reads links, addresses, routes, rules and neighbours through a kept-open `ip -j -d -N -batch -`: JSON with details (linkinfo, the
 * table and protocol of everything) and with numbers instead of the names that /etc/iproute2 may redefine. Concurrent callers share it.
 *
 * Links have a child of their own: once an `ip -batch` has listed links, its `address show dev X` prints no addresses (ip 6.1 never
 * resets what it remembers).
 */
export class IpReader {
  private readonly links: ReadLane;
  private readonly others: ReadLane;

  /** @throws CommandError where the namespace is no such name. */
  constructor(options: IpReaderOptions = {}) {
    const { namespace, family, logger, timeoutMs = defaultTimeoutMs } = options;
    const familyOptions = family === undefined ? [] : [family === 'inet' ? '-4' : '-6'];
    const laneOptions = { namespace, logger, timeoutMs, ipOptions: [...familyOptions, '-j', '-d', '-N'] };
    this.links = new ReadLane(laneOptions);
    this.others = new ReadLane(laneOptions);
  }

  /**
   * Asks the queries (each the words after `ip`: object, then show, list or get); answers each, in the same order: the elements of the
   * JSON array that it printed, undefined where it failed, as one for a device that is not there does.
   * @throws CommandError where a query has a word that could be misread or is none, where ip rejects its syntax, cannot be run, or
   * does not answer in time, or after close().
   */
  async query(commands: readonly (readonly string[])[]): Promise<readonly IpAnswer[]> {
    const lines = commands.map((command) => this.lineOf(command));
    const ofLinks = commands.map(([object]) => object === 'link');
    const [links, others] = await Promise.all([
      this.links.ask(lines.filter((_, index) => ofLinks[index] === true)),
      this.others.ask(lines.filter((_, index) => ofLinks[index] === false)),
    ]);
    let [nextLink, nextOther] = [0, 0];
    return commands.map((command, index) => {
      const answer = ofLinks[index] === true ? links[nextLink++] : others[nextOther++];
      return withTable(command, answer);
    });
  }

  /** To be called when links were deleted, renamed or made anew: ip remembers the indexes and names of links. */
  forgetInterfaces(): void {
    this.links.forgetInterfaces();
    this.others.forgetInterfaces();
  }

  /** Rejects what is not answered yet, ends the children and waits until they are gone. */
  async close(): Promise<void> {
    await Promise.all([this.links.close(), this.others.close()]);
  }

  private lineOf(command: readonly string[]): string {
    const line = command.join(' ');
    const problem = problemOfIpCommand(command) ?? problemOfQuery(command);
    if (problem === undefined) return line;
    throw new CommandError({
      command: this.others.command,
      exitCode: null,
      stderr: '',
      reason: `${problem}, in: ${line}`,
    });
  }
}

/** ip does not repeat the table that it was asked for; a route without its table would be taken for one of the main table. */
function withTable(command: readonly string[], answer: IpAnswer): IpAnswer {
  const table = command[0] === 'route' ? command[command.indexOf('table') + 1] : undefined;
  if (answer === undefined || table === undefined || !command.includes('table') || table === 'all') return answer;
  return answer.map((route) => (typeof route === 'object' && route !== null ? { table, ...route } : route));
}

function problemOfQuery([object = '', action]: readonly string[]): string | undefined {
  if (!objects.has(object)) return `${object} is not one of the objects: ${[...objects].join(', ')}`;
  if (action !== undefined && !actions.has(action)) return `${action} is not one of: ${[...actions].join(', ')}`;
  return undefined;
}
