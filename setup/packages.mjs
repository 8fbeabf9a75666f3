// npm packages, as package-lock.json says.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment, runQuietly, say, SetupError } from './commands.mjs';
import { root } from './tree.mjs';

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether node_modules has what package-lock.json asks for (npm notes what it installed in a hidden lockfile). */
export function packagesInstalled() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages ?? {};
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (installed === undefined) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional, link }]) =>
      !path.startsWith('node_modules/') ||
      optional === true ||
      (link === true ? existsSync(join(root, path)) : installed[path]?.version === version),
  );
}

/** Runs the npm that this one was started by, or else the one on PATH, for an install without scripts. */
export function npm(args, purpose = 'Installing npm packages') {
  const cli = process.env.npm_execpath;
  const [file, ...before] = cli?.endsWith('.js') ? [process.execPath, cli] : ['npm'];
  // A test run may have NODE_ENV=production or omit=dev set by its surroundings: the tools here are dev dependencies.
  const env = environment({ NODE_ENV: 'development', npm_config_omit: '', NODE_OPTIONS: '' });
  return runQuietly(file, [...before, ...args, '--ignore-scripts', '--no-audit', '--no-fund'], {
    purpose,
    env,
  });
}

/** Installs them. No install script runs: none of the packages needs one. */
export function installPackages() {
  say('Installing npm packages');
  if (existsSync(join(root, 'node_modules'))) {
    npm(['install', '--no-save']);
  } else {
    try {
      npm(['ci']);
    } catch (error) {
      // A registry that does not serve the optional packages of other platforms makes `npm ci` refuse the lockfile.
      say('npm ci did not work; trying npm install');
      try {
        npm(['install', '--no-save']);
      } catch (second) {
        throw new SetupError(`${error.message}\n${second.message}\nIs the npm registry reachable?`);
      }
    }
  }
  if (!packagesInstalled()) throw new SetupError('npm finished, yet node_modules is not what package-lock.json says');
}
