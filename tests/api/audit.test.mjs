// The audit log of a running server: what has a row, that it is whole, and that nothing is done without it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Juspay } from './cards.mjs';
import { BINARY, freshId, startServer, temporaryFolder, until } from './harness.mjs';

let server, juspay;
before(async () => { server = await startServer(); juspay = new Juspay(server); });
after(() => server.close());

const audit = (...words) => spawnSync(BINARY, ['audit', ...words, '--data', server.data], { encoding: 'utf8' });
const rows = (...words) => audit('export', ...words).stdout.trim().split('\n').map((line) => JSON.parse(line));
const eventsOf = (all) => all.map(({ event }) => event);

describe('what has a row', () => {
    test('a token made, its card opened, its number and cryptogram disclosed: with who, from where and how many', async () => {
        const from = rows().at(-1).row + 1;
        const made = await juspay.make();
        assert.equal((await juspay.get(made)).status, 200);
        const all = await until('the rows are there', () => {
            const now = rows('--from', String(from));
            return eventsOf(now).includes('token.cryptogram') && now;
        });
        const opened = all.find(({ event }) => event === 'card.open');
        const told = all.find(({ event }) => event === 'token.cryptogram');
        assert.equal(opened.cards, 1);
        assert.equal(opened.source, '127.0.0.1');
        assert.equal(told.numbers, 1);
        assert.equal(told.channel, 'juspay');
        assert.equal(told.source, '127.0.0.1');
        assert.ok(told.merchant > 0 && told.token > 0 && told.request_id);
        assert.match(told.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        assert.deepEqual(all.map(({ row }) => row), all.map((_, i) => from + i));
        assert.ok(!JSON.stringify(all).includes(made.token));
    });

    test('a call of the admin listener, before it is done', async () => {
        const from = rows().at(-1).row + 1;
        const name = freshId('audited');
        assert.equal(spawnSync(BINARY, ['merchant', 'add', '--name', name, '--data', server.data]).status, 0);
        const call = rows('--from', String(from)).find(({ event }) => event === 'admin');
        assert.equal(call.actor, 'admin');
        assert.equal(call.object, 'POST /admin/merchants');
        const again = () => spawnSync(BINARY, ['merchant', 'add', '--name', name, '--data', server.data]).status;
        assert.notEqual(again(), 0);
        const ends = await until('what came of both is there', () => {
            const now = rows('--from', String(from)).filter(({ event }) => event === 'admin.end');
            return now.length === 2 && now;
        });
        assert.deepEqual(ends.map(({ outcome }) => outcome), [200, 409]);
        assert.deepEqual(ends.map(({ actor, object }) => [actor, object]), Array(2).fill([call.actor, call.object]));
        assert.equal(ends[0].request_id, call.request_id);
    });
});

describe('tijori audit', () => {
    test('verify says that it is whole, and what is not anchored yet', async () => {
        await juspay.make();
        const said = audit('verify');
        assert.equal(said.status, 0, said.stdout + said.stderr);
        assert.match(said.stdout, /nothing found: the audit log is whole/);
        assert.match(said.stdout, /unanchored: \d+ link/);
    });

    test('export goes on where it broke off, and tail shows the last rows', () => {
        const all = rows();
        const half = all[Math.floor(all.length / 2)].row;
        assert.deepEqual(rows('--from', String(half)), all.filter(({ row }) => row >= half));
        const tail = audit('tail', '--rows', '2').stdout.trim().split('\n').map((line) => JSON.parse(line).row);
        assert.deepEqual(tail, all.slice(-2).map(({ row }) => row));
    });

    test('nothing is old enough to be archived or purged', async () => {
        const file = path.join(await temporaryFolder(), 'archive.db');
        assert.match(audit('archive', '--archive', file).stdout, /nothing is that old/);
        assert.match(audit('purge').stdout, /nothing is that old/);
        assert.equal(audit('verify').status, 0);
    });

    test('without the key file nothing is verified', () => {
        const said = audit('verify', '--key-file', '/nonexistent/key');
        assert.equal(said.status, 2);
        assert.match(said.stderr, /the keys at .* cannot be used: there is no such file/);
    });
});
