import { Argument, Command, Option } from 'commander';
import { whyNoLibc } from '../lib/libc/index.js';
import type { LogLevel } from '../lib/observability/index.js';
import type { TlsListenOptions } from '../lib/rpc/index.js';
import type { ServeOptions, ServiceName } from '../services/serve/index.js';
import { action, reportProblem } from '../clients/terminal/index.js';
import { listenAddress, type ListenAddress } from './listen-address.js';

/** Where services keep what must survive a power cut (docs/design.md#command-line). */
const DEFAULT_STATE_DIR = '/var/lib/eve-uplink';

interface ServeCommandOptions {
  readonly runDir: string;
  readonly stateDir: string;
  readonly logLevel: LogLevel;
  readonly listen?: ListenAddress;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly clientCa?: string;
  readonly cleanup?: boolean;
  readonly controller?: string;
  readonly controllerCa?: string;
  readonly metrics?: ListenAddress;
}

function tlsListener(options: ServeCommandOptions, command: Command): TlsListenOptions | undefined {
  const { listen, tlsCert, tlsKey, clientCa } = options;
  const files = [tlsCert, tlsKey, clientCa];
  if (listen === undefined && files.every((file) => file === undefined)) return undefined;
  if (listen === undefined || tlsCert === undefined || tlsKey === undefined || clientCa === undefined) {
    command.error('error: the network listener needs all four: --listen, --tls-cert, --tls-key and --client-ca');
  }
  return { ...listen, certFile: tlsCert, keyFile: tlsKey, clientCaFile: clientCa };
}

function controllerOf({ controller, controllerCa }: ServeCommandOptions, command: Command): ServeOptions['controller'] {
  if (controller !== undefined) return { url: controller, certificateAuthorityFile: controllerCa };
  if (controllerCa !== undefined) command.error('error: --controller-ca says nothing without --controller');
  return undefined;
}

async function serveServices(what: 'all' | ServiceName, command: Command): Promise<void> {
  const { serve, serveCleanUp, serviceNames } = await import('../services/serve/index.js');
  const options = command.optsWithGlobals<ServeCommandOptions>();
  const { runDir, stateDir, logLevel, metrics } = options;
  const listen = tlsListener(options, command);
  if (options.cleanup === true) {
    await serveCleanUp({ runDir, stateDir, logLevel });
    return;
  }
  const services = what === 'all' ? serviceNames : [what];
  const controller = controllerOf(options, command);
  try {
    await serve({ services, runDir, stateDir, logLevel, listen, controller, metrics });
  } catch (error) {
    await reportProblem(error);
  }
  // What a service that could not start, or does not end, has begun would keep the process alive.
  process.exit();
}

/**
 * `eve-uplink serve`. It refuses a machine whose Node has no way to the system calls (`whyNot`, one line), before it
 * touches anything.
 */
export function serveCommand(whyNot: () => string | undefined = whyNoLibc): Command {
  return new Command('serve')
    .description('run the services until SIGTERM or Ctrl-C; the traffic goes on without them')
    .addArgument(new Argument('[service]', 'which').choices(['all', 'zedagent', 'nim', 'zedrouter']).default('all'))
    .option('--state-dir <dir>', 'where they keep what must survive a power cut', DEFAULT_STATE_DIR)
    .option('--listen <host:port>', 'zedagent listens on the network too, with mutual TLS', listenAddress)
    .option('--tls-cert <file>', "zedagent's certificate")
    .option('--tls-key <file>', 'its key')
    .option('--client-ca <file>', "the authority that signs clients' certificates")
    .option('--controller <url>', 'whom NIM pings over each management port to see whether it works')
    .option(
      '--controller-ca <file>',
      "the authority that signs the controller's certificate; default: whom this machine trusts",
    )
    .option('--metrics <host:port>', 'offer metrics to Prometheus at http://HOST:PORT/metrics', listenAddress)
    .addOption(
      new Option('--cleanup', 'run nothing: remove all that is ours from the kernel, and nothing else').default(false),
    )
    .action(
      action(() => {
        const problem = whyNot();
        if (problem !== undefined) throw new Error(`eve-uplink cannot serve here: ${problem}`);
        return Promise.resolve((what: 'all' | ServiceName, _options: unknown, command: Command) =>
          serveServices(what, command),
        );
      }),
    );
}
