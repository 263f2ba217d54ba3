// tijori merchant ...: while the server runs.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { freshId, run, sleep, smallOrder, startServer, temporaryFolder } from './harness.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.close());

const order = (merchant, secret = merchant.clientSecret) =>
    server.createOrder(smallOrder(), { clientId: merchant.clientId, clientSecret: secret });

test('a merchant that was added can create orders and mint tokens at once', async () => {
    const merchant = await server.addMerchant('INR,USD');
    assert.equal((await order(merchant)).status, 200);
    const token = await server.orderToken({ orderId: freshId(), orderAmount: 1 }, merchant);
    assert.equal(token.status, 200, token.text);
});

test('the list shows names, ids and currencies, never a secret', async () => {
    const merchant = await server.addMerchant('INR,JPY');
    const { status, stdout } = await server.merchant('list', '--json');
    assert.equal(status, 0);
    const listed = JSON.parse(stdout);
    const all = Array.isArray(listed) ? listed : listed.merchants;
    const mine = all.find(({ merchant_id: id }) => String(id) === String(merchant.id));
    assert.equal(mine.name, merchant.name);
    assert.equal(mine.client_id, merchant.clientId);
    assert.match(JSON.stringify(mine.currencies), /INR.*JPY/);
    assert.equal(mine.disabled ?? mine.status === 'disabled', false);
    assert.ok(all.length >= 2, 'the demo merchant is listed too');
    assert.ok(!stdout.includes(merchant.clientSecret));
    const table = await server.merchant('list');
    assert.equal(table.status, 0);
    assert.ok(table.stdout.includes(merchant.name));
});

test('rotating with an overlap leaves both secrets working', async () => {
    const merchant = await server.addMerchant('INR');
    const { status, stdout, stderr } = await server.merchant('rotate-secret', String(merchant.id),
        '--overlap', '3600', '--json');
    assert.equal(status, 0, stderr);
    const fresh = JSON.parse(stdout);
    assert.equal(fresh.client_id, merchant.clientId);
    assert.notEqual(fresh.client_secret, merchant.clientSecret);
    assert.equal((await order(merchant)).status, 200);
    assert.equal((await order(merchant, fresh.client_secret)).status, 200);
});

test('an overlap ends when its time is over', async () => {
    const merchant = await server.addMerchant('INR');
    assert.equal((await order(merchant)).status, 200);
    const { stdout } = await server.merchant('rotate-secret', String(merchant.id), '--overlap', '1', '--json');
    await sleep(1500);
    assert.equal((await order(merchant)).status, 401);
    assert.equal((await order(merchant, JSON.parse(stdout).client_secret)).status, 200);
});

test('rotating without an overlap ends the old secret at once', async () => {
    const merchant = await server.addMerchant('INR');
    assert.equal((await order(merchant)).status, 200, 'the old secret has been seen and may be cached');
    const { status, stdout, stderr } = await server.merchant('rotate-secret', String(merchant.id),
        '--overlap', '0', '--json');
    assert.equal(status, 0, stderr);
    assert.equal((await order(merchant)).status, 401);
    assert.equal((await order(merchant, JSON.parse(stdout).client_secret)).status, 200);
});

test('a disabled merchant is refused everywhere, at once and after a restart', async () => {
    const merchant = await server.addMerchant('INR');
    const created = await order(merchant);
    assert.equal(created.status, 200);
    const { status, stderr } = await server.merchant('disable', String(merchant.id));
    assert.equal(status, 0, stderr);
    const who = { clientId: merchant.clientId, clientSecret: merchant.clientSecret };
    const all401 = async () => {
        assert.equal((await order(merchant)).status, 401);
        assert.equal((await server.fetchOrder(created.json.order_id, who)).status, 401);
        assert.equal((await server.orderToken({ orderId: freshId(), orderAmount: 1 }, who)).status, 401);
    };
    await all401();
    await server.restart();
    await all401();
});

/** What a command with --json says. */
async function said(...args) {
    const { status, stdout, stderr } = await server.merchant(...args, '--json');
    assert.equal(status, 0, `${args.join(' ')}: ${stderr}`);
    return JSON.parse(stdout);
}

const cards = (apiKey, colon = ':') => server.request({ path: '/cards?customer_id=nobody',
    headers: { authorization: `Basic ${Buffer.from(apiKey + colon).toString('base64')}` } });

test('a merchant is given an API key, a MID and requestor ids with its client id', async () => {
    const made = await said('add', freshId());
    assert.match(made.juspay.api_key, /^[0-9A-F]{44}$/);
    assert.match(made.paytm.mid, /^TIJORI\d{14}$/);
    assert.equal(made.paytm.merchant_key.length, 16);
    assert.equal(made.onboarding, 'onboarded');
    assert.equal((await cards(made.juspay.api_key)).status, 200);
    assert.equal((await cards(made.juspay.api_key, '')).status, 200, 'as the published client sends it');
});

test('API keys work beside each other until they are replaced', async () => {
    const { merchant_id: id, juspay: first } = await said('add', freshId());
    const { juspay: second } = await said('juspay-key', String(id));
    assert.equal((await cards(first.api_key)).status, 200);
    assert.equal((await cards(second.api_key)).status, 200);
    const { juspay: third } = await said('juspay-key', String(id), '--replace');
    assert.equal((await cards(first.api_key)).status, 401);
    assert.equal((await cards(second.api_key)).status, 401);
    assert.equal((await cards(third.api_key)).status, 200);
});

