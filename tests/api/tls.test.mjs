// The live mode: TLS of its own, what it refuses to start with, and folders that belong to one mode.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { run, smallOrder, startServer, temporaryFolder } from './harness.mjs';

const SAFE = /safe to start/;

/** A folder with a certificate signed by itself, its key, an empty data folder and a configuration file. */
async function liveFolder(t) {
    const folder = await temporaryFolder();
    t.after(() => rm(folder, { recursive: true, force: true }));
    const live = {
        certificate: path.join(folder, 'chain.pem'), key: path.join(folder, 'key.pem'),
        data: path.join(folder, 'data'), config: path.join(folder, 'tijori.ini'),
    };
    await promisify(execFile)('openssl', [
        'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
        '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1',
        '-keyout', live.key, '-out', live.certificate,
    ]);
    await chmod(live.key, 0o600);
    await mkdir(live.data, { mode: 0o700 });
    await writeFile(live.config, [
        '[server]', 'listen = 127.0.0.1:0', `data = ${live.data}`, '',
        '[tls]', `tls-certificate = ${live.certificate}`, `tls-key = ${live.key}`, '',
    ].join('\n'));
    return live;
}

const startLive = (live) =>
    startServer({ command: 'serve', data: live.data, args: ['--config', live.config] });

/** Ends the server at the end of the test. */
const ending = (t, server) => { t.after(() => server.close()); return server; };

function plainStatus(url) {
    return new Promise((done) => {
        http.get(url, { agent: false }, (answer) => { answer.resume(); done(answer.statusCode); })
            .on('error', (error) => done(error.code));
    });
}

