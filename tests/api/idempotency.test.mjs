// The same key and the same body give the same answer and one effect.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { freshId, refused, sleep, smallOrder, startServer } from './harness.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.close());

const keyed = (key) => ({ headers: { 'x-idempotency-key': key } });
const withoutId = () => { const { order_id: _, ...order } = smallOrder(); return order; };

test('the second request gets the first one\'s answer, byte for byte, and says so', async () => {
    const key = randomUUID();
    const order = withoutId();
    const first = await server.createOrder(order, keyed(key));
    assert.equal(first.status, 200, first.text);
    assert.equal(first.headers['x-idempotency-key'], key);
    assert.equal(first.headers['x-idempotency-replayed'], 'false');
    const second = await server.createOrder(order, keyed(key));
    assert.equal(second.status, 200);
    assert.equal(second.text, first.text);
    assert.equal(second.headers['x-idempotency-key'], key);
    assert.equal(second.headers['x-idempotency-replayed'], 'true');
});

test('the official client replays too', async () => {
    const sdk = server.sdk();
    const key = randomUUID();
    const order = withoutId();
    const first = await sdk.PGCreateOrder(order, 'request-1', key);
    const second = await sdk.PGCreateOrder(order, 'request-2', key);
    assert.deepEqual(second.data, first.data);
    assert.equal(second.headers['x-idempotency-replayed'], 'true');
    assert.equal(second.headers['x-request-id'], 'request-2', 'the request id is this request\'s own');
    const other = await refused(sdk.PGCreateOrder({ ...order, order_amount: 11 }, 'request-3', key));
    assert.equal(other.status, 422);
});

test('another body under the same key is refused and has no effect', async () => {
    const key = randomUUID();
    const order = smallOrder();
    assert.equal((await server.createOrder(order, keyed(key))).status, 200);
    const other = smallOrder();
    const answer = await server.createOrder(other, keyed(key));
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.json.code, 'request_invalid');
    assert.equal(answer.json.type, 'idempotency_error');
    assert.ok(answer.json.message);
    assert.equal((await server.fetchOrder(other.order_id)).status, 404);
    assert.equal((await server.createOrder(order, keyed(key))).headers['x-idempotency-replayed'],
        'true', 'the first is still remembered');
});

test('thirty requests at once with one key make one order', async () => {
    const key = randomUUID();
    const order = withoutId();
    const answers = await Promise.all(Array.from({ length: 30 }, () => server.createOrder(order, keyed(key))));
    for (const answer of answers) {
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.text, answers[0].text);
    }
    const replayed = answers.filter((answer) => answer.headers['x-idempotency-replayed'] === 'true');
    assert.equal(replayed.length, 29);
});

test('thirty requests at once with one order id and no key make one order and 29 conflicts', async () => {
    const order = smallOrder();
    const answers = await Promise.all(Array.from({ length: 30 }, () => server.createOrder(order)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status }) => status === 409).length, 29);
});

test('different keys are different requests, and each merchant has its own keys', async () => {
    const key = randomUUID();
    const order = withoutId();
    const first = await server.createOrder(order, keyed(key));
    const second = await server.createOrder(order, keyed(randomUUID()));
    assert.notEqual(second.json.order_id, first.json.order_id);
    const stranger = await server.addMerchant('INR');
    const third = await server.createOrder(order, { ...stranger, ...keyed(key) });
    assert.equal(third.headers['x-idempotency-replayed'], 'false');
    assert.notEqual(third.json.order_id, first.json.order_id);
});

test('the same key on another path is another request', async () => {
    const key = randomUUID();
    const created = await server.createOrder(smallOrder(), keyed(key));
    assert.equal(created.status, 200);
    const customer = await server.pg('POST', '/customers', { customer_phone: '9908734888' }, keyed(key));
    assert.equal(customer.status, 200, customer.text);
    assert.equal(customer.headers['x-idempotency-replayed'], 'false');
});

test('fetching ignores the key', async () => {
    const key = randomUUID();
    const order = smallOrder();
    await server.createOrder(order, keyed(key));
    const fetched = await server.fetchOrder(order.order_id, keyed(key));
    assert.equal(fetched.status, 200);
    assert.notEqual(fetched.headers['x-idempotency-replayed'], 'true');
});

test('a key that is too long or not plain text is refused clearly', async () => {
    const order = smallOrder();
    const answer = await server.createOrder(order, keyed('k'.repeat(1000)));
    assert.equal(answer.status, 400, answer.text);
    assert.ok(answer.json.message && answer.json.code && answer.json.type);
    assert.equal((await server.fetchOrder(order.order_id)).status, 404);
});

test('keys and their answers survive a kill of the whole process group', async () => {
    const key = randomUUID();
    const order = withoutId();
    const first = await server.createOrder(order, keyed(key));
    assert.equal(first.status, 200);
    await server.killGroup();
    await server.start();
    const second = await server.createOrder(order, keyed(key));
    assert.equal(second.text, first.text);
    assert.equal(second.headers['x-idempotency-replayed'], 'true');
    const other = await server.createOrder({ ...order, order_amount: 99 }, keyed(key));
    assert.equal(other.status, 422);
});

test('a kill in the middle of thirty requests leaves one effect at most, and retrying finds it', async () => {
    const key = randomUUID();
    const order = smallOrder({ order_id: freshId('torn') });
    const sent = Array.from({ length: 30 }, () => server.createOrder(order, keyed(key)).catch(() => null));
    await sleep(3);
    await server.killGroup();
    const acknowledged = (await Promise.all(sent)).filter((answer) => answer?.status === 200);
    await server.start();
    const retried = await server.createOrder(order, keyed(key));
    assert.equal(retried.status, 200, retried.text);
    for (const answer of acknowledged)
        assert.equal(answer.text, retried.text);
    const again = await server.createOrder(order, keyed(key));
    assert.equal(again.text, retried.text);
});
