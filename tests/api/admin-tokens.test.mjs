// Who may use the admin listener: tokens with scopes and an end, and the listener as a Unix socket.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { run, startServer, temporaryFolder, until } from './harness.mjs';

const cli = (server, ...args) => run([...args, '--data', server.data]);
const bearer = (token) => ({ authorization: `Bearer ${token}` });

/** A token made by the command line, as the server says it. */
async function makeToken(server, name, scope, ...more) {
    const { status, stdout, stderr } = await cli(server, 'admin', 'token', 'create', name, '--scope', scope, '--json', ...more);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
}

/** The rows of the audit log about the admin listener. */
async function adminRows(server) {
    const { status, stdout, stderr } = await cli(server, 'audit', 'tail', '--rows', '1000');
    assert.equal(status, 0, stderr);
    return stdout.trim().split('\n').map((line) => JSON.parse(line)).filter((row) => row.event === 'admin');
}

test('a token may what its scopes say, over the API and the command line, and the audit log has its name', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const { token, expires_at } = await makeToken(server, 'nightly', 'backup,read', '--days', '30');
    assert.match(token, /^tijori_admin_[0-9a-f]{64}$/);
    assert.ok(Math.abs(Date.parse(expires_at) - Date.now() - 30 * 86_400_000) < 60_000);

    const file = path.join(server.data, 'nightly.token');
    await writeFile(file, `${token}\n`, { mode: 0o600 });
    const list = await cli(server, 'merchant', 'list', '--admin-token-file', file);
    assert.equal(list.status, 0, list.stderr);
    const backup = await cli(server, 'backup', path.join(server.data, 'one.backup'), '--admin-token-file', file);
    assert.equal(backup.status, 0, backup.stderr);
    const add = await cli(server, 'merchant', 'add', 'Shop', '--admin-token-file', file);
    assert.equal(add.status, 1);
    assert.match(add.stderr, /this needs the scope merchants; the admin token nightly has read,backup/);
    const reader = path.join(server.data, 'reader.token');
    await writeFile(reader, (await makeToken(server, 'reader', 'read')).token, { mode: 0o600 });
    const none = await cli(server, 'backup', path.join(server.data, 'two.backup'), '--admin-token-file', reader);
    assert.equal(none.status, 1);
    assert.equal(none.stderr, 'tijori backup: refused: this needs the scope backup; the admin token reader has read\n');
    const more = await cli(server, 'admin', 'token', 'create', 'more', '--scope', 'read', '--admin-token-file', file);
    assert.equal(more.status, 1);
    assert.match(more.stderr, /needs the scope tokens/);
    assert.equal((await server.admin('GET', '/sandbox/clock', undefined, bearer(token))).status, 403);

    const shown = await cli(server, 'admin', 'token', 'list');
    assert.match(shown.stdout, /^nightly +read,backup +live +admin /m);
    assert.ok(!shown.stdout.includes(token));

    const rows = await adminRows(server);
    const his = rows.filter((row) => row.actor === 'nightly').map((row) => `${row.object} ${row.outcome}`);
    assert.ok(his.includes('GET /admin/merchants 0') && his.includes('POST /admin/backups 0'), his.join('\n'));
    assert.ok(his.includes('POST /admin/merchants 3') && his.includes('GET /sandbox/clock 3'), 'refused, and written down');
    assert.ok(rows.some((row) => row.actor === 'admin' && /^admin token nightly: read,backup until /.test(row.object)));
});

test('a token is refused when its days are over, and when it is revoked', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const day = (await makeToken(server, 'day', 'read', '--days', '1')).token;
    const year = (await makeToken(server, 'year', 'read')).token;
    const ask = (token) => server.admin('GET', '/admin/merchants', undefined, bearer(token));
    assert.equal((await ask(day)).status, 200);

    const clock = await server.admin('POST', '/sandbox/clock', { advance_seconds: 86_401 });
    assert.equal(clock.status, 200, clock.text);
    const expired = await ask(day);
    assert.equal(expired.status, 401);
    assert.equal(expired.json.error, 'expired');
    assert.match(expired.json.message, /^the admin token day expired at 20\d\d-/);
    assert.match(expired.headers['www-authenticate'], /invalid_token/);

    assert.equal((await ask(year)).status, 200);
    assert.equal((await cli(server, 'admin', 'token', 'revoke', 'year')).stdout, 'revoked admin token year\n');
    const revoked = await ask(year);
    assert.equal(revoked.status, 401);
    assert.equal(revoked.json.error, 'revoked');
    const again = await cli(server, 'admin', 'token', 'create', 'year', '--scope', 'read');
    assert.equal(again.status, 1);
    assert.match(again.stderr, /names are not given twice/);
    assert.match((await cli(server, 'admin', 'token', 'list')).stdout, /^day .* expired .*\n^year .* revoked /m);

    await server.restart();
    assert.equal((await ask(year)).status, 401, 'a restart changes nothing');
    const rows = (await adminRows(server)).map((row) => `${row.actor} ${row.outcome}`);
    assert.ok(rows.includes('day 1') && rows.includes('year 2'), rows.join('\n'));
});

