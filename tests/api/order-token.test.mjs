// POST /api/v2/cftoken/order, as the iOS guide's token-generation page shows it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshId, smallOrder, startServer } from './harness.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.close());

/** Undo the obfuscation of one segment: it is reversed, with two random characters at its (true) end. */
const plain = (segment) => [...segment].reverse().join('').slice(0, -2);
const decoded = (segment) => JSON.parse(Buffer.from(plain(segment), 'base64url').toString('utf8'));

test('the example of the guide gives exactly the documented answer', async () => {
    const answer = await server.orderToken({ orderId: 'Order0001', orderAmount: 1, orderCurrency: 'INR' });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(Object.keys(answer.json), ['status', 'message', 'cftoken']);
    assert.equal(answer.json.status, 'OK');
    assert.equal(answer.json.message, 'Token generated');
    assert.match(answer.headers['content-type'], /^application\/json/i);
    const segments = answer.json.cftoken.split('.');
    assert.equal(segments.length, 3);
    for (const segment of segments)
        assert.match(segment, /^[A-Za-z0-9_-]+$/);
});

test('the token carries the order, the amount as a bare number, the currency, an expiry and a salt', async () => {
    const id = freshId();
    const { json } = await server.orderToken({ orderId: id, orderAmount: 15.00, orderCurrency: 'INR' });
    const [header, claims, signature] = json.cftoken.split('.');
    assert.deepEqual(decoded(header), { typ: 'JWT', alg: 'HS384' });
    const inside = decoded(claims);
    assert.deepEqual(Object.keys(inside), ['orderId', 'orderAmount', 'orderCurrency', 'exp', '_salt']);
    assert.equal(inside.orderId, id);
    assert.equal(inside.orderAmount, 15);
    assert.equal(inside.orderCurrency, 'INR');
    assert.equal(inside._salt.length, 13);
    const now = Date.now() / 1000;
    assert.ok(inside.exp > now + 60 && inside.exp <= now + 3600, `exp ${inside.exp - now} s from now`);
    assert.equal(Buffer.from(plain(signature), 'base64url').length, 48);
});

test('two tokens for the same order differ', async () => {
    const body = { orderId: freshId(), orderAmount: 2, orderCurrency: 'INR' };
    const first = await server.orderToken(body);
    const second = await server.orderToken(body);
    assert.notEqual(first.json.cftoken, second.json.cftoken);
});

for (const [sent, kept] of [['100', 100], ['15.00', 15], [15.5, 15.5], ['10.15', 10.15], [1, 1]])
    test(`an amount sent as ${JSON.stringify(sent)} is kept as ${kept}`, async () => {
        const { status, json, text } = await server.orderToken({ orderId: freshId(),
            orderAmount: sent, orderCurrency: 'INR' });
        assert.equal(status, 200, text);
        assert.equal(decoded(json.cftoken.split('.')[1]).orderAmount, kept);
    });

// Callers send their database's row number, so short ones too.
for (const sent of [1234567, 7, '42'])
    test(`an order id sent as ${JSON.stringify(sent)} is taken as its characters`, async () => {
        const { status, json, text } = await server.orderToken({ orderId: sent, orderAmount: 1, orderCurrency: 'INR' });
        assert.equal(status, 200, text);
        assert.equal(decoded(json.cftoken.split('.')[1]).orderId, String(sent));
    });

test('the currency may be left out and is then INR', async () => {
    const { status, json, text } = await server.orderToken({ orderId: freshId(), orderAmount: 1 });
    assert.equal(status, 200, text);
    assert.equal(decoded(json.cftoken.split('.')[1]).orderCurrency, 'INR');
});

test('an API version header is ignored, whatever it says, and a charset is accepted', async () => {
    for (const headers of [{ 'x-api-version': 'nonsense' }, { 'content-type': 'application/json; charset=UTF-8' }]) {
        const { status, text } = await server.orderToken({ orderId: freshId(), orderAmount: 1 }, { headers });
        assert.equal(status, 200, text);
    }
});

