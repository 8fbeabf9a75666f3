import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from 'iproute-exec';

import type { Lab } from '../lab.js';
import { serviceNames } from '../service-process.js';
import type { ServiceSetOptions } from '../service-set.js';
import { waitUntil } from '../../lib/clock/index.js';

/** Programs that services run. */
export type Tool = 'nft' | 'dnsmasq' | 'ip';
const tools: readonly Tool[] = ['nft', 'dnsmasq', 'ip'];

/** What a tool does: nothing, for ever; or as if it were not installed. */
export type ToolTrouble = 'hangs' | 'is-missing';

/** Where the disk of a host that may go bad ends: state takes some kilobytes. */
const DISK_SIZE = '4m';

const folderOf = (lab: Pick<Lab, 'folder'>): string => join(lab.folder, 'bad-host');
const offsetFile = (lab: Pick<Lab, 'folder'>): string => join(folderOf(lab), 'wall-offset-ms');

/**
 * Prepares a host on which tools, the wall clock and the disk may go bad while services run: to be called before they
 * start, with what it answers. The state directory becomes a small file system of its own.
 */
export async function badHost(lab: Lab): Promise<Pick<ServiceSetOptions, 'runBy'>> {
  const folder = folderOf(lab);
  const path = join(folder, 'tools');
  await mkdir(path, { recursive: true });
  for (const tool of tools) {
    await writeFile(join(path, tool), toolScript(tool, folder, path));
    await chmod(join(path, tool), 0o755);
  }
  const clock = join(folder, 'wall-clock.mjs');
  await writeFile(clock, wallClockScript(offsetFile(lab)));
  await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_SIZE},mode=700`, 'tmpfs', lab.stateDir]);
  lab.beforeDestroy(async () => {
    await run('umount', ['--lazy', lab.stateDir]);
  });
  const search = [path, process.env.PATH ?? ''].join(':');
  return { runBy: () => ['env', `PATH=${search}`, `NODE_OPTIONS=--import ${clock}`] };
}

/** The tool itself, found behind our folder, unless a file says otherwise. */
function toolScript(tool: Tool, folder: string, path: string): string {
  return [
    '#!/bin/sh',
    `if [ -e ${folder}/${tool}-is-missing ]; then exit 127; fi`,
    `if [ -e ${folder}/${tool}-hangs ]; then exec sleep 600; fi`,
    `PATH=$(printf %s "$PATH" | sed 's#^${path}:##') exec ${tool} "$@"`,
    '',
  ].join('\n');
}

/** Loaded by Node before a service: a wall clock that goes wrong by what the file says, read anew at SIGUSR2. */
function wallClockScript(file: string): string {
  return `
import { readFileSync } from 'node:fs';
const now = Date.now.bind(Date);
let offsetMs = 0;
function read() {
  try {
    offsetMs = Number(readFileSync('${file}', 'utf8'));
  } catch {
    offsetMs = 0;
  }
}
read();
process.on('SIGUSR2', read);
Date.now = () => now() + offsetMs;
`;
}

/** A tool goes bad. @returns what mends it */
export async function spoilTool(lab: Lab, tool: Tool, trouble: ToolTrouble): Promise<() => Promise<void>> {
  const file = join(folderOf(lab), `${tool}-${trouble}`);
  await writeFile(file, '');
  return () => rm(file, { force: true });
}

/** The wall clock of the services jumps by so much. @returns what puts it right */
export async function jumpWallClock(lab: Lab, byMs: number): Promise<() => Promise<void>> {
  const tell = async (offsetMs: number): Promise<void> => {
    await writeFile(offsetFile(lab), String(offsetMs));
    for (const name of serviceNames) {
      const { pid } = lab.service(name);
      if (pid !== undefined) process.kill(pid, 'SIGUSR2');
    }
  };
  await tell(byMs);
  return () => tell(0);
}

/** Nothing fits onto the disk of the state directory any more. @returns what makes room */
export async function fillDisk(lab: Lab): Promise<() => Promise<void>> {
  const file = join(lab.stateDir, 'somebody-elses');
  // To the last byte: dd ends where there is no room.
  await run('dd', ['if=/dev/zero', `of=${file}`, 'bs=4k'], { allowFailure: true });
  return () => rm(file, { force: true });
}

/** How long a disk may be written before it is write-protected. */
const WRITTEN_MS = 5_000;

/** Nothing can be written to the disk of the state directory. @returns what lets it be written */
export async function writeProtectDisk(lab: Lab): Promise<() => Promise<void>> {
  // NIM has its event log open, and nobody may while a disk is write-protected.
  await lab.service('nim').kill('SIGKILL');
  const isProtected = async (): Promise<boolean> =>
    (await run('mount', ['-o', 'remount,ro', lab.stateDir], { allowFailure: true })).exitCode === 0;
  if (!(await waitUntil(isProtected, { timeoutMs: WRITTEN_MS, everyMs: 50 }))) {
    throw new Error(`${lab.stateDir} cannot be write-protected`);
  }
  await lab
    .service('nim')
    .start()
    .catch(() => undefined);
  return async () => {
    await run('mount', ['-o', 'remount,rw', lab.stateDir]);
  };
}

/** A service may open no more files. @returns what lets it */
export async function takeDescriptors(lab: Lab, name: (typeof serviceNames)[number]): Promise<() => Promise<void>> {
  const { pid } = lab.service(name);
  if (pid === undefined) return () => Promise.resolve();
  const limit = async (descriptors: number | string): Promise<void> => {
    // It may have ended meanwhile: then there is nothing to limit.
    await run('prlimit', ['--pid', String(pid), `--nofile=${descriptors}:`], { allowFailure: true });
  };
  const { stdout } = await run('prlimit', ['--pid', String(pid), '--nofile', '--noheadings', '--output', 'SOFT']);
  // Those that are open stay open, whatever their numbers.
  await limit(3);
  return () => limit(stdout.trim());
}
