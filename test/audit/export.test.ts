/** `npm run export` of a running server: what it refuses, and in whose words. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { startAdminServer } from '../admin/admin-server.js';
import { sitDown } from '../e2e/desk.js';
import { temporaryFolder } from '../projections/temporary-folder.js';

t.test(
  'EXP-4 the export says in the words of its command line why there is none, and then writes nothing',
  async (t) => {
    const server = await startAdminServer(t);
    const [john, aida] = [await server.person('john'), await server.operator('aida', 'auditor')];
    const desk = await sitDown(t, server, john);
    const page: string = (await desk.must('create_page', { name: 'Desk' })).data.id;
    const { position } = await desk.must('delete_page', { page_id: page });
    const folder = temporaryFolder(t);
    const tool = fileURLToPath(new URL('../../src/cli/export.js', import.meta.url));

    async function exported(name: string, token: string, ...args: readonly string[]) {
      const out = join(folder, name);
      const child = spawn(process.execPath, [tool, '--url', server.url, '--out', out, ...args], {
        env: { PATH: process.env['PATH'] ?? '', ALARM_TOKEN: token },
      });
      let text = '';
      child.stdout.on('data', (chunk) => (text += String(chunk)));
      child.stderr.on('data', (chunk) => (text += String(chunk)));
      const code = await new Promise((resolve) => child.on('close', resolve));
      return { code, text, isComplete: existsSync(join(out, 'manifest.json')) };
    }

    const window = ['--from', '#0', '--to', `@${position}`];
    t.match(await exported('page', aida.token, ...window, '--page', page), {
      code: 0,
      text: /page holds 2 events up to position/,
      isComplete: true,
    });
    for (const [at, [says, args, token]] of (
      [
        [
          /: The log begins after that\.\n$/,
          ['--from', '1999-01-01T00:00:00Z', '--to', '2001-01-01T00:00:00Z'],
          aida.token,
        ],
        [/\n--to is in the future: it is /, ['--from', '#0', '--to', '2999-01-01T00:00:00Z'], aida.token],
        [/\n--to is in the future: /, ['--from', '#0', '--to', '@999999', '--page', page], aida.token],
        [
          /\n--to does not exist: its day must be 01 to 28\.\n$/,
          ['--from', '#0', '--to', '2025-02-29T00:00:00Z'],
          aida.token,
        ],
        [/\n--from must be a moment with a zone [^%]*\n$/, ['--from', 'yesterday', '--to', '#1'], aida.token],
        [/\nThe log has no page nope up to @\d+\.\n$/, [...window, '--page', 'nope'], aida.token],
        [/the token must be an auditor's\.\n$/, window, john.token],
        [/the token must be an auditor's\.\n$/, [...window, '--page', page], john.token],
      ] as const
    ).entries()) {
      const { code, text, isComplete } = await exported(`refused-${at}`, token, ...args);
      t.match({ code, text, isComplete }, { code: 1, text: says, isComplete: false }, args.join(' '));
    }
  },
);
