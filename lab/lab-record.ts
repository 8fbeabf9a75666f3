import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { hostNames, type HostName, type Topology } from './topology.js';

/** What another process has to know of a lab: to run commands in its hosts, to take it down, to clean up after it. */
export interface LabRecord {
  readonly prefix: string;
  readonly runDir: string;
  readonly stateDir: string;
  readonly namespaces: Readonly<Record<HostName, string>>;
  /** The process that keeps the lab up. */
  readonly ownerPid: number;
  /** When the owner started, in the kernel's ticks: tells it from a later process with the same id. */
  readonly ownerStartTicks: string;
  /** False while it is still coming up. */
  readonly ready: boolean;
}

/** Labs by prefix, on the whole machine: two labs with one prefix would take each other's namespaces away. */
const REGISTRY_FOLDER = '/run/eve-uplink-labs';

function registryFile(prefix: string): string {
  return join(REGISTRY_FOLDER, `${prefix}lab.json`);
}

/** Notes a lab of this process, in the registry and as RUN_DIR/lab.json. */
export async function writeLabRecord(
  topology: Topology,
  folders: { readonly runDir: string; readonly stateDir: string },
  ready: boolean,
): Promise<void> {
  const record: LabRecord = {
    prefix: topology.prefix,
    ...folders,
    namespaces: topology.namespaces,
    ownerPid: process.pid,
    ownerStartTicks: (await startTicks(process.pid)) ?? '',
    ready,
  };
  const text = `${JSON.stringify(record, undefined, 2)}\n`;
  await mkdir(REGISTRY_FOLDER, { recursive: true });
  await writeFile(registryFile(topology.prefix), text);
  await writeFile(join(folders.runDir, 'lab.json'), text);
}

/** The record of the lab with this prefix; undefined where there is none. */
export async function readLabRecord(prefix: string): Promise<LabRecord | undefined> {
  const text = await readFile(registryFile(prefix), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as LabRecord;
  } catch {
    // Written half when the machine went down: as good as none.
    return undefined;
  }
}

export async function removeLabRecord(prefix: string): Promise<void> {
  await rm(registryFile(prefix), { force: true });
}

/** Whether the process that keeps the lab up still runs. */
export async function ownerLives(record: LabRecord): Promise<boolean> {
  const ticks = await startTicks(record.ownerPid);
  return ticks !== undefined && ticks === record.ownerStartTicks;
}

/** Makes a folder for the lab. Throws where it holds something, so that nobody's files are lost when the lab ends. */
export async function takeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const content = await readdir(folder);
  if (content.length > 0)
    throw new Error(`${folder} is not empty (${content.slice(0, 3).join(', ')}); the lab wants folders of its own`);
}

/** Field 22 of /proc/PID/stat, counted behind the command name, which may hold spaces and brackets (proc(5)). */
async function startTicks(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}

/** Whether a word names a host of the lab. */
export function isHostName(word: string): word is HostName {
  return (hostNames as readonly string[]).includes(word);
}
