// One preparation at a time in this tree.
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './commands.mjs';
import { preparedDirectory } from './tree.mjs';

const takeoverTimeoutMs = 5_000;
const pollMs = 100;

function pause() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pollMs);
}

/** A process and when it started: a process id alone comes round again. */
function identityOf(pid) {
  try {
    // proc(5): the start time is field 22; the name in field 2 may hold anything, so count from its closing
    // parenthesis.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return undefined;
  }
}

function create(file) {
  // Linked into place with its content, so that nobody ever reads a lock without an owner in it.
  const own = `${file}.${process.pid}`;
  writeFileSync(own, identityOf(process.pid));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Who holds the lock: undefined where nobody does. */
function holderOf(lockFile) {
  try {
    const identity = readFileSync(lockFile, 'utf8');
    const [pid] = identity.split(' ');
    return { pid, alive: identityOf(pid) === identity };
  } catch {
    return undefined;
  }
}

/**
 * Removes the lock of a process that died. The second file keeps two from doing so at once, one of them to the other's
 * new lock.
 */
function takeOver(lockFile) {
  const takeoverFile = `${lockFile}.takeover`;
  if (!create(takeoverFile)) {
    try {
      if (Date.now() - statSync(takeoverFile).mtimeMs > takeoverTimeoutMs) rmSync(takeoverFile, { force: true });
    } catch {
      // It is gone: the other one has finished.
    }
    pause();
    return;
  }
  try {
    if (holderOf(lockFile)?.alive === false) rmSync(lockFile, { force: true });
  } finally {
    rmSync(takeoverFile, { force: true });
  }
}

/** Runs `work` (which may be asynchronous) while no other process does the same in this tree; waits for its turn. */
export async function alone(work, directory = preparedDirectory) {
  mkdirSync(directory, { recursive: true });
  const lockFile = join(directory, 'lock');
  let told = false;
  while (!create(lockFile)) {
    const holder = holderOf(lockFile);
    if (holder?.alive === false) {
      takeOver(lockFile);
      continue;
    }
    if (!told && holder !== undefined) say(`Waiting for process ${holder.pid}, which is preparing this tree`);
    told = true;
    pause();
  }
  try {
    return await work();
  } finally {
    rmSync(lockFile, { force: true });
  }
}
