// A server whose key of the keys is in an HSM: SoftHSM2, with a token made here.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Juspay, tool } from './cards.mjs';
import { BINARY, startServer, temporaryFolder, until } from './harness.mjs';
import { Shopper } from './paying.mjs';

const MODULE = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib64/pkcs11/libsofthsm2.so',
    '/usr/lib64/softhsm/libsofthsm2.so'].find((file) => existsSync(file));
const PIN = 'pin-of-the-test';

let folder, data, env, hsm, server;

/** A file that only its owner may read. */
const secretFile = (name, text) => {
    const file = path.join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
};

const tijori = (words, options = {}) =>
    spawnSync(BINARY, words, { encoding: 'utf8', env: { ...process.env, ...env }, timeout: 60_000, ...options });

const serverArgs = () => [...hsm, '--hsm-folder', path.join(folder, 'tokens')];

/** A start that must fail; what it said. */
async function refusedStart(args, changes = {}) {
    const error = await startServer({ data, args, env: { ...env, ...changes } }).then(
        async (started) => { await started.terminate(); return null; }, (failed) => failed);
    assert.ok(error, 'it started');
    assert.match(error.message, /ended at start/);
    return error.message;
}

before(async () => {
    assert.ok(MODULE, 'the package softhsm2 is not installed');
    folder = await temporaryFolder();
    data = path.join(folder, 'data');
    mkdirSync(path.join(folder, 'tokens'), { mode: 0o700 });
    const conf = path.join(folder, 'softhsm2.conf');
    writeFileSync(conf, `directories.tokendir = ${folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n`);
    env = { SOFTHSM2_CONF: conf };
    execFileSync('softhsm2-util', ['--init-token', '--free', '--label', 'vault', '--so-pin', 'so-pin-of-it',
        '--pin', PIN], { env: { ...process.env, ...env } });
    hsm = ['--hsm-module', MODULE, '--hsm-token', 'vault', '--hsm-pin-file', secretFile('pin', `${PIN}\n`)];
});
after(async () => {
    if (server?.child.exitCode === null)
        await server.terminate();
    await rm(folder, { recursive: true, force: true });
});

describe('a server whose key is in an HSM', () => {
    test('its keyring is made with the HSM, and no key file', () => {
        const made = tijori(['key', 'init', '--data', data, ...hsm]);
        assert.equal(made.status, 0, made.stdout + made.stderr);
        assert.ok(existsSync(path.join(data, 'keys/keyring')));
        assert.ok(!existsSync(path.join(data, 'keys/master.key')));
        assert.ok(!(made.stdout + made.stderr).includes(PIN));
        const again = tijori(['key', 'init', '--data', data, ...hsm]);
        assert.notEqual(again.status, 0);
    });

    test('it starts, takes orders and makes tokens, and the HSM\'s library is not in its keyholder', async () => {
        server = await startServer({ data, args: serverArgs(), env });
        const shopper = new Shopper(server), juspay = new Juspay(server);
        await shopper.saved();
        const made = await juspay.make();
        assert.equal((await juspay.get(made)).status, 200);
        const { keyholder } = server.children();
        let maps = '';
        try { maps = readFileSync(`/proc/${keyholder}/maps`, 'utf8'); } catch (error) { assert.equal(error.code, 'EACCES'); }
        assert.doesNotMatch(maps, /softhsm/);
        assert.ok(!existsSync(path.join(data, 'keys/master.key')));
    });

    test('a keyholder that is killed asks the HSM again and goes on', async () => {
        const juspay = new Juspay(server);
        const made = await juspay.make();
        const { keyholder } = server.children();
        process.kill(keyholder, 'SIGKILL');
        await until('another keyholder runs', () => {
            const now = server.children().keyholder;
            return now && now !== keyholder;
        });
        await until('what was made before is disclosed again', async () => (await juspay.get(made)).status === 200, 20_000);
    });

    test('tools without a server ask the HSM too', async () => {
        const file = path.join(folder, 'monday.bak'), into = path.join(folder, 'restored');
        const backup = tool(server, ['backup', file]);
        assert.equal(backup.status, 0, backup.stderr);
        mkdirSync(into, { mode: 0o700 });
        await cp(path.join(data, 'keys'), path.join(into, 'keys'), { recursive: true });

        const without = tijori(['restore', file, '--data', into]);
        assert.notEqual(without.status, 0);
        assert.match(without.stderr, /needs its HSM, and none is named/);
        const restored = tijori(['restore', file, '--data', into, ...hsm]);
        assert.equal(restored.status, 0, restored.stderr);
        const checked = tijori(['check', '--data', into, ...hsm]);
        assert.equal(checked.status, 0, checked.stdout + checked.stderr);
        assert.match(checked.stdout, /the audit log is whole/);
        assert.match(tijori(['audit', 'verify', '--data', data, ...hsm]).stdout, /the audit log is whole/);
        const keyless = tijori(['audit', 'verify', '--data', data]);
        assert.equal(keyless.status, 2);
        assert.match(keyless.stderr, /needs its HSM, and none is named/);
    });
});

describe('a start without what the HSM needs', () => {
    before(async () => {
        if (server?.child.exitCode === null)
            assert.equal((await server.terminate()).code, 0);
    });

    test('without the library there is none', async () => {
        assert.match(await refusedStart([]), /the keyring needs its HSM, and none is named/);
        assert.match(await refusedStart(['--hsm-module', '/nonexistent.so', ...serverArgs().slice(2)]),
            /cannot be (loaded|read)/);
    });

    test('with a wrong PIN, or one that lies open, there is none', async () => {
        const wrong = secretFile('wrong-pin', 'not-the-pin\n');
        const args = serverArgs().map((word) => (word.endsWith('/pin') ? wrong : word));
        const said = await refusedStart(args);
        assert.match(said, /the HSM refuses the PIN/);
        assert.match(readFileSync(path.join(data, 'journal.jsonl'), 'utf8'), /the HSM refuses the PIN/);
        assert.ok(!said.includes('not-the-pin'));
        writeFileSync(wrong, `${PIN}\n`);
        chmodSync(wrong, 0o644);
        assert.match(await refusedStart(args), /pin-file/);
    });

    test('with another token, another key, or no token at all, there is none', async () => {
        const other = serverArgs().map((word) => (word === 'vault' ? 'another' : word));
        assert.match(await refusedStart(other), /no token with the label/);
        assert.match(await refusedStart([...serverArgs(), '--hsm-key', 'another']), /no secret key with the label/);
        renameSync(path.join(folder, 'tokens'), path.join(folder, 'away'));
        try {
            assert.match(await refusedStart(serverArgs()), /does not start|no token/);
        } finally {
            renameSync(path.join(folder, 'away'), path.join(folder, 'tokens'));
        }
    });

    test('and with all of it the server starts again, on what it had', async () => {
        server = await startServer({ data, args: serverArgs(), env });
        const juspay = new Juspay(server);
        assert.equal((await juspay.get(await juspay.make())).status, 200);
        assert.equal((await server.terminate()).code, 0);
    });
});
