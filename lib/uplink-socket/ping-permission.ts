import { readSysctl, writeSysctl, type SysctlOptions } from 'iproute-exec';

const PARAMETER = ['net', 'ipv4', 'ping_group_range'] as const;

/** Where a message for the operator goes. */
export interface PermissionLogger {
  info(
    fields: { readonly event: 'ping-group-range-widened'; readonly before: string; readonly after: string },
    message: string,
  ): void;
}

/**
 * Lets this process's group send echo requests without raw sockets (icmp(7): ping_group_range), which by default nobody
 * may; holds for IPv6 too. A range that holds the group stays; another is widened to hold it and all that it held
 * before, and that is logged. To be called once.
 * @throws CommandError where the parameter cannot be read or written
 */
export async function permitPing(
  logger: PermissionLogger,
  options: SysctlOptions = {},
): Promise<'permitted' | 'widened'> {
  const before = await readSysctl(PARAMETER, options);
  const group = process.getgid?.() ?? 0;
  const range = widenedRange(before, group);
  if (range === undefined) return 'permitted';
  await writeSysctl(PARAMETER, range, options);
  logger.info(
    { event: 'ping-group-range-widened', before: before.replace(/\s+/, ' '), after: range },
    `net.ipv4.ping_group_range widened to group ${group}, ports are tested by ICMP echo`,
  );
  return 'widened';
}

/** Undefined where the group is in it. Where the first number is the greater one the range is empty. */
export function widenedRange(text: string, group: number): string | undefined {
  const [first = 1, last = 0] = text.trim().split(/\s+/).map(Number);
  if (first > last) return `${group} ${group}`;
  return first <= group && group <= last ? undefined : `${Math.min(first, group)} ${Math.max(last, group)}`;
}