test('an API key is no Cashfree client id, and the other way round', async () => {
    const { juspay, client_id: clientId, client_secret: clientSecret } = await said('add', freshId());
    const name = `juspay:${juspay.api_key.slice(0, 12)}`;
    assert.equal((await order({ clientId: name, clientSecret: juspay.api_key.slice(12) })).status, 401);
    assert.equal((await cards(clientId + clientSecret)).status, 401);
});

test('rotating leaves the API key, and disabling ends it too', async () => {
    const { merchant_id: id, juspay } = await said('add', freshId());
    await said('rotate-secret', String(id), '--overlap', '0');
    assert.equal((await cards(juspay.api_key)).status, 200);
    await said('disable', String(id));
    assert.equal((await cards(juspay.api_key)).status, 401);
    await server.restart();
    assert.equal((await cards(juspay.api_key)).status, 401);
    const { status, stderr } = await server.merchant('juspay-key', String(id));
    assert.equal(status, 1);
    assert.match(stderr, /no such merchant/);
});

test('public keys are registered from their file and listed', async () => {
    const { merchant_id: id } = await said('add', freshId());
    const file = path.join(server.data, 'merchant-key.pem');
    await writeFile(file, generateKeyPairSync('rsa', { modulusLength: 2048,
        publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } })
        .publicKey);
    const made = await said('public-key', String(id), '--public-key', file);
    assert.match(made.juspay.key_id, /^key_[0-9a-f]{32}$/);
    const named = await said('public-key', String(id), '--public-key', file, '--key-id', 'mine');
    assert.equal(named.juspay.key_id, 'mine');
    const again = await server.merchant('public-key', String(id), '--public-key', file, '--key-id', 'mine');
    assert.equal(again.status, 1);
    assert.match(again.stderr, /a key of that name already/);
    const mine = (await said('list')).merchants.find((one) => one.merchant_id === id);
    assert.deepEqual(mine.public_key_ids, ['mine', made.juspay.key_id]);

    await writeFile(file, generateKeyPairSync('rsa', { modulusLength: 1024,
        publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } })
        .publicKey);
    const weak = await server.merchant('public-key', String(id), '--public-key', file);
    assert.equal(weak.status, 1);
    assert.match(weak.stderr, /2048/);
});

test('Paytm keys have names of their own, and are replaced on demand only', async () => {
    const { merchant_id: id, paytm } = await said('add', freshId());
    const second = await said('paytm-key', String(id), '--client-id', 'C11');
    assert.equal(second.paytm.mid, paytm.mid);
    assert.equal(second.paytm.client_id, 'C11');
    const again = await server.merchant('paytm-key', String(id), '--client-id', 'C11');
    assert.equal(again.status, 1);
    const third = await said('paytm-key', String(id), '--client-id', 'C11', '--replace');
    assert.notEqual(third.paytm.merchant_key, second.paytm.merchant_key);
    const shown = await server.merchant('paytm-key', String(id), '--client-id', 'C12');
    assert.match(shown.stdout, /^Paytm merchant key \S{16}$/m);
    assert.match(shown.stdout, /shown this once/);
});

test('onboarding again does no harm', async () => {
    const { merchant_id: id } = await said('add', freshId());
    assert.equal((await said('onboard', String(id), '--scheme', 'rupay')).onboarding, 'onboarded');
    assert.equal((await said('onboard', String(id))).onboarding, 'onboarded');
    assert.equal((await server.merchant('onboard', '999999')).status, 1);
});

test('secrets, rotations and currencies survive a restart', async () => {
    const merchant = await server.addMerchant('JPY');
    const { stdout } = await server.merchant('rotate-secret', String(merchant.id), '--overlap', '3600', '--json');
    await server.restart();
    const inYen = (secret) => server.createOrder(smallOrder({ order_currency: 'JPY', order_amount: 100 }),
        { clientId: merchant.clientId, clientSecret: secret });
    assert.equal((await inYen(merchant.clientSecret)).status, 200);
    assert.equal((await inYen(JSON.parse(stdout).client_secret)).status, 200);
    assert.equal((await order(merchant)).status, 400, 'INR is still not enabled');
});

test('a name that is taken, unknown ids and unknown currencies are refused with a reason', async () => {
    const merchant = await server.addMerchant('INR');
    const refusals = [
        ['add', merchant.name, '--currencies', 'INR'], ['add', freshId(), '--currencies', 'INR,XX'],
        ['disable', '999999'], ['rotate-secret', '999999', '--overlap', '0'], ['disable', 'abc'],
    ];
    for (const args of refusals) {
        const { status, stderr } = await server.merchant(...args);
        assert.ok(status === 1 || status === 2, `${args.join(' ')}: ${status}`);
        assert.ok(stderr.trim(), args.join(' '));
    }
});

test('without a server the command says that none can be reached', async () => {
    const data = await temporaryFolder();
    const { status, stderr } = await run(['merchant', 'list', '--data', data]);
    await rm(data, { recursive: true, force: true });
    assert.notEqual(status, 0);
    assert.ok(stderr.trim());
});
