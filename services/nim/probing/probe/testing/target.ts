import { parseTarget, type ProbeTarget } from '../../../../../lib/configuration/index.js';

/** A target that is known to be good. @throws where it is not */
export function targetOf(text: string): ProbeTarget {
  const parsed = parseTarget(text);
  if (parsed.kind === 'invalid') throw new Error(`${text} ${parsed.problem}`);
  return parsed.target;
}
