// npm run package [-- --arch amd64|arm64] [--with-node]: a Debian package in dist/, by debhelper.
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { environment, main, runQuietly, say, SetupError } from '../commands.mjs';
import { npm } from '../packages.mjs';
import { prepare } from '../prepare.mjs';
import { bundleProduct } from '../product.mjs';
import { root } from '../tree.mjs';

/** Debian's name of an architecture -> Node's. */
const architectures = { amd64: 'x64', arm64: 'arm64' };
const nativeArchitecture = Object.keys(architectures).find((name) => architectures[name] === process.arch);

/** Where in the package the command stands; Debian's /usr/bin has a script that starts it. */
const library = 'usr/lib/eve-uplink';

/** What comes into a package with its own Node. */
const NODE_VERSION = '22.23.5';

/** Files as they are in deploy/ -> where they go. */
const installed = {
  'deploy/network-managers/networkd.conf': 'usr/lib/systemd/networkd.conf.d/eve-uplink.conf',
  'deploy/network-managers/NetworkManager.conf': 'usr/lib/NetworkManager/conf.d/eve-uplink.conf',
  'deploy/network-managers/nm-dispatcher': 'usr/lib/NetworkManager/dispatcher.d/50-eve-uplink',
  'deploy/network-managers/networkd-name-servers': `${library}/networkd-name-servers`,
  'deploy/systemd/take-over': `${library}/take-over`,
  'deploy/dhcp-hooks/dhclient-exit-hook': 'etc/dhcp/dhclient-exit-hooks.d/eve-uplink',
  'deploy/dhcp-hooks/dhcpcd-hook': 'usr/lib/dhcpcd/dhcpcd-hooks/60-eve-uplink',
  'deploy/grafana/eve-uplink.json': 'usr/share/eve-uplink/grafana.json',
  'README.md': 'usr/share/doc/eve-uplink/README.md',
  'CHANGELOG.md': 'usr/share/doc/eve-uplink/CHANGELOG.md',
};
const executables = [
  'usr/lib/NetworkManager/dispatcher.d/50-eve-uplink',
  `${library}/networkd-name-servers`,
  `${library}/take-over`,
  'usr/bin/eve-uplink',
];

/** koffi's package holds the sources of its binary, too. */
const isKoffiSource = (path) => /\.(cc|hh|inc|h|md|txt)$|\/(doc|vendor)$/.test(path) && !path.endsWith('LICENSE.txt');

/** Puts an npm package into `directory`: the one that is installed here, or else fetched. */
function fetchPackage(name, directory, scratch, version) {
  const present = join(root, 'node_modules', name);
  mkdirSync(directory, { recursive: true });
  if (existsSync(present)) {
    cpSync(present, directory, { recursive: true });
    return;
  }
  mkdirSync(scratch, { recursive: true });
  npm(['pack', '--pack-destination', scratch, `${name}@${version}`], `Fetching ${name}`);
  const [file] = readdirSync(scratch);
  runQuietly('tar', ['-xzf', join(scratch, file), '-C', directory, '--strip-components=1'], {
    purpose: `Unpacking ${name}`,
  });
  rmSync(scratch, { recursive: true });
}

function stageProduct(files, architecture) {
  const modules = join(files, library, 'node_modules');
  writeFileSync(join(files, library, 'package.json'), '{ "type": "module" }\n');
  cpSync(join(root, 'node_modules', 'koffi'), join(modules, 'koffi'), {
    recursive: true,
    filter: (path) => !isKoffiSource(path),
  });
  const binary = `@koromix/koffi-linux-${architectures[architecture]}`;
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', 'koffi', 'package.json'), 'utf8'));
  fetchPackage(binary, join(modules, binary), join(files, '..', 'fetched'), version);
}

function stageScripts(files) {
  const node = existsSync(join(files, library, 'node')) ? `/${library}/node` : 'node';
  mkdirSync(join(files, 'usr/bin'), { recursive: true });
  writeFileSync(join(files, 'usr/bin/eve-uplink'), `#!/bin/sh\nexec ${node} /${library}/eve-uplink.js "$@"\n`);
  for (const [from, to] of Object.entries(installed)) {
    mkdirSync(join(files, to, '..'), { recursive: true });
    copyFileSync(join(root, from), join(files, to));
  }
  for (const name of executables) chmodSync(join(files, name), 0o755);
}

