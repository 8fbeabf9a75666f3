// The pages of docs/ that are made of tables in code: `npm run docs` writes them, a test compares them byte for byte.
import { apiPage } from './api-page.js';
import { configurationPage } from './configuration-page.js';
import { logEventsPage } from './log-events-page.js';

/** Pages by their file, seen from the folder that package.json is in. */
export const pages: readonly { readonly file: string; readonly text: () => string }[] = [
  { file: 'docs/api.md', text: apiPage },
  { file: 'docs/configuration.md', text: configurationPage },
  { file: 'docs/log-events.md', text: logEventsPage },
];
