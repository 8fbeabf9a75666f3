import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import type { DeviceModel } from '../../../lib/configuration/index.js';

/** What a push would put in the place of what. */
export interface Replacement {
  readonly before: EdgeDevConfig;
  readonly after: EdgeDevConfig;
  /** Undefined where this version does not understand what is in force. */
  readonly modelBefore: DeviceModel | undefined;
  readonly modelAfter: DeviceModel;
  /** The interface by which the push came; undefined: from this machine, or not known. */
  readonly callerInterface: string | undefined;
}

/** Why a push is hardly meant, in words; empty where nothing speaks against it. */
export function unlikely(replacement: Replacement): readonly string[] {
  return [...otherDevice(replacement), ...emptied(replacement), ...callersPort(replacement)];
}

function otherDevice({ before, after }: Replacement): readonly string[] {
  const [known, pushed] = [uuidOf(before), uuidOf(after)];
  if (known === '' || pushed === known) return [];
  return pushed === ''
    ? [`it does not say for which device it is, and the one in force is for ${known}: set id.uuid`]
    : [`it is for the device ${pushed} (id.uuid), and the one in force for ${known}`];
}

function uuidOf({ id }: EdgeDevConfig): string {
  return id?.uuid.toLowerCase() ?? '';
}

function emptied({ before, after }: Replacement): readonly string[] {
  const ports = before.systemAdapterList.map(({ name }) => name);
  const instances = before.networkInstances.map(({ displayname }) => displayname);
  return [
    ...(ports.length > 0 && after.systemAdapterList.length === 0 ? [`it removes every port: ${named(ports)}`] : []),
    ...(instances.length > 0 && after.networkInstances.length === 0
      ? [`it removes every network instance: ${named(instances)}`]
      : []),
  ];
}

function callersPort({ modelBefore, modelAfter, callerInterface }: Replacement): readonly string[] {
  if (callerInterface === undefined) return [];
  const isCallers = ({ interfaceName }: { readonly interfaceName: string }) => interfaceName === callerInterface;
  const port = modelBefore?.ports.find(isCallers);
  if (port === undefined || modelAfter.ports.some((each) => isCallers(each) && each.usage !== 'disabled')) return [];
  return [`it removes ${port.label} (${callerInterface}), the port over which you have come`];
}

/** So many names are told. */
const MOST_NAMES = 5;

function named(names: readonly string[]): string {
  const left = names.length - MOST_NAMES;
  return left <= 0 ? names.join(', ') : `${names.slice(0, MOST_NAMES).join(', ')} and ${left} more`;
}
