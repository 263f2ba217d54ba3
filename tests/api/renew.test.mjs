// TLS as it is spoken, and certificates that are replaced under a running server.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { test } from 'node:test';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { sleep, startServer, temporaryFolder, until } from './harness.mjs';

async function certificate(folder, name) {
    await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
        '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', path.join(folder, `${name}.key`),
        '-out', path.join(folder, `${name}.pem`)]);
}

async function start(t) {
    const folder = await temporaryFolder(), chain = path.join(folder, 'chain.pem'), key = path.join(folder, 'key.pem');
    t.after(() => rm(folder, { recursive: true, force: true }));
    await mkdir(path.join(folder, 'data'), { mode: 0o700 });
    const use = async (name) => {
        await copyFile(path.join(folder, `${name}.pem`), chain);
        await copyFile(path.join(folder, `${name}.key`), key);
        await chmod(key, 0o600);
    };
    for (const name of ['first', 'second'])
        await certificate(folder, name);
    await use('first');
    const server = await startServer({ command: 'serve', data: path.join(folder, 'data'),
        args: ['--tls-certificate', chain, '--tls-key', key] });
    t.after(() => server.close());
    return { server, use, chain };
}

/** What a handshake agrees on, or the error that ends it. */
const shake = (server, options = {}) => new Promise((done) => {
    const socket = tls.connect({ port: new URL(server.base).port, host: '127.0.0.1', rejectUnauthorized: false,
        ...options }, () => {
        done({ version: socket.getProtocol(), cipher: socket.getCipher().name,
            name: socket.getPeerCertificate().subject?.CN });
        socket.destroy();
    });
    socket.on('error', (error) => done({ error: error.code ?? error.message }));
});

test('TLS 1.2 and 1.3 are spoken, with forward secrecy and authenticated ciphers only', async (t) => {
    const { server } = await start(t);
    assert.equal((await shake(server)).version, 'TLSv1.3');
    const two = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' };
    assert.deepEqual(await shake(server, { ...two, ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' }),
        { version: 'TLSv1.2', cipher: 'ECDHE-ECDSA-AES256-GCM-SHA384', name: 'first' });
    for (const ciphers of ['AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384',
        'ECDHE-ECDSA-AES128-CCM', 'DHE-RSA-AES128-GCM-SHA256'])
        assert.ok((await shake(server, { ...two, ciphers: `${ciphers}:@SECLEVEL=0` })).error, ciphers);
    for (const version of ['TLSv1', 'TLSv1.1'])
        assert.ok((await shake(server, { minVersion: version, maxVersion: version,
            ciphers: 'ALL:@SECLEVEL=0' })).error, version);
});

test('on SIGHUP a new certificate is served, and no request of a new connection fails meanwhile', async (t) => {
    const { server, use } = await start(t);
    const seen = [];
    let going = true;
    const one = () => new Promise((done) => https.get(`${server.base}/pg/orders/x`, { agent: false,
        rejectUnauthorized: false }, (answer) => {
        answer.resume();
        answer.on('end', () => done(answer.statusCode));
    }).on('error', (error) => done(error.code)));
    const asking = (async () => { while (going) { seen.push(await one()); await sleep(10); } })();
    assert.equal((await shake(server)).name, 'first');
    const { gateway, keyholder, courier } = server.children();
    await use('second');
    process.kill(server.pid, 'SIGHUP');
    await until('the second certificate', async () => (await shake(server)).name === 'second', 30_000);
    going = false;
    await asking;
    assert.equal(new Set(seen).size, 1, `all answered alike: ${[...new Set(seen)]}`);
    assert.ok(seen[0] >= 400 && seen[0] < 500 && seen.length > 1);
    assert.notEqual(server.children().gateway, gateway);
    assert.deepEqual([server.children().keyholder, server.children().courier], [keyholder, courier]);
    assert.match(server.log(), /the gateway is started anew, as asked/);
    assert.doesNotMatch(server.log(), /the gateway died/);
});

test('a certificate that cannot be used is not taken, and the old one is served on', async (t) => {
    const { server, chain } = await start(t);
    const { gateway } = server.children();
    await writeFile(chain, 'nonsense\n');
    process.kill(server.pid, 'SIGHUP');
    await until('the journal', () => server.log().includes('the gateway goes on as it is'));
    assert.equal((await shake(server)).name, 'first');
    assert.equal(server.children().gateway, gateway);
});
