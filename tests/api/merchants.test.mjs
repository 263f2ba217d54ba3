// tijori merchant ...: while the server runs.

import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
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
