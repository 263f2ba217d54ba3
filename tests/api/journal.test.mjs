// One line of JSON per request, and nothing in it that should not be there.

import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Juspay } from './cards.mjs';
import { freshId, smallOrder, startServer, until } from './harness.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.close());

const lineOf = (id) => until(`journal line of ${id}`, () => server.journal().find((line) => line.request_id === id));

test('a request leaves one line with time, request id, merchant, route, status and duration', async () => {
    const id = freshId('request');
    const order = smallOrder();
    const before = Date.now();
    await server.createOrder(order, { headers: { 'x-request-id': id } });
    const line = await lineOf(id);
    assert.equal(line.route, 'POST /pg/orders');
    assert.equal(line.status, 200);
    const time = typeof line.time === 'number' ? line.time : Date.parse(line.time);
    assert.ok(Math.abs(time - before) < 60_000, `time ${line.time}`);
    assert.ok(line.merchant !== undefined && line.merchant !== 0 && line.merchant !== '0', JSON.stringify(line));
    const took = Object.entries(line).find(([name]) => /took|duration/.test(name));
    assert.ok(took && Number(took[1]) > 0, JSON.stringify(line));
    assert.equal(server.journal().filter((other) => other.request_id === id).length, 1);
});

test('the route is the pattern, never the path as it came', async () => {
    const id = freshId('request');
    const order = freshId('secretlooking');
    await server.fetchOrder(order, { headers: { 'x-request-id': id } });
    const line = await lineOf(id);
    assert.equal(line.route, 'GET /pg/orders/{order_id}');
    assert.equal(line.status, 404);
    assert.ok(!server.log().includes(order));
});

test('the mark for routing that a Juspay caller sends is in the line, and otherwise there is none', async () => {
    const juspay = new Juspay(server);
    const mark = freshId('customer');
    const where = '/v4/card/tokenStatus';
    await juspay.post(where, { card_reference: 'token_x' }, { headers: { 'x-routing-id': mark } });
    await until('its line', () => server.journal().find((line) => line.routing_id === mark));
    const id = freshId('request');
    await server.createOrder(smallOrder(), { headers: { 'x-request-id': id } });
    assert.ok(!('routing_id' in await lineOf(id)));
});

test('refusals are journalled too', async () => {
    const cases = [
        [401, (options) => server.createOrder(smallOrder(), { ...options, clientSecret: 'wrong-secret-value' })],
        [400, (options) => server.createOrder('{', options)],
        [404, (options) => server.pg('GET', '/nothing', undefined, options)],
        [200, (options) => server.orderToken({ orderId: freshId(), orderAmount: 1 }, options)],
    ];
    for (const [status, call] of cases) {
        const id = freshId('request');
        assert.equal((await call({ headers: { 'x-request-id': id } })).status, status);
        assert.equal((await lineOf(id)).status, status);
    }
});

test('every request has its line: as many as were sent', async () => {
    const mark = freshId('many');
    await Promise.all(Array.from({ length: 50 }, (_, i) =>
        server.createOrder(smallOrder(), { headers: { 'x-request-id': `${mark}-${i}` } })));
    await until('fifty lines', () =>
        server.journal().filter(({ request_id: id }) => id?.startsWith(mark)).length >= 50);
    assert.equal(server.journal().filter(({ request_id: id }) => id?.startsWith(mark)).length, 50);
});

test('no secret, phone number, e-mail address or card number reaches it', async () => {
    const card = '4111111111111111';
    const order = smallOrder({ customer_details: { customer_id: 'abc', customer_phone: '9123456780',
        customer_email: 'jane.roe@shop.example' } });
    const id = freshId('last');
    await server.createOrder(order, { headers: { 'x-request-id': card } });
    await server.createOrder(order, { headers: { 'x-request-id': `id ${card.match(/.{4}/g).join(' ')}` } });
    await server.createOrder(order, { headers: { 'x-request-id': card.match(/.{4}/g).join('-') } });
    await server.fetchOrder(card);
    await server.createOrder(smallOrder({ order_note: card }));
    await server.createOrder(order, { clientId: card });
    await server.createOrder(order, { clientSecret: 'cfsk_ma_test_someoneelses' });
    await server.admin('GET', '/admin/merchants');
    await server.pg('POST', '/customers', { customer_phone: '9123456780' });
    await server.orderToken({ orderId: freshId(), orderAmount: 1 });
    await server.fetchOrder(order.order_id, { headers: { 'x-request-id': id } });
    await lineOf(id);
    const log = server.log() + server.output.replace(/curl[\s\S]*/, '');
    for (const secret of [server.clientSecret, server.adminToken, 'cfsk_ma_test_someoneelses', '9123456780',
        'jane.roe', card,
        '4111 1111 1111 1111', '4111-1111-1111-1111'])
        assert.ok(!log.includes(secret), `${secret} is in the journal`);
});

test('the journal file is its owner\'s alone', async () => {
    assert.equal(((await stat(server.journalPath())).mode & 0o077).toString(8), '0');
});

test('the data folder holds no personal datum in clear, and the secret only where it was asked for', async () => {
    const order = smallOrder({ customer_details: { customer_id: 'abc', customer_phone: '9123456781',
        customer_email: 'plain.text@shop.example',
        customer_bank_account_number: '998877665544' } });
    assert.equal((await server.createOrder(order)).status, 200);
    await server.restart();
    const { readdirSync, readFileSync, statSync } = await import('node:fs');
    const { basename, join } = await import('node:path');
    const files = (folder) => readdirSync(folder).flatMap((name) => {
        const whole = join(folder, name);
        return statSync(whole).isDirectory() ? files(whole) : [whole];
    });
    for (const file of files(server.data)) {
        if (!statSync(file).isFile())
            continue;
        const bytes = readFileSync(file);
        for (const datum of ['9123456781', 'plain.text@shop.example', '998877665544'])
            assert.ok(!bytes.includes(datum), `${datum} is in ${file}`);
        const isForItsOwner = ['credentials.json', 'curl.conf'].includes(basename(file)) &&
            (statSync(file).mode & 0o077) === 0;
        assert.ok(isForItsOwner || !bytes.includes(server.clientSecret), `the secret is in ${file}`);
    }
});
