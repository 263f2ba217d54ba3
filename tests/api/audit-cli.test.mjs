// tijori audit beside a server and without one: archive and purge, tail and export of a log that grows, and what a check
// says of it.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Juspay } from './cards.mjs';
import { BINARY, sleep, smallOrder, startServer, temporaryFolder, until } from './harness.mjs';

let server, juspay, folder;
before(async () => {
    server = await startServer();
    juspay = new Juspay(server);
    folder = await temporaryFolder();
});
after(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
});

const tijori = (...words) => spawnSync(BINARY, words, { encoding: 'utf8', timeout: 60_000 });
const audit = (word, ...words) => tijori('audit', word, '--data', server.data, ...words);
const lines = (text) => text.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
const rows = (...words) => lines(audit('export', ...words).stdout);
const lastLink = (said) => Number(/the last link is (\d+)/.exec(said)[1]);

/** Python has SQLite, which Node has not. */
const sql = (data, text) => {
    const done = spawnSync('python3', ['-c',
        'import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.executescript(sys.argv[2]); db.commit()',
        path.join(data, 'tijori.db'), text], { encoding: 'utf8' });
    assert.equal(done.status, 0, done.stderr);
};

const whole = (said) => {
    assert.equal(said.status, 0, said.stdout + said.stderr);
    assert.match(said.stdout, /nothing found: the audit log is whole/);
};

const make = async (n) => { for (let i = 0; i < n; i++) await juspay.make(); };

test('what is archived verifies on its own, and is what is purged', async () => {
    const archive = path.join(folder, 'old.db');
    await make(3);
    await sleep(1500);                              // the rows of opened cards come within a second
    const moment = new Date().toISOString();
    await sleep(20);
    await make(2);
    const all = await until('the newer rows are there', () => {
        const now = rows();
        return now.filter(({ time }) => time >= moment).length >= 2 && now;
    });

    const archived = audit('archive', '--archive', archive, '--until', moment);
    assert.equal(archived.status, 0, archived.stdout + archived.stderr);
    assert.match(archived.stdout, /archived: \d+ link\(s\), up to link \d+ and row \d+/);
    const upTo = Number(/and row (\d+)/.exec(archived.stdout)[1]);
    assert.ok(upTo > 0 && upTo < all.at(-1).row);
    whole(audit('verify', '--archive', archive));
    assert.deepEqual(rows('--archive', archive), all.filter(({ row }) => row <= upTo));

    const purged = audit('purge', '--until', moment);
    assert.equal(purged.status, 0, purged.stdout + purged.stderr);
    assert.equal(purged.stdout.replace('purged', 'archived'), archived.stdout);
    const rest = audit('verify');
    whole(rest);
    assert.match(rest.stdout, /purged: everything up to link \d+/);
    assert.deepEqual(rows('--from', '1').slice(0, all.length - upTo), all.filter(({ row }) => row > upTo));
    assert.match(audit('purge', '--until', moment).stdout, /nothing is that old/);

    await make(1);                                  // the server beside which all of this was done goes on
    whole(audit('verify'));
});

test('an archive replaces no file, and a moment that is none is refused', async () => {
    const archive = path.join(folder, 'taken.db');
    assert.equal(audit('archive', '--archive', archive).status, 0);
    const again = audit('archive', '--archive', archive);
    assert.equal(again.status, 2);
    assert.match(again.stderr, /is there already/);
    const none = audit('purge', '--until', 'yesterday');
    assert.equal(none.status, 2);
    assert.match(none.stderr, /--until is no date and time/);
    whole(audit('verify'));
});

test('tail shows the last rows and goes on with those that come', async () => {
    const before = rows();
    assert.deepEqual(lines(audit('tail', '--rows', '3').stdout), before.slice(-3));
    const tail = spawn(BINARY, ['audit', 'tail', '--data', server.data, '--rows', '1', '--follow']);
    let said = '';
    tail.stdout.on('data', (bytes) => { said += bytes; });
    try {
        await until('the last row is shown', () => said.endsWith('\n'));
        await make(1);
        const come = await until('the new token is shown', () => {
            const shown = lines(said.slice(0, said.lastIndexOf('\n') + 1));
            return shown.some(({ row, event }) => row > before.at(-1).row && /^token/.test(event)) && shown;
        });
        assert.deepEqual(come.map(({ row }) => row), come.map((_, i) => come[0].row + i));
    } finally {
        tail.kill();
    }
});

