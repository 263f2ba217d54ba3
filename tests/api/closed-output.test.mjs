// Standard output that is closed: nothing is written where somebody else's file got its number.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { BINARY, temporaryFolder } from './harness.mjs';

let folder;

before(async () => { folder = await temporaryFolder(); });
after(async () => { await rm(folder, { recursive: true, force: true }); });

/** Run it with some of the first three files closed, or elsewhere, as the shell says it. */
const run = (words, where) => spawnSync('sh', ['-c', `exec "$0" "$@" ${where}`, BINARY, ...words], { encoding: 'utf8' });

const filesOf = (data) => readdirSync(data, { recursive: true }).map((name) => path.join(data, name))
    .filter((name) => statSync(name).isFile());

test('shares that nobody can be shown are in no file, and make no keyring', () => {
    for (const [i, where] of ['>&-', '<&- >&-', '<&- >&- 2>&-', '>/dev/full'].entries()) {
        const data = path.join(folder, `data-${i}`);
        const words = ['key', 'init', '--data', data, '--shares', '3', '--threshold', '2'];
        assert.equal(run(words, where).status, 1, where);
        for (const file of filesOf(data))
            assert.equal(readFileSync(file).length, 0, `${where}: ${file}`);
        assert.ok(!existsSync(path.join(data, 'keys/keyring')), where);
        assert.equal(run(words, '').status, 0, `${where}, and then as it should be`);
    }
});

test('what is to be read from a closed file is not read from another one', () => {
    const said = run(['unseal', '--data', path.join(folder, 'data-0')], '<&-');
    assert.equal(said.status, 1, said.stderr);
    assert.match(said.stderr, /no keyholder waits/);
});
