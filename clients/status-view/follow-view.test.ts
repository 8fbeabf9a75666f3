import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RunningServer } from '../../lib/rpc/index.js';
import { scriptedSuccess, startScriptedNim, startScriptedZedrouter } from '../testing/scripted-services.js';
import { followView } from './follow-view.js';
import { emptyView, type StatusView } from './view.js';

const PATIENCE_MS = 10_000;

describe('followView', () => {
  let runDir: string;
  let servers: RunningServer[];
  let stop: AbortController;
  let view: StatusView;
  let onChange: () => void;
  let following: Promise<void>;

  beforeEach(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'eve-uplink-watch-'));
    servers = [await startScriptedNim(runDir, 'eth0'), await startScriptedZedrouter(runDir, 'eth0')];
    stop = new AbortController();
    view = emptyView;
    onChange = () => undefined;
    const onView = (next: StatusView): void => {
      view = next;
      onChange();
    };
    following = followView({ runDir }, stop.signal, onView, { refreshTestsEveryMs: 50 });
  });

  afterEach(async () => {
    stop.abort();
    await following;
    await Promise.all(servers.map((server) => server.close()));
    await rm(runDir, { recursive: true, force: true });
  });

  /** Resolves as soon as a view fulfils the condition. */
  async function viewThat(fulfils: (candidate: StatusView) => boolean): Promise<StatusView> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new Error(`not seen in time; last: ports ${portsOf(view).join()}, troubles ${view.troubles.join('; ')}`),
        );
      }, PATIENCE_MS);
      onChange = () => {
        if (!fulfils(view)) return;
        clearTimeout(timer);
        resolve();
      };
      onChange();
    });
    return view;
  }

  function portsOf(candidate: StatusView): readonly string[] {
    return candidate.ports.map(({ logicalLabel }) => logicalLabel);
  }

  it('joins the three streams', async () => {
    const seen = await viewThat(({ ports, selections, applied }) =>
      [ports, selections, applied].every(({ length }) => length > 0),
    );
    expect(portsOf(seen)).toEqual(['eth0']);
    expect(seen.selections[0]?.selectedPort?.logicalLabel).toBe('eth0');
    expect(seen.applied[0]?.interfaceInUse).toBe('eth0');
    expect(seen.troubles).toEqual([]);
  });

  it('asks for what tests have shown, which no stream tells', async () => {
    const seen = await viewThat(({ ports: [port] }) => port?.lastSucceeded !== undefined);
    expect(seen.ports[0]?.lastSucceeded).toMatchObject(scriptedSuccess);
  });

  it('says that a service is gone, keeps what it said, and goes on when it is back', async () => {
    await viewThat((candidate) => portsOf(candidate).includes('eth0'));
    await servers.shift()?.close();
    const alone = await viewThat(({ troubles }) => troubles.length > 0);
    expect(alone.troubles.join()).toContain('nim does not answer');
    expect(portsOf(alone)).toEqual(['eth0']);

    servers.push(await startScriptedNim(runDir, 'wwan0'));
    const again = await viewThat(
      (candidate) => candidate.troubles.length === 0 && portsOf(candidate).includes('wwan0'),
    );
    expect(portsOf(again)).toEqual(['wwan0']);
  });
});
