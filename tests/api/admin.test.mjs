// The admin listener: health, readiness, metrics, and who may do what.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshId, smallOrder, startServer } from './harness.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.close());

test('health and readiness answer without a token', async () => {
    for (const where of ['/healthz', '/readyz']) {
        const answer = await server.admin('GET', where, undefined, {});
        assert.equal(answer.status, 200, `${where}: ${answer.text}`);
    }
});

/** The value of the first sample whose line matches all patterns. */
const sample = (text, ...patterns) => {
    const line = text.split('\n').find((one) => !one.startsWith('#') && patterns.every((pattern) => pattern.test(one)));
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
};

test('metrics are Prometheus text and count requests and commits', async () => {
    const count = (text) => sample(text, /requests_total/, /POST \/pg\/orders"/, /2xx|"200"|"2"/) ?? 0;
    const commits = (text) => sample(text, /^tijori_.*commits/) ?? NaN;
    const before = await server.metrics();
    for (let i = 0; i < 7; i++)
        await server.createOrder(smallOrder());
    await server.createOrder(smallOrder({ order_amount: 0 }));
    const answer = await server.admin('GET', '/metrics', undefined, {});
    assert.equal(answer.status, 200);
    assert.match(answer.headers['content-type'], /^text\/plain; version=0\.0\.4/);
    assert.equal(count(answer.text) - count(before), 7, answer.text);
    assert.ok(commits(answer.text) - commits(before) >= 1, answer.text);
    assert.match(answer.text, /^# TYPE \S+ histogram$/m);
    assert.match(answer.text, /_bucket\{[^}]*le="\+Inf"[^}]*\} \d+/);
    for (const line of answer.text.split('\n').filter((one) => one && !one.startsWith('#')))
        assert.match(line, /^[a-zA-Z_:][\w:]*(\{[^}]*(\{[^}]*\}[^}]*)*\})? [-+\d.eInfNa]+$/, line);
    for (const name of [/batch/, /queue/, /restarts/])
        assert.match(answer.text, name);
});

test('merchants are managed only with the token', async () => {
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: server.adminToken },
        { authorization: 'Basic eDp5' }]) {
        for (const [method, where, body] of [['GET', '/admin/merchants'],
            ['POST', '/admin/merchants', { name: 'x', currencies: 'INR' }],
            ['POST', '/admin/merchants/1/disable', {}],
            ['POST', '/admin/merchants/1/rotate-secret', { overlap_seconds: 0 }],
            ['POST', '/admin/merchants/1/juspay-key', { replace: true }],
            ['POST', '/admin/merchants/1/public-key', { public_key_pem: 'x' }],
            ['POST', '/admin/merchants/1/paytm-key', { replace: true }],
            ['POST', '/admin/merchants/1/onboard', {}]]) {
            const answer = await server.admin(method, where, body, headers);
            assert.equal(answer.status, 401, `${method} ${where}: ${answer.text}`);
            assert.ok(answer.json.error && answer.json.message);
        }
    }
    assert.equal((await server.createOrder(smallOrder())).status, 200, 'the demo merchant is still there');
});

test('the admin listener speaks no payments', async () => {
    assert.equal((await server.admin('POST', '/pg/orders', smallOrder(), server.auth())).status, 404);
});

test('a merchant made over HTTP can create orders at once', async () => {
    const name = freshId('http');
    const made = await server.admin('POST', '/admin/merchants', { name, currencies: 'INR,USD' });
    assert.ok([200, 201].includes(made.status), made.text);
    const { client_id: clientId, client_secret: clientSecret } = made.json;
    const order = await server.createOrder(smallOrder({ order_currency: 'USD' }), { clientId, clientSecret });
    assert.equal(order.status, 200, order.text);
    const list = await server.admin('GET', '/admin/merchants');
    assert.equal(list.status, 200);
    assert.ok(list.text.includes(name));
    assert.ok(list.text.includes(clientId));
    assert.ok(!list.text.includes(clientSecret), 'a secret is shown once');
});

test('bad wishes are refused with a reason', async () => {
    const cases = [
        ['/admin/merchants', {}], ['/admin/merchants', { name: '', currencies: 'INR' }],
        ['/admin/merchants', { name: freshId(), currencies: 'XX' }],
        ['/admin/merchants', '{'], ['/admin/merchants/999999/disable', {}], ['/admin/merchants/abc/disable', {}],
        ['/admin/merchants/999999/rotate-secret', { overlap_seconds: 0 }],
        ['/admin/merchants/1/rotate-secret', { overlap_seconds: -1 }],
        ['/admin/merchants/999999/juspay-key', {}], ['/admin/merchants/1/juspay-key', { replace: 'yes' }],
        ['/admin/merchants/1/public-key', {}], ['/admin/merchants/1/public-key', { public_key_pem: 'x' }],
        ['/admin/merchants/1/paytm-key', { key_version: 'a b' }],
        ['/admin/merchants/1/onboard', { scheme: 'maestro' }], ['/admin/merchants/999999/onboard', {}],
    ];
    for (const [where, body] of cases) {
        const answer = await server.admin('POST', where, body);
        assert.ok(answer.status >= 400 && answer.status < 500,
            `${where} ${JSON.stringify(body)}: ${answer.status} ${answer.text}`);
        assert.ok(answer.json.error && answer.json.message, answer.text);
    }
});
