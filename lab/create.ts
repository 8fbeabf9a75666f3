import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { App } from './app.js';
import { DevicePorts } from './device-ports.js';
import { buildAgent } from './hosts/agent-program.js';
import { startInternet } from './internet.js';
import { Isp } from './isp/isp.js';
import { labFolder, type LabOptions } from './lab-options.js';
import { ownerLives, readLabRecord, takeFolder, writeLabRecord } from './lab-record.js';
import { Lab, type LabParts } from './lab.js';
import { makeLinks } from './links.js';
import { removeLab } from './removal.js';
import { onTermination } from './signals.js';
import { drawTopology, portNames, type AppName, type PortName, type Topology } from './topology.js';

/**
 * Brings a lab up, and waits until every port has its address. What a crashed lab of the same prefix has left is
 * removed first. Throws where such a lab is still running, where a folder is not empty, and where a program is missing.
 */
export async function createLab(options: LabOptions): Promise<Lab> {
  const topology = drawTopology(options);
  await removeCrashedLab(topology);
  await takeFolder(options.runDir);
  await takeFolder(options.stateDir);
  await writeLabRecord(topology, options, false);
  let end = (): Promise<void> => removeLab(topology, options);
  const leaveSignals = onTermination(() => end());
  try {
    const lab = new Lab(options, topology, await startParts(topology, options));
    end = () => lab.destroy();
    lab.beforeDestroy(() => {
      leaveSignals();
      return Promise.resolve();
    });
    await Promise.all(portNames.map((name) => lab.waitForLease(name)));
    await writeLabRecord(topology, options, true);
    return lab;
  } catch (error) {
    await end();
    leaveSignals();
    throw error;
  }
}

async function startParts(topology: Topology, options: LabOptions): Promise<LabParts> {
  const folder = labFolder(options);
  await mkdir(folder, { recursive: true });
  const [agentProgram] = await Promise.all([buildAgent(folder), makeLinks(topology)]);
  const leaseSeconds = options.leaseSeconds ?? 120;
  const devicePorts = new DevicePorts(topology, { runDir: options.runDir, folder, leaseSeconds });
  const isp = (name: PortName): Promise<Isp> =>
    Isp.start(topology.ports[name], {
      folder: join(folder, topology.ports[name].ispHost),
      leaseSeconds,
      agentProgram,
    });
  const app = (name: AppName): Promise<App> =>
    App.start(topology.apps[name], { deviceNamespace: topology.namespaces.device, agentProgram, folder });
  const isps = Promise.all([isp('eth0'), isp('wwan0'), isp('sat0')]);
  const [[eth0, wwan0, sat0], internet, app1, app2] = await Promise.all([
    isps,
    startInternet({ namespace: topology.namespaces.internet, agentProgram, folder }),
    app('app1'),
    app('app2'),
    isps.then(() => devicePorts.start()),
  ]);
  return { isps: { eth0, wwan0, sat0 }, internet, devicePorts, apps: { app1, app2 } };
}

async function removeCrashedLab(topology: Topology): Promise<void> {
  const record = await readLabRecord(topology.prefix);
  if (record !== undefined && (await ownerLives(record))) {
    throw new Error(`a lab with prefix ${topology.prefix} is running already (process ${record.ownerPid})`);
  }
  await removeLab(topology, record);
}
