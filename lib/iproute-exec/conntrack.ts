import { CommandError } from './command-error.js';
import { whyNoSystemCalls } from './netlink/system-calls.js';
import { countFlows, deleteFlows, readTcpFlows, type MarkedFlows, type TcpFlow } from './netlink/tracked-flows.js';
import { run, type RunOptions } from './run.js';

export type ConntrackFamily = 'ipv4' | 'ipv6';

export interface FlowSelection {
  readonly mark: number;
  /** Which bits of the mark must agree. */
  readonly mask: number;
  readonly namespace?: string;
  /** Default both. */
  readonly families?: readonly ConntrackFamily[];
  /** Is told of TCP sessions over IPv4 that are deleted, at most 2,000; of none where conntrack has to do it. */
  readonly onTcpFlow?: (flow: TcpFlow) => void;
}

const addressFamilies: Readonly<Record<ConntrackFamily, number>> = { ipv4: 2, ipv6: 10 };
const bothFamilies: readonly ConntrackFamily[] = ['ipv4', 'ipv6'];

/**
 * Deletes the tracked flows that carry the mark; answers how many there were. The kernel itself selects by mark, in another thread: it
 * takes some 12 ms (where its table has 262,144 rows), and does not block this one. Where the kernel cannot be called from here, conntrack
 * does it.
 * @throws CommandError where the kernel or conntrack refuses; RangeError where mark or mask are no 32-bit numbers.
 */
export async function deleteFlowsByMark(selection: FlowSelection): Promise<number> {
  check(selection);
  if (whyNoSystemCalls() !== undefined) return byProcess(selection, '-D');
  const counts = markedFlows(selection).map((which) => deleteFlows(which, selection.namespace, selection.onTcpFlow));
  return sum(await Promise.all(counts));
}

/** How many tracked flows carry the mark. @throws as deleteFlowsByMark does. */
export async function countFlowsByMark(selection: FlowSelection): Promise<number> {
  check(selection);
  if (whyNoSystemCalls() !== undefined) return byProcess(selection, '-L');
  return sum(await Promise.all(markedFlows(selection).map((which) => countFlows(which, selection.namespace))));
}

/**
 * TCP sessions over IPv4 that carry the mark: the first 2,000 among the first 10,000 flows.
 * @throws CommandError where the kernel refuses, or cannot be called from here; RangeError as deleteFlowsByMark does.
 */
export function readTcpFlowsByMark({
  mark,
  mask,
  namespace,
}: Pick<FlowSelection, 'mark' | 'mask' | 'namespace'>): Promise<readonly TcpFlow[]> {
  check({ mark, mask });
  return readTcpFlows({ mark, mask, addressFamily: addressFamilies.ipv4 }, namespace);
}

function markedFlows({ mark, mask, families }: FlowSelection): readonly MarkedFlows[] {
  return families === undefined
    ? [{ mark, mask, addressFamily: 0 }]
    : families.map((family) => ({ mark, mask, addressFamily: addressFamilies[family] }));
}

async function byProcess(selection: FlowSelection, action: '-D' | '-L'): Promise<number> {
  const mark = `0x${selection.mark.toString(16)}/0x${selection.mask.toString(16)}`;
  const counts = (selection.families ?? bothFamilies).map((family) =>
    countOf([action, '-f', family, '--mark', mark], selection.namespace),
  );
  return sum(await Promise.all(counts));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** Each flow is a line of output; 100,000 of them are counted, not kept. */
async function countOf(args: readonly string[], namespace: string | undefined): Promise<number> {
  const options: RunOptions = { allowFailure: true, onStdout: () => undefined };
  const { exitCode, stderr } = await run(
    'conntrack',
    args,
    namespace === undefined ? options : { ...options, namespace },
  );
  const summary = flowsInSummary(stderr);
  // It ends with exit code 1 where there was no such flow.
  if (summary !== undefined && (exitCode === 0 || summary === 0)) return summary;
  throw new CommandError({ command: ['conntrack', ...args].join(' '), exitCode, stderr });
}

/** The number in `conntrack v1.4.7 (conntrack-tools): 3 flow entries have been deleted.` */
export function flowsInSummary(stderr: string): number | undefined {
  const found = /: (\d+) flow entries have been (?:deleted|shown)\./.exec(stderr);
  return found === null ? undefined : Number(found[1]);
}

function check({ mark, mask }: Pick<FlowSelection, 'mark' | 'mask'>): void {
  for (const [name, value] of Object.entries({ mark, mask })) {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff)
      throw new RangeError(`${name} ${value} is no 32-bit number`);
  }
}
