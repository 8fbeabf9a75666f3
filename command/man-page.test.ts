import { spawnSync } from 'node:child_process';

import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';

import { manPage } from './man-page.js';
import { createProgram } from './program.js';

describe('manPage', () => {
  it('has what --help has, of every subcommand', () => {
    const program = new Command('tool').description('does it').version('1.2.3').option('-q, --quiet', 'says less');
    program
      .command('config')
      .description('about it')
      .command('push')
      .argument('<file>')
      .description("push it\n'now'")
      .option('--dry-run', 'only try');
    expect(manPage(program)).toMatch(
      new RegExp(
        [
          '\\.TH TOOL 1 "" "tool 1\\.2\\.3" "User Commands"',
          '[^]*\\.B \\\\-q, \\\\-\\\\-quiet\nsays less',
          `[^]*\\.SS "config push \\[options\\] <file>"\npush it\n\\\\&'now'\n\\.TP\n\\.B \\\\-\\\\-dry\\\\-run\nonly try`,
        ].join(''),
      ),
    );
  });

  it('names every command that can be called', () => {
    const page = manPage(createProgram());
    for (const words of ['config push', 'policy grant', 'status', 'explain', 'doctor', 'init', 'serve']) {
      expect(page).toContain(`.SS "${words}`);
    }
  });

  const hasMandoc = spawnSync('man', ['--version']).error === undefined;
  (hasMandoc ? it : it.skip)('is read by man without a complaint (skipped without man)', () => {
    const { stdout, stderr } = spawnSync('man', ['--warnings', '-l', '-'], {
      input: manPage(createProgram()),
      encoding: 'utf8',
      env: { ...process.env, MANWIDTH: '80', LC_ALL: 'C.UTF-8' },
    });
    expect(stderr).toBe('');
    expect(stdout).toContain('config push');
  });
});
