import { missingTools, type MissingTool } from 'iproute-exec';
import type { Logger } from '../../lib/observability/index.js';

/**
 * Says in one line of the log which commands the dataplane lacks, and the Debian packages to install. Refuses nothing:
 * what is installed later is found without a restart.
 */
export function warnOfMissingTools(logger: Logger, missing: readonly MissingTool[] = missingTools()): void {
  if (missing.length === 0) return;
  const commands = missing.map(({ command }) => command);
  const packages = missing.map(({ debianPackage }) => debianPackage);
  logger.warn(
    { event: 'tools-missing', commands, packages },
    `${commands.join(', ')} not installed, so the dataplane cannot be set up. On Debian: apt install ${packages.join(' ')}`,
  );
}
