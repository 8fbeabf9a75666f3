import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { PROJECT_ROOT } from '../../proto/descriptor-sets.js';

const notOurs: ReadonlySet<string> = new Set(['node_modules', 'gen', 'dist', '.prepared', '.git']);

function* filesBelow(folder: string, extension: RegExp): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (notOurs.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path, extension);
    else if (extension.test(entry.name)) yield path;
  }
}

/** Anchors of a page as forges make them of its headings: lower case, punctuation away, spaces to hyphens. */
function anchorsOf(file: string): ReadonlySet<string> {
  const text = readFileSync(file, 'utf8').replace(/^```[^]*?^```/gm, '');
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Why a link leads nowhere; undefined where it leads somewhere. */
function whyBroken(from: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? from : join(dirname(from), path);
  if (!existsSync(file)) return 'no such file';
  if (anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).has(anchor)) return 'no such heading';
  return undefined;
}

const documents = [...filesBelow(PROJECT_ROOT, /\.md$/)];
const sources = [...filesBelow(PROJECT_ROOT, /\.(ts|mjs|proto|yaml|yml|sh|service|default)$/)];

describe('docs/operation.md', () => {
  it('tells of every metric that the services have, and of no other', () => {
    const metricsIn = (text: string) => [...text.matchAll(/\beve_uplink_[a-z_]+/g)].map(([name]) => name);
    const inCode = sources
      .filter((file) => /\/(services|lib)\/.*(?<!\.test)\.ts$/.test(file))
      .flatMap((file) => metricsIn(readFileSync(file, 'utf8').replaceAll('inet eve_uplink', '')));
    const table = readFileSync(join(PROJECT_ROOT, 'docs', 'operation.md'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `eve_uplink_'));
    expect([...new Set(table.flatMap(metricsIn))].sort()).toEqual([...new Set(inCode)].sort());
  });
});

describe('documents', () => {
  it('lead somewhere with each of their relative links', () => {
    const links = documents.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, link = '']) => ({
        file,
        link,
      })),
    );
    expect(links.length).toBeGreaterThan(20);
    expect(links.flatMap(({ file, link }) => describeBroken(file, link, whyBroken(file, link)))).toEqual([]);
  });

  it('name no room and no file that is not there', () => {
    const rooms = /`((?:clients|command|deploy|docs|e2e|lab|lib|proto|services|setup)\/[\w./-]+)`/g;
    const named = documents.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(rooms)].flatMap(([, path = '']) =>
        // NAME stands for any.
        path.includes('NAME') ? [] : [{ file, path }],
      ),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(
      named
        .filter(({ path }) => !existsSync(join(PROJECT_ROOT, path)))
        .map(({ file, path }) => `${relative(PROJECT_ROOT, file)}: ${path}`),
    ).toEqual([]);
  });

  it('exist with the heading that a comment in the code names', () => {
    const references = sources.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/(?<![-\w])((?:docs\/[a-z-]+|[A-Z]{5,})\.md)(#[a-z0-9-]+)?/g)].map(
        ([, page = '', anchor = '']) => ({ file, link: `${page}${anchor}` }),
      ),
    );
    expect(references.length).toBeGreaterThan(20);
    const fromRoot = join(PROJECT_ROOT, 'any');
    expect(references.flatMap(({ file, link }) => describeBroken(file, link, whyBroken(fromRoot, link)))).toEqual([]);
  });
});

function describeBroken(file: string, link: string, why: string | undefined): readonly string[] {
  return why === undefined ? [] : [`${relative(PROJECT_ROOT, file)}: ${link}: ${why}`];
}