test('serve answers over TLS with the certificate of its configuration file', async (t) => {
    const live = await liveFolder(t);
    const server = ending(t, await startLive(live));
    assert.match(server.base, /^https:\/\/127\.0\.0\.1:\d+$/);
    assert.match(server.adminUrl, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.deepEqual(Object.keys(server.credentials).sort(), ['admin', 'base_url'], 'live has no demo merchant');

    const nobody = await server.pg('GET', '/orders/x', undefined, { clientId: 'nobody', clientSecret: 'nothing' });
    assert.equal(nobody.status, 401, nobody.text);
    assert.equal(nobody.json.type, 'authentication_error');

    const { stdout } = await promisify(execFile)('curl', [
        '-sk', '-o', '/dev/null', '-w', '%{http_code} %{scheme}', '-H', 'x-api-version: 2025-01-01',
        `${server.base}/pg/orders/x`,
    ]);
    assert.match(stdout, /^401 https$/i);
});

test('a merchant made in the live mode creates and fetches an order over TLS', async (t) => {
    const server = ending(t, await startLive(await liveFolder(t)));
    const merchant = await server.addMerchant('INR');
    const order = smallOrder();
    const created = await server.createOrder(order, merchant);
    assert.equal(created.status, 200, created.text);
    const fetched = await server.fetchOrder(order.order_id, merchant);
    assert.equal(fetched.status, 200, fetched.text);
    assert.equal(fetched.json.cf_order_id, created.json.cf_order_id);
});

test('the TLS listener has no answer for plain HTTP', async (t) => {
    const server = ending(t, await startLive(await liveFolder(t)));
    const got = await plainStatus(`${server.base.replace('https:', 'http:')}/pg/orders/x`);
    assert.equal(typeof got, 'string', `an error of the connection, not status ${got}`);
    assert.equal((await server.pg('GET', '/orders/x', undefined, { clientId: 'a', clientSecret: 'b' })).status, 401);
});

test('serve --check accepts safe settings and starts nothing', async (t) => {
    const live = await liveFolder(t);
    const { status, stdout, stderr } = await run(['serve', '--config', live.config, '--check']);
    assert.equal(status, 0, stderr);
    assert.match(stdout + stderr, SAFE);
    assert.deepEqual(await readdir(live.data), []);
});

test('a declared proxy on this machine takes the place of TLS', async (t) => {
    const live = await liveFolder(t);
    const { status, stdout, stderr } = await run(
        ['serve', '--check', '--behind-proxy', '--listen', '127.0.0.1:0', '--data', live.data]);
    assert.equal(status, 0, stderr);
    assert.match(stdout + stderr, SAFE);

    const outside = await run(['serve', '--check', '--behind-proxy', '--listen', '0.0.0.0:8080', '--data', live.data]);
    assert.notEqual(outside.status, 0);
    assert.match(outside.stderr, /0\.0\.0\.0:8080 is outside loopback and would be plain HTTP/);
});

/** serve with `args` ends by itself, says `sentence`, and leaves the data folder as it was. */
async function assertRefused(live, args, sentence) {
    for (const check of [[], ['--check']]) {
        const { status, stderr } = await run(['serve', ...args, ...check]);
        assert.ok(status > 0, `it ends by itself with a bad status, not ${status}`);
        assert.match(stderr, sentence);
        assert.doesNotMatch(stderr, SAFE);
        assert.doesNotMatch(stderr, /\n\n/);
    }
    assert.deepEqual(await readdir(live.data), []);
}

test('serve without TLS or a declared proxy is refused and names both', async (t) => {
    const live = await liveFolder(t);
    await assertRefused(live, ['--listen', '127.0.0.1:0', '--data', live.data],
        /serve needs tls-certificate and tls-key, or behind-proxy/);
});

test('a TLS key that everybody can read is refused by name', async (t) => {
    const live = await liveFolder(t);
    await chmod(live.key, 0o644);
    await assertRefused(live, ['--config', live.config],
        /key\.pem can be read or written by everybody; chmod o-rwx it/);
});

test('a data folder that its group or others can enter is refused, with the command that helps', async (t) => {
    const live = await liveFolder(t);
    await chmod(live.data, 0o750);
    await assertRefused(live, ['--config', live.config], /data is open to its group or to others; chmod 0700 it/);
});

const modeOf = async (file) => (await stat(file)).mode & 0o777;

test('whatever a server makes is its user\'s alone, and a sandbox shuts a folder that was open', async (t) => {
    const server = ending(t, await startServer({ shell: 'umask 0' }));
    const { data } = server;
    await server.terminate();
    await chmod(path.join(data, 'tijori.db'), 0o644);
    await chmod(data, 0o755);
    await server.start();
    assert.equal((await server.createOrder(smallOrder())).status, 200);
    assert.match(server.log(), /was open to others and is now this user's alone/);
    assert.equal(await modeOf(data), 0o700);
    const files = await readdir(data);
    assert.ok(['journal.jsonl', 'lock', 'tijori.db', 'tijori.db-wal'].every((name) => files.includes(name)));
    for (const name of files)
        assert.equal(await modeOf(path.join(data, name)), name === 'keys' ? 0o700 : 0o600, name);
});

test('a lock or a journal that is a symbolic link is not followed', async (t) => {
    for (const name of ['lock', 'journal.jsonl']) {
        const data = await temporaryFolder();
        t.after(() => rm(data, { recursive: true, force: true }));
        await symlink(path.join(data, 'elsewhere'), path.join(data, name));
        const { status, stderr } = await run(
            ['sandbox', '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--data', data]);
        assert.equal(status, 1, stderr);
        assert.match(stderr, /cannot (lock the data folder|open the journal)/);
        assert.ok(!(await readdir(data)).includes('elsewhere'));
    }
});

test('a certificate without its key is refused', async (t) => {
    const live = await liveFolder(t);
    await assertRefused(live, ['--listen', '127.0.0.1:0', '--data', live.data, '--tls-certificate', live.certificate],
        /tls-certificate and tls-key go together/);
});

test('a file that holds no certificate, or no key that can be read, stops the start with a sentence', async (t) => {
    const live = await liveFolder(t);
    const sealed = path.join(path.dirname(live.key), 'sealed-key.pem');
    await promisify(execFile)('openssl',
        ['pkey', '-in', live.key, '-aes-128-cbc', '-passout', 'pass:word', '-out', sealed]);
    await rename(sealed, live.key);
    await chmod(live.key, 0o600);
    await assertRefused(live, ['--config', live.config],
        /^tijori: tls-key: \S*key\.pem holds no private key in PEM that needs no password\n$/);
    await writeFile(live.certificate, 'not a certificate\n');
    await assertRefused(live, ['--config', live.config],
        /^tijori: tls-certificate: \S*chain\.pem holds no certificate in PEM\n$/);
    await writeFile(live.certificate, '');
    await assertRefused(live, ['--config', live.config], /chain\.pem holds no certificate in PEM/);
});

test('a key that is not its certificate\'s is found before anything is started', async (t) => {
    const live = await liveFolder(t);
    const other = await liveFolder(t);
    await assertRefused(live, ['--config', live.config, '--tls-key', other.key],
        /^tijori: tls-key: \S*key\.pem is not the key of the first certificate in tls-certificate\n$/);
});

test('serve refuses the data folder of a sandbox, which stays usable', async (t) => {
    const live = await liveFolder(t);
    const sandbox = ending(t, await startServer());
    const order = smallOrder();
    assert.equal((await sandbox.createOrder(order)).status, 200);
    assert.deepEqual(await sandbox.terminate(), { code: 0, signal: null });

    const before = await readdir(sandbox.data);
    for (const check of [[], ['--check']]) {
        const { status, stderr } = await run(['serve', '--config', live.config, '--data', sandbox.data, ...check]);
        assert.ok(status > 0, `it ends by itself with a bad status, not ${status}`);
        assert.match(stderr, /^tijori: data: \S+ belongs to the other mode: sandbox and serve never share one\n$/);
    }
    assert.deepEqual(await readdir(sandbox.data), before);

    const signs = ['credentials.json', 'curl.conf', 'juspay.conf'];
    for (const name of signs)
        await rename(path.join(sandbox.data, name), path.join(sandbox.data, `${name}.away`));
    const { status, stderr } = await run(['serve', '--config', live.config, '--data', sandbox.data]);
    assert.ok(status > 0, `it ends by itself with a bad status, not ${status}`);
    assert.match(stderr, /cannot start: this data folder belongs to the other mode: sandbox and serve never share one\n/,
        'the store says so too, in the same words and no others');
    for (const name of signs)
        await rename(path.join(sandbox.data, `${name}.away`), path.join(sandbox.data, name));

    await sandbox.start();
    assert.equal((await sandbox.fetchOrder(order.order_id)).status, 200);
});

test('the sandbox refuses the data folder of serve', async (t) => {
    const server = ending(t, await startLive(await liveFolder(t)));
    assert.deepEqual(await server.terminate(), { code: 0, signal: null });

    const { status, stderr } = await run(
        ['sandbox', '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--data', server.data]);
    assert.ok(status > 0, `it ends by itself with a bad status, not ${status}`);
    assert.match(stderr, /belongs to the other mode: sandbox and serve never share one/);
    const files = await readdir(server.data);
    assert.ok(!files.includes('credentials.json') && !files.includes('curl.conf'), `no demo merchant: ${files}`);
});