test('wrong admin tokens lock out their sender, even behind a proxy, and no API caller', async (t) => {
    const data = await temporaryFolder();
    const server = await startServer({ command: 'serve', data, args: ['--behind-proxy', '--lockout', '3'] });
    t.after(() => server.close());
    const from = (localAddress, token) => new Promise((done, failed) => {
        const { hostname, port } = new URL(server.adminUrl);
        http.get({ hostname, port, localAddress, path: '/admin/merchants', agent: false, headers: bearer(token) },
            (answer) => { answer.resume(); answer.on('end', () => done(answer.statusCode)); }).on('error', failed);
    });
    for (let i = 0; i < 3; i++)
        assert.equal(await from('127.0.0.2', 'wrong'), 401);
    assert.equal(await from('127.0.0.2', server.adminToken), 429, 'even with the right one');
    assert.equal(await from('127.0.0.3', server.adminToken), 200);
    const api = () => server.pg('GET', '/orders/x', undefined, { clientId: 'nobody', clientSecret: 'nothing' });
    for (let i = 0; i < 5; i++)
        assert.equal((await api()).status, 401);
    await until('the journal', () => server.log().includes('locked out after too many wrong credentials'));
});

/** A sandbox whose admin listener is a Unix socket. */
async function onSocket(t, more = []) {
    const folder = await temporaryFolder();
    t.after(() => rm(folder, { recursive: true, force: true }));
    const socket = path.join(folder, 'admin.sock');
    const server = await startServer({ args: ['--admin-listen', `unix:${socket}`, ...more] });
    t.after(() => server.close());
    return { server, socket, folder };
}

/** curl, as `uid`; gives its status and what it printed. */
const curl = (socket, where, { uid, token } = {}) => new Promise((done) => {
    const child = spawn('curl', ['-s', '-S', '-w', '%{http_code}', '--unix-socket', socket,
        ...(token ? ['-H', `Authorization: Bearer ${token}`] : []), `http://localhost${where}`], { uid, gid: uid });
    let out = '';
    child.stdout.on('data', (bytes) => { out += bytes; });
    child.stderr.on('data', (bytes) => { out += bytes; });
    child.on('close', (status) => done({ status, out }));
});

test('the admin listener may be a Unix socket: for curl, for the command line, and for nobody by TCP', async (t) => {
    const { server, socket } = await onSocket(t);
    assert.equal(server.adminUrl, `unix:${socket}`);
    assert.equal((await stat(socket)).mode & 0o777, 0o600);
    assert.deepEqual(await curl(socket, '/healthz'), { status: 0, out: 'ok\n200' });
    assert.match((await curl(socket, '/admin/merchants')).out, /"unauthorized".*401$/s);
    assert.match((await curl(socket, '/admin/merchants', { token: server.adminToken })).out, /Demo merchant.*200$/s);
    const list = await cli(server, 'merchant', 'list');
    assert.equal(list.status, 0, list.stderr);
    assert.match(list.stdout, /Demo merchant/);
    assert.equal((await cli(server, 'backup', path.join(server.data, 'one.backup'))).status, 0);
    assert.equal((await server.admin('GET', '/readyz')).status, 200);
    assert.match((await cli(server, 'merchant', 'list', '--admin-url', 'unix:/nowhere.sock')).stderr, /nowhere\.sock/);
    const rows = await adminRows(server);
    assert.ok(rows.every((row) => row.source === `unix:${process.getuid()}` || row.source === undefined),
        JSON.stringify(rows));
    assert.equal((await server.request({ path: '/admin/merchants', headers: bearer(server.adminToken) })).status, 404,
        'the public listener has no such path');
});

test('nobody but its own user and root is served at the socket, whatever its mode', async (t) => {
    if (process.getuid() !== 0)
        return t.skip('only root can ask as somebody else');
    const { server, socket, folder } = await onSocket(t);
    const nobody = 65534;
    await chmod(folder, 0o755);
    assert.match((await curl(socket, '/healthz', { uid: nobody })).out, /Couldn't connect|Failed to connect/i);
    await chmod(socket, 0o666);
    const got = await curl(socket, '/admin/merchants', { uid: nobody, token: server.adminToken });
    assert.match(got.out, /Empty reply|reset/i);
    assert.match(got.out, /000$/);
    await until('the journal', () => server.log().includes('another user\'s connection to a Unix socket was refused'));
    assert.equal((await adminRows(server)).length, 0, 'not even the right token was looked at');
    assert.equal((await curl(socket, '/healthz')).out, 'ok\n200');
});

test('the socket outlives a gateway, and a file that a killed server left is replaced', async (t) => {
    const { server, socket } = await onSocket(t);
    process.kill(server.children().gateway, 'SIGKILL');
    await until('the gateway again', async () => (await curl(socket, '/readyz')).out.endsWith('200'));

    await server.killGroup();
    assert.ok((await stat(socket)).isSocket());
    assert.match((await curl(socket, '/healthz')).out, /000$/);
    await server.start();
    assert.equal((await curl(socket, '/healthz')).out, 'ok\n200');

    const other = await temporaryFolder();
    t.after(() => rm(other, { recursive: true, force: true }));
    const second = await run(['sandbox', '--listen', '127.0.0.1:0', '--admin-listen', `unix:${socket}`,
        '--data', other]);
    assert.equal(second.status, 1);
    assert.match(second.stderr, /this address is in use/);
    assert.equal((await curl(socket, '/healthz')).out, 'ok\n200', 'the first goes on');

    await server.terminate();
    await rm(socket);
    await writeFile(socket, 'a file of somebody\'s');
    const third = await run(['sandbox', '--listen', '127.0.0.1:0', '--admin-listen', `unix:${socket}`,
        '--data', server.data]);
    assert.equal(third.status, 1);
    assert.equal(await readFile(socket, 'utf8'), 'a file of somebody\'s');
});
