// Starting, stopping and starting again.

import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFile, stat, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { run, smallOrder, startServer, temporaryFolder } from './harness.mjs';

test('the sandbox makes its folder and writes credentials that only the owner can read', async (t) => {
    const parent = await temporaryFolder();
    const server = await startServer({ data: path.join(parent, 'made-by-the-sandbox') });
    t.after(async () => { await server.close(); await rm(parent, { recursive: true, force: true }); });

    const { mode } = await stat(path.join(server.data, 'credentials.json'));
    assert.equal((mode & 0o777).toString(8), '600');
    assert.match(server.credentials.base_url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.match(server.credentials.admin.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.match(server.clientId, /^TEST[0-9a-f]+$/);
    assert.match(server.clientSecret, /^cfsk_ma_test_[A-Za-z0-9_]+$/);
    assert.ok(server.adminToken.length >= 32);
    assert.deepEqual(Object.keys(server.credentials).sort(), ['admin', 'base_url', 'cashfree', 'juspay', 'paytm']);
    const folder = await stat(server.data);
    assert.equal((folder.mode & 0o077).toString(8), '0', 'the data folder is for its owner alone');
});

test('starting again on the same folder keeps credentials and orders', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const before = structuredClone(server.credentials);
    const order = smallOrder();
    const created = await server.createOrder(order);
    assert.equal(created.status, 200, created.text);

    assert.deepEqual(await server.terminate(), { code: 0, signal: null });
    await server.start();

    assert.deepEqual(server.credentials.cashfree, before.cashfree);
    assert.equal(server.credentials.admin.token, before.admin.token);
    const fetched = await server.fetchOrder(order.order_id);
    assert.equal(fetched.status, 200, fetched.text);
    assert.equal(fetched.json.cf_order_id, created.json.cf_order_id);
    assert.equal(fetched.json.payment_session_id, created.json.payment_session_id);
});

test('the credentials have what Juspay and Paytm clients need', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const { juspay, paytm } = server.credentials;

    assert.deepEqual(Object.keys(juspay),
        ['api_key', 'key_id', 'server_public_key_pem', 'merchant_private_key_pem']);
    assert.deepEqual(Object.keys(paytm),
        ['mid', 'merchant_key', 'client_id', 'encryption_key_version', 'server_public_key_pem']);
    assert.match(juspay.api_key, /^[0-9A-F]{44}$/);
    assert.match(juspay.key_id, /^key_[0-9a-f]{32}$/);
    assert.match(paytm.mid, /^TIJORI\d{14}$/);
    assert.match(paytm.merchant_key, /^[A-Za-z0-9@#&*_]{16}$/);
    for (const pem of [juspay.server_public_key_pem, paytm.server_public_key_pem])
        assert.equal(createPublicKey(pem).asymmetricKeyDetails.modulusLength, 2048);
    assert.equal(createPrivateKey(juspay.merchant_private_key_pem).asymmetricKeyDetails.modulusLength, 2048);
    assert.notEqual(juspay.server_public_key_pem, paytm.server_public_key_pem);
});

/** Does the server know the demo merchant's API key and MID? */
async function knows(server) {
    const { juspay, paytm } = server.credentials;
    const cards = await server.request({ path: '/cards?customer_id=nobody',
        headers: { authorization: `Basic ${Buffer.from(`${juspay.api_key}:`).toString('base64')}` } });
    const { stdout } = await server.merchant('list', '--json');
    const demo = JSON.parse(stdout).merchants[0];
    return cards.status === 200 && demo.mid === paytm.mid && demo.public_key_ids.includes(juspay.key_id);
}

test('starting again keeps what the Juspay and Paytm clients have', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const before = structuredClone(server.credentials);
    assert.ok(await knows(server));
    await server.restart();
    assert.deepEqual(server.credentials.juspay, before.juspay);
    assert.deepEqual(server.credentials.paytm, before.paytm);
    assert.ok(await knows(server));
});

test('credentials of an earlier program, and lost ones, are completed at the next start', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const file = path.join(server.data, 'credentials.json');
    const before = structuredClone(server.credentials);
    await server.terminate();
    const { juspay: _, paytm: __, ...earlier } = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify(earlier));
    await server.start();
    assert.deepEqual(server.credentials.cashfree, before.cashfree);
    assert.equal(server.credentials.paytm.mid, before.paytm.mid, 'a merchant has one MID');
    assert.notEqual(server.credentials.juspay.api_key, before.juspay.api_key);
    assert.notEqual(server.credentials.paytm.merchant_key, before.paytm.merchant_key);
    assert.ok(await knows(server));
    const old = await server.request({ path: '/cards?customer_id=nobody',
        headers: { authorization: `Basic ${Buffer.from(`${before.juspay.api_key}:`).toString('base64')}` } });
    assert.equal(old.status, 401, 'what was lost is no longer valid');

    await server.terminate();
    await rm(file);
    await server.start();
    assert.equal(server.clientId, before.cashfree.client_id);
    assert.ok(await knows(server));
});

