// --tls-client-ca: the public listener serves nobody without a certificate of the clients' authority.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { run, startServer, temporaryFolder, until } from './harness.mjs';

const openssl = (...args) => promisify(execFile)('openssl', args);
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** An authority called `name` in `folder`; and certificates of it. */
async function authority(folder, name) {
    const at = (file) => path.join(folder, file);
    await openssl('req', '-x509', ...KEY, '-days', '2', '-subj', `/CN=${name}`, '-keyout', at(`${name}.key`),
        '-out', at(`${name}.pem`));
    /** One that is valid for `days`, for clients unless `usage` says otherwise; with its key. */
    const sign = async (who, { days = '2', usage = 'clientAuth' } = {}) => {
        await openssl('req', '-new', ...KEY, '-subj', `/CN=${who}`, '-keyout', at(`${who}.key`), '-out', at(`${who}.csr`));
        await writeFile(at(`${who}.ext`), `extendedKeyUsage=${usage}\n`);
        await openssl('x509', '-req', '-in', at(`${who}.csr`), '-CA', at(`${name}.pem`), '-CAkey', at(`${name}.key`),
            '-set_serial', String(Math.floor(Math.random() * 1e9) + 1), '-days', days, '-extfile', at(`${who}.ext`),
            '-out', at(`${who}.pem`));
        return { cert: await readFile(at(`${who}.pem`)), key: await readFile(at(`${who}.key`)) };
    };
    return { file: at(`${name}.pem`), sign };
}

async function setUp(t) {
    const folder = await temporaryFolder();
    t.after(() => rm(folder, { recursive: true, force: true }));
    const data = path.join(folder, 'data'), key = path.join(folder, 'server.key'), ca = path.join(folder, 'clients.pem');
    const certificate = path.join(folder, 'server.pem');
    await openssl('req', '-x509', ...KEY, '-days', '2', '-subj', '/CN=localhost', '-addext',
        'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate);
    await chmod(key, 0o600);
    await mkdir(data, { mode: 0o700 });
    const ours = await authority(folder, 'ours'), theirs = await authority(folder, 'theirs');
    await copyFile(ours.file, ca);
    return { folder, data, ca, ours, theirs, args: ['--tls-certificate', certificate, '--tls-key', key, '--tls-client-ca', ca] };
}

/** A call with this certificate, in this version of TLS: its status, or the error of the connection. */
const call = (server, who = {}, version = 'TLSv1.3') => new Promise((done) => {
    const { hostname, port } = new URL(server.base);
    const sent = https.request({ hostname, port, path: '/pg/orders/x', agent: false, rejectUnauthorized: false,
        minVersion: version, maxVersion: version, ...who, headers: { 'x-api-version': '2025-01-01',
            'x-client-id': 'nobody', 'x-client-secret': 'nothing' } }, (answer) => {
        answer.resume();
        answer.on('end', () => done(answer.statusCode));
    });
    sent.on('error', (error) => done(error.code ?? error.message));
    sent.end();
});

const assertRefused = (got, what) => assert.equal(typeof got, 'string', `${what}: an error of the handshake, not ${got}`);

test('only who has a certificate of the authority for clients, and in time, is served', async (t) => {
    const world = await setUp(t);
    const server = await startServer({ command: 'serve', data: world.data, args: world.args });
    t.after(() => server.close());
    const good = await world.ours.sign('good');
    const expired = await world.ours.sign('expired', { days: '-1' });
    const forServers = await world.ours.sign('web', { usage: 'serverAuth' });
    const foreign = await world.theirs.sign('foreign');
    const chained = { cert: Buffer.concat([foreign.cert, await readFile(world.theirs.file)]), key: foreign.key };
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
        assert.equal(await call(server, good, version), 401, `${version}: it gets as far as the credentials`);
        assertRefused(await call(server, {}, version), `${version} without one`);
        assertRefused(await call(server, expired, version), `${version} with one that has expired`);
        assertRefused(await call(server, foreign, version), `${version} with another authority's`);
        assertRefused(await call(server, chained, version), `${version} with that authority beside it`);
        assertRefused(await call(server, forServers, version), `${version} with one that is for servers`);
        assert.equal(await call(server, good, version), 401, `${version}: those keep nobody else out`);
    }
    assert.equal((await server.admin('GET', '/healthz')).status, 200, 'the admin listener asks for none');
});

test('SIGHUP changes the authority, and one that cannot be read changes nothing', async (t) => {
    const world = await setUp(t);
    const server = await startServer({ command: 'serve', data: world.data, args: world.args });
    t.after(() => server.close());
    const before = await world.ours.sign('before'), after = await world.theirs.sign('after');
    assert.equal(await call(server, before), 401);
    assertRefused(await call(server, after), 'not yet');

    await writeFile(world.ca, 'no certificate\n');
    server.child.kill('SIGHUP');
    await until('the refusal', () => server.log().includes('its new files cannot be used'));
    assert.equal(await call(server, before), 401, 'it goes on as it was');

    await copyFile(world.theirs.file, world.ca);
    server.child.kill('SIGHUP');
    await until('the new authority', async () => await call(server, after) === 401);
    assertRefused(await call(server, before), 'no longer');
});

test('an authority that is none, or that a proxy would have to ask for, stops the start', async (t) => {
    const world = await setUp(t);
    const check = (...args) => run(['serve', '--check', '--listen', '127.0.0.1:0', '--data', world.data, ...args]);
    assert.equal((await check(...world.args)).status, 0);
    const leaf = await world.ours.sign('leaf');
    await writeFile(world.ca, leaf.cert);
    assert.match((await check(...world.args)).stderr, /clients\.pem begins with a certificate that is no authority's/);
    await writeFile(world.ca, '');
    assert.match((await check(...world.args)).stderr, /tls-client-ca: \S+clients\.pem holds no certificate in PEM/);
    assert.match((await check('--behind-proxy', '--tls-client-ca', world.ca)).stderr,
        /a proxy that ends TLS asks for clients' certificates itself/);
});
