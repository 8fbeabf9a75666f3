import { errorCode } from '../../../../lib/uplink-socket/index.js';
import { kindOfCode } from './failure.js';
import { ProbeError } from './probe-result.js';

/** What an error means that a connection meets after it was set up, `name` being at the other end. */
export function connectionFailure(error: Error, name: string): ProbeError {
  const code = errorCode(error) ?? '';
  const failure = kindOfCode(code);
  if (failure === 'reset') return new ProbeError('reset', `${name} ended the connection (${error.message})`);
  if (failure !== 'local') return new ProbeError(failure, `${name}: ${error.message}`);
  // Node's HTTP parser has codes of its own; all that is left comes from TLS, also an alert in the middle of HTTP.
  return code.startsWith('HPE_')
    ? new ProbeError('http', `${name} answers what is no HTTP: ${error.message}`)
    : new ProbeError('tls', `${name} does not speak TLS as we do: ${error.message}`);
}