/** Debian 12 has no Node that is new enough: npm has the binaries of nodejs.org. */
function stageNode(files, architecture) {
  const name = `node-linux-${architectures[architecture]}`;
  const directory = join(files, '..', 'node');
  fetchPackage(name, directory, join(files, '..', 'fetched'), NODE_VERSION);
  copyFileSync(join(directory, 'bin', 'node'), join(files, library, 'node'));
  chmodSync(join(files, library, 'node'), 0o755);
  rmSync(directory, { recursive: true });
}

/** What the command says of itself: the manual page, and what a shell asks at Tab. */
function stageHelp(files, stage) {
  const command = join(files, library, 'eve-uplink.js');
  const ask = (...args) =>
    runQuietly(process.execPath, [command, ...args], { purpose: `eve-uplink ${args.join(' ')}` });
  writeFileSync(join(stage, 'debian', 'eve-uplink.1'), ask('man'));
  writeFileSync(join(stage, 'debian', 'eve-uplink.manpages'), 'debian/eve-uplink.1\n');
  const completions = {
    bash: 'usr/share/bash-completion/completions/eve-uplink',
    zsh: 'usr/share/zsh/vendor-completions/_eve-uplink',
    fish: 'usr/share/fish/vendor_completions.d/eve-uplink.fish',
  };
  for (const [shell, path] of Object.entries(completions)) {
    mkdirSync(join(files, path, '..'), { recursive: true });
    writeFileSync(join(files, path), ask('complete', shell));
  }
}

function stageDebian(stage, version) {
  const debian = join(stage, 'debian');
  cpSync(join(root, 'deploy', 'debian'), debian, { recursive: true });
  for (const script of ['postinst', 'prerm', 'postrm']) {
    renameSync(join(debian, script), join(debian, `eve-uplink.${script}`));
  }
  chmodSync(join(debian, 'rules'), 0o755);
  writeFileSync(join(debian, 'eve-uplink.install'), 'files/* /\n');
  for (const kind of ['default', 'tmpfiles']) {
    copyFileSync(join(root, `deploy/systemd/eve-uplink.${kind}`), join(debian, `eve-uplink.${kind}`));
  }
  for (const unit of readdirSync(join(root, 'deploy/systemd')).filter((name) => /\.(service|path)$/.test(name))) {
    const name = unit.startsWith('eve-uplink.') ? unit : `eve-uplink.${unit}`;
    copyFileSync(join(root, 'deploy/systemd', unit), join(debian, name));
  }
  copyFileSync(join(root, 'LICENSE'), join(debian, 'copyright'));
  const date = new Date(Number(process.env.SOURCE_DATE_EPOCH ?? Math.floor(Date.now() / 1000)) * 1000);
  writeFileSync(
    join(debian, 'changelog'),
    `eve-uplink (${version}) stable; urgency=medium\n\n  * See /usr/share/doc/eve-uplink/CHANGELOG.md.\n\n` +
      ` -- The eve-uplink authors <eve-uplink@localhost>  ${date.toUTCString().replace('GMT', '+0000')}\n`,
  );
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string', default: nativeArchitecture },
      'with-node': { type: 'boolean', default: false },
    },
  });
  if (!(values.arch in architectures)) {
    throw new SetupError(`--arch must be one of ${Object.keys(architectures).join(', ')}`);
  }
  await prepare(['packages', 'generate', 'package-tools']);
  const { version: ours } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version = values['with-node'] ? `${ours}+node` : ours;
  const stage = join(root, 'dist', `debian-${values.arch}`);
  const files = join(stage, 'files');
  rmSync(stage, { recursive: true, force: true });
  say(`Building the Debian package for ${values.arch}`);
  await bundleProduct(join(files, library), { withPackages: true });
  stageProduct(files, values.arch);
  if (values['with-node']) stageNode(files, values.arch);
  stageScripts(files);
  stageDebian(stage, version);
  stageHelp(files, stage);
  runQuietly('dpkg-buildpackage', ['-b', '-d', '-uc', '-us', `-a${values.arch}`], {
    purpose: 'Building the package',
    cwd: stage,
    env: environment({ EVE_UPLINK_NODE: values['with-node'] ? '' : 'nodejs (>= 20.18)' }),
  });
  const file = join(root, 'dist', `eve-uplink_${version}_${values.arch}.deb`);
  process.stdout.write(`${file}\n`);
});