const says = (answer, status, message) => {
    assert.equal(answer.status, status, answer.text);
    assert.deepEqual(Object.keys(answer.json).sort(), ['message', 'reason', 'status', 'subCode']);
    assert.equal(answer.json.status, 'ERROR');
    assert.equal(answer.json.subCode, String(status));
    assert.equal(answer.json.reason, answer.json.message);
    assert.match(answer.json.message, message);
};

test('wrong, missing or half credentials are refused alike', async () => {
    const body = { orderId: freshId(), orderAmount: 1 };
    const message = /^Invalid clientId and clientSecret combination$/;
    says(await server.orderToken(body, { clientId: 'TEST0000' }), 401, message);
    says(await server.orderToken(body, { clientSecret: 'cfsk_ma_test_wrong' }), 401, message);
    says(await server.orderToken(body, { headers: { 'x-client-id': undefined } }), 401, message);
    says(await server.orderToken(body, { headers: { 'x-client-secret': undefined } }), 401, message);
    says(await server.orderToken(body, { headers: { 'x-client-secret': '' } }), 401, message);
});

test('a body that is not JSON is refused with the documented message', async () => {
    says(await server.orderToken('{"orderId":'), 400, /^invalid request body$/);
    says(await server.orderToken('[]'), 400, /^invalid request body$/);
    says(await server.orderToken(''), 400, /^invalid request body$/);
});

const bad = [
    ['no order id', { orderAmount: 1 }, /orderId/],
    ['no amount', { orderId: 'abc123' }, /orderAmount/],
    ['an order id with a space', { orderId: 'a b c', orderAmount: 1 }, /orderId/],
    ['an order id that is empty', { orderId: '', orderAmount: 1 }, /orderId/],
    ['an order id that is too long', { orderId: 'x'.repeat(46), orderAmount: 1 }, /orderId/],
    ['an order id that is null', { orderId: null, orderAmount: 1 }, /orderId/],
    ['an amount that is no number', { orderId: 'abc123', orderAmount: 'ten' }, /orderAmount/],
    ['an amount below 1', { orderId: 'abc123', orderAmount: 0.99 }, /orderAmount/],
    ['a negative amount', { orderId: 'abc123', orderAmount: -5 }, /orderAmount/],
    ['an amount with three decimals', { orderId: 'abc123', orderAmount: 10.155 }, /orderAmount/],
    ['an amount that is an object', { orderId: 'abc123', orderAmount: {} }, /orderAmount/],
    ['an unknown currency', { orderId: 'abc123', orderAmount: 1, orderCurrency: 'XYZ' }, /orderCurrency/],
];
for (const [what, body, message] of bad)
    test(`${what} is refused with 422 and the field's name`, async () => {
        says(await server.orderToken(body), 422, message);
    });

test('a currency that the merchant has not enabled is refused', async () => {
    const { clientId, clientSecret } = await server.addMerchant('INR');
    const body = { orderId: freshId(), orderAmount: 1, orderCurrency: 'USD' };
    says(await server.orderToken(body, { clientId, clientSecret }), 422, /orderCurrency/);
});

test('a taken order id is refused with another amount or currency, and accepted with the same', async () => {
    const order = smallOrder({ order_amount: 10 });
    assert.equal((await server.createOrder(order)).status, 200);
    says(await server.orderToken({ orderId: order.order_id, orderAmount: 11, orderCurrency: 'INR' }), 409, /./);
    const same = await server.orderToken({ orderId: order.order_id, orderAmount: 10, orderCurrency: 'INR' });
    assert.equal(same.status, 200, same.text);
});

test('minting a token makes no order and writes nothing', async () => {
    const id = freshId();
    assert.equal((await server.orderToken({ orderId: id, orderAmount: 3 })).status, 200);
    assert.equal((await server.fetchOrder(id)).status, 404);
});
