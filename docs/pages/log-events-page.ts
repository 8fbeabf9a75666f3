import { logEvents } from '../../lib/observability/index.js';
import { GENERATED_NOTICE, tableLines } from './markdown.js';

/** docs/log-events.md. */
export function logEventsPage(): string {
  const rows = Object.entries(logEvents).map(([name, meaning]) => [`\`${name}\``, meaning]);
  return `${[INTRODUCTION, tableLines(['event', 'meaning'], rows)].join('\n\n')}\n`;
}

const INTRODUCTION = `# Log events

${GENERATED_NOTICE}

Each line that a service logs is a JSON object. Its field \`event\` has one of these names, which stay; \`msg\` beside it is
for people and may change. What happened to ports and selections is told by \`eve-uplink events\`, too.`;
