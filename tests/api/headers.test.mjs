// What every answer carries, and the limits on how often one may ask.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshId, smallOrder, startServer } from './harness.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.close());

test('the request id is echoed, on success, refusal and unknown routes', async () => {
    const order = smallOrder();
    const headers = { 'x-request-id': 'my-request-42' };
    const answers = [
        await server.createOrder(order, { headers }),
        await server.createOrder(order, { headers }),
        await server.fetchOrder(order.order_id, { headers }),
        await server.fetchOrder('nobody', { headers }),
        await server.pg('GET', '/nothing/here', undefined, { headers }),
        await server.fetchOrder(order.order_id, { headers, clientSecret: 'wrong' }),
    ];
    assert.deepEqual(answers.map(({ status }) => status).slice(0, 4), [200, 409, 200, 404]);
    for (const answer of answers)
        assert.equal(answer.headers['x-request-id'], 'my-request-42');
});

test('a request id is made when none is sent: 32 hex digits, never the same', async () => {
    const seen = new Set();
    for (let i = 0; i < 5; i++) {
        const { headers } = await server.createOrder(smallOrder());
        assert.match(headers['x-request-id'], /^[0-9a-f]{32}$/);
        seen.add(headers['x-request-id']);
    }
    assert.equal(seen.size, 5);
});

test('an endless request id is cut, not refused', async () => {
    const answer = await server.createOrder(smallOrder(), { headers: { 'x-request-id': 'r'.repeat(4000) } });
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers['x-request-id'], /^r{32,256}$/);
});

test('the version is echoed and the type is JSON in UTF-8', async () => {
    const answer = await server.createOrder(smallOrder(), { version: '2023-08-01' });
    assert.equal(answer.headers['x-api-version'], '2023-08-01');
    assert.match(answer.headers['content-type'], /^application\/json; charset=utf-8$/i);
    const refusal = await server.createOrder(smallOrder({ order_amount: 0 }));
    assert.match(refusal.headers['content-type'], /^application\/json/i);
    assert.equal(refusal.headers['x-api-version'], '2025-01-01');
});

test('out of the box a sandbox never says too many requests', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => server.createOrder(smallOrder())));
    assert.ok(answers.every(({ status }) => status === 200));
});

test('a limit of five orders a minute lets five through, then says how long to wait', async (t) => {
    const limited = await startServer({ args: ['--rate-create-order', '5'] });
    t.after(() => limited.close());
    for (let left = 4; left >= 0; left--) {
        const answer = await limited.createOrder(smallOrder());
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.headers['x-ratelimit-limit'], '5');
        assert.equal(answer.headers['x-ratelimit-remaining'], String(left));
        assert.equal(answer.headers['x-ratelimit-retry'], '0');
        assert.equal(answer.headers['x-ratelimit-type'], 'app_id');
    }
    const order = smallOrder();
    const refusal = await limited.createOrder(order);
    assert.equal(refusal.status, 429, refusal.text);
    assert.deepEqual(refusal.json, {
        message: 'Too many requests from IP. Check headers', code: 'request_failed', type: 'rate_limit_error' });
    const wait = Number(refusal.headers['x-ratelimit-retry']);
    assert.ok(wait >= 1 && wait <= 60, `retry ${wait}`);
    assert.equal(refusal.headers['x-ratelimit-remaining'], '0');
    assert.equal((await limited.fetchOrder(order.order_id)).status, 404,
        'other calls have their own limits, and nothing was stored');
    const stranger = await limited.addMerchant('INR');
    assert.equal((await limited.createOrder(smallOrder(), stranger)).status, 200, 'limits are per merchant');
});

test('order tokens, fetching and payments have limits of their own', async (t) => {
    const limited = await startServer({ args: ['--rate-order-token', '2', '--rate-get-order', '3',
        '--rate-payments', '1', '--rate-other', '1'] });
    t.after(() => limited.close());
    const id = freshId();
    const statuses = async (n, call) => {
        const got = [];
        for (let i = 0; i < n; i++)
            got.push((await call()).status);
        return got;
    };
    assert.deepEqual(await statuses(3, () => limited.orderToken({ orderId: id, orderAmount: 1 })), [200, 200, 429]);
    const refusal = await limited.orderToken({ orderId: id, orderAmount: 1 });
    assert.equal(refusal.json.status, 'ERROR');
    assert.equal(refusal.json.subCode, '429');
    assert.deepEqual(await statuses(4, () => limited.fetchOrder(id)), [404, 404, 404, 429]);
    assert.deepEqual(await statuses(2, () => limited.pg('GET', `/orders/${id}/payments`)), [404, 429]);
    assert.deepEqual(await statuses(2, () => limited.pg('POST', '/customers', { customer_phone: '9908734801' })),
        [200, 429]);
});

test('refunds and settlements have limits of their own', async (t) => {
    const limited = await startServer({ args: ['--rate-refund', '2', '--rate-get-refund', '1',
        '--rate-settlements', '1'] });
    t.after(() => limited.close());
    const { order_id } = (await limited.createOrder(smallOrder())).json;
    const ask = async (method, what, body) => (await limited.pg(method, `/orders/${order_id}/${what}`, body)).status;
    const refund = { refund_amount: 1, refund_id: 'refund_1' };
    assert.deepEqual([await ask('POST', 'refunds', refund), await ask('PUT', 'refunds/refund_1', refund),
        await ask('POST', 'refunds', refund)], [400, 404, 429]);
    assert.deepEqual([await ask('GET', 'refunds'), await ask('GET', 'refunds/refund_1')], [200, 429]);
    assert.deepEqual([await ask('GET', 'settlements'), await ask('GET', 'settlements')], [404, 429]);
    assert.equal(await ask('GET', 'payments'), 200);
});

test('wrong credentials do not use up a merchant\'s limit', async (t) => {
    const limited = await startServer({ args: ['--rate-create-order', '2'] });
    t.after(() => limited.close());
    for (let i = 0; i < 5; i++)
        assert.equal((await limited.createOrder(smallOrder(), { clientSecret: 'wrong' })).status, 401);
    assert.equal((await limited.createOrder(smallOrder())).status, 200);
});

test('an answer keeps the connection for the next request', async () => {
    const head = Object.entries(server.auth()).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const one = `GET /pg/orders/nobody HTTP/1.1\r\nHost: localhost\r\n${head}\r\n`;
    const last = one.replace('Host: localhost', 'Host: localhost\r\nConnection: close');
    const { hostname, port } = new URL(server.base);
    const { connect } = await import('node:net');
    const text = await new Promise((done, fail) => {
        const socket = connect(Number(port), hostname, () => socket.write(one + one + last));
        let all = '';
        socket.on('data', (part) => { all += part; });
        socket.on('end', () => done(all));
        socket.on('error', fail);
    });
    assert.equal(text.match(/HTTP\/1\.1 404/g).length, 3, 'three pipelined requests, three answers in order');
});