test('without a card network nothing of cards is promised', async (t) => {
    const server = await startServer({ args: ['--network', 'none'] });
    t.after(() => server.close());
    assert.ok(await knows(server), 'the keys are there for the day there is one');
    assert.ok(!server.output.includes('generateToken'));
    assert.equal((await server.createOrder(smallOrder())).status, 200);
});

test('a live server has no card network unless one is named, and says what the simulated one is worth', async (t) => {
    const server = await startServer({ command: 'serve', args: ['--behind-proxy'] });
    t.after(() => server.close());
    assert.deepEqual(Object.keys(server.credentials).sort(), ['admin', 'base_url']);
    const { stdout } = await server.merchant('add', 'Shop', '--json');
    assert.match(JSON.parse(stdout).onboarding, /^not onboarded: this server has no card network/);
    assert.ok(!server.output.includes('worth nothing'));

    const simulated = await startServer({ command: 'serve', args: ['--behind-proxy', '--network', 'simulated'] });
    t.after(() => simulated.close());
    assert.match(simulated.output, /simulation.*worth nothing/);
    const shop = JSON.parse((await simulated.merchant('add', 'Shop', '--json')).stdout);
    assert.equal(shop.onboarding, 'onboarded');
});

test('a second server on a folder in use is refused and does not disturb the first', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const second = await run(['sandbox', '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0',
        '--data', server.data]);
    assert.notEqual(second.status, 0);
    assert.notEqual(second.status, null, 'it ends by itself, not by a signal');
    assert.match(second.stderr, /in use|already|another|lock/i);
    await server.readCredentials();
    assert.equal((await server.createOrder(smallOrder())).status, 200);
});

test('a sandbox outside loopback is refused without the explicit flag', async (t) => {
    const data = await temporaryFolder();
    t.after(() => rm(data, { recursive: true, force: true }));
    const { status, stderr } = await run(['sandbox', '--listen', '0.0.0.0:0', '--admin-listen', '127.0.0.1:0',
        '--data', data]);
    assert.notEqual(status, 0);
    assert.notEqual(status, null);
    assert.match(stderr, /expose/);
});

test('version and help answer without a server', async () => {
    const version = await run(['version']);
    assert.equal(version.status, 0);
    assert.match(version.stdout, /tijori/i);
    for (const args of [['--help'], ['sandbox', '--help'], ['serve', '--help'],
        ['merchant', '--help'], ['merchant', 'add', '--help'], ['jwe', '--help'], ['paytm', 'sign', '--help']]) {
        const help = await run(args);
        assert.equal(help.status, 0, `${args.join(' ')}: ${help.stderr}`);
        assert.match(help.stdout, /tijori/);
    }
    const unknown = await run(['sandbox', '--no-such-flag']);
    assert.notEqual(unknown.status, 0);
    assert.match(unknown.stderr, /no-such-flag/);
});

test('serve refuses to start without a certificate or a declared proxy, and says why', async (t) => {
    const data = await temporaryFolder();
    t.after(() => rm(data, { recursive: true, force: true }));
    const { status, stderr, stdout } = await run(['serve', '--check', '--listen', '127.0.0.1:0', '--data', data]);
    assert.notEqual(status, 0);
    assert.match(stderr + stdout, /tls|proxy/i);
});