test('an export that broke off goes on, whatever was written meanwhile', async () => {
    const first = rows();
    const kept = first.slice(0, Math.floor(first.length / 2));
    await make(2);
    const rest = await until('there is more', () => {
        const now = rows('--from', String(kept.at(-1).row + 1));
        return now.length > first.length - kept.length && now;
    });
    const all = [...kept, ...rest];
    assert.deepEqual(all.map(({ row }) => row), all.map((_, i) => first[0].row + i));
    assert.deepEqual(all.slice(0, first.length), first);
    assert.deepEqual(rows('--from', String(all.at(-1).row + 1000)), []);
});

test('nothing is archived or purged past the first thing that is not as it was signed', async () => {
    const data = path.join(folder, 'edited'), archive = path.join(folder, 'edited.db');
    await server.terminate();
    await cp(server.data, data, { recursive: true });
    await server.start();
    const all = lines(tijori('audit', 'export', '--data', data).stdout);
    const bad = all[Math.floor(all.length / 2)].row;
    sql(data, `UPDATE audit SET outcome = 99 WHERE row_no = ${bad}`);
    const soon = new Date(Date.now() + 1000).toISOString();

    const archived = tijori('audit', 'archive', '--data', data, '--archive', archive, '--until', soon);
    assert.equal(archived.status, 1, archived.stdout + archived.stderr);
    assert.match(archived.stdout, new RegExp(`edited: row ${bad}\\b`));
    assert.match(archived.stdout, /archived up to link \d+ and no further/);
    whole(tijori('audit', 'verify', '--data', data, '--archive', archive));
    assert.ok(lines(tijori('audit', 'export', '--data', data, '--archive', archive).stdout).every(({ row }) => row < bad));

    const purged = tijori('audit', 'purge', '--data', data, '--until', soon);
    assert.equal(purged.status, 1, purged.stdout + purged.stderr);
    assert.equal(lines(tijori('audit', 'export', '--data', data).stdout).find(({ row }) => row === bad).outcome, 99);
});

test('a check verifies the chain and its anchors where the keys are, and says so where they are not', async () => {
    const data = path.join(folder, 'checked'), cut = path.join(folder, 'cut');
    assert.equal((await server.createOrder(smallOrder())).status, 200);
    await server.terminate();
    await cp(server.data, data, { recursive: true });
    await cp(server.data, cut, { recursive: true });
    await server.start();
    const sound = tijori('check', '--data', data);
    assert.equal(sound.status, 0, sound.stdout + sound.stderr);
    assert.match(sound.stdout, /tijori\.db: the audit log is whole: \d+ links, \d+ rows; anchored up to link [1-9]/);

    const last = lastLink(tijori('audit', 'verify', '--data', cut).stdout);
    sql(cut, `DELETE FROM audit WHERE row_no >= (SELECT first_row FROM audit_links WHERE link_no = ${last});
              DELETE FROM audit_links WHERE link_no = ${last};`);
    const shorter = tijori('check', '--data', cut);
    assert.equal(shorter.status, 1, shorter.stdout + shorter.stderr);
    assert.match(shorter.stdout, /the audit log is not whole:\n.*truncated or rolled back/);
    assert.match(shorter.stdout, /no order or payment is younger than the last link/);
    sql(cut, 'UPDATE orders SET created_ms = created_ms + 600000');
    assert.match(tijori('audit', 'verify', '--data', cut).stdout, /the end was cut off: .* has an order or a payment of/);

    const row = lines(tijori('audit', 'export', '--data', data).stdout)[0].row;
    sql(data, `UPDATE audit SET actor = 'somebody else' WHERE row_no = ${row}`);
    const edited = tijori('check', '--data', data);
    assert.equal(edited.status, 1);
    assert.match(edited.stdout, new RegExp(`edited: row ${row}\\b`));

    await rename(path.join(data, 'keys'), path.join(data, 'kept-elsewhere'));
    const keyless = tijori('check', '--data', data);
    assert.equal(keyless.status, 0, keyless.stdout + keyless.stderr);
    assert.match(keyless.stdout, /the chain of the audit log was not verified: the keys at .* cannot be used/);
    assert.ok(!existsSync(path.join(data, 'keys')));
    const elsewhere = tijori('check', '--data', data, '--key-file', path.join(data, 'kept-elsewhere/master.key'));
    assert.equal(elsewhere.status, 1, elsewhere.stdout);
});

test('a log that is not there is named', () => {
    const said = tijori('audit', 'tail', '--data', '/nowhere');
    assert.equal(said.status, 2);
    assert.equal(said.stderr, 'tijori audit: /nowhere/tijori.db: it does not exist\n');
});
