// Webhooks that are late, sent twice, out of order or lost, as whoever runs a sandbox asks for.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { freshId, run, sleep, startServer, temporaryFolder, until } from './harness.mjs';
import { Shopper, card } from './paying.mjs';
import { receiver } from './receiver.mjs';

const QUIET_MS = 400;

let server, shopper, hook;
before(async () => {
    server = await startServer();
    shopper = new Shopper(server);
    hook = await receiver();
    const added = await run(['webhook', 'add', '1', '--url', hook.url, '--data', server.data]);
    assert.equal(added.status, 0, added.stderr);
});
after(async () => {
    await server.close();
    await hook.close();
});

const behave = async (manner, more = {}) => {
    const answer = await server.admin('POST', '/sandbox/webhooks/behaviour', { manner, ...more });
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
};
const shown = async () => (await server.admin('GET', '/sandbox/webhooks')).json;
const about = (order) => hook.got.filter((one) => one.raw.includes(order.order_id));
const types = (order) => about(order).map((one) => one.json.type);
const deliveries = async (order) =>
    (await server.admin('GET', `/admin/merchants/1/deliveries?order_id=${order.order_id}`)).json.deliveries;

async function refund(order) {
    const answer = await server.pg('POST', `/orders/${order.order_id}/refunds`,
        { refund_amount: 1, refund_id: freshId('refund'), refund_note: 'SUCCESS' });
    assert.equal(answer.status, 200, answer.text);
}

test('the demo receiver keeps one request waiting, and then the next', async () => {
    const slow = async () => (await server.request({ method: 'POST', path: '/demo/webhooks/slow',
        headers: { 'content-type': 'application/json' }, body: '{}' })).status;
    const began = Date.now();
    const all = await Promise.all(Array.from({ length: 12 }, slow));
    assert.deepEqual(all.filter((status) => status !== 503), [200]);
    assert.ok(Date.now() - began < 5000, `${Date.now() - began} ms`);
    assert.equal(await slow(), 200);
});

describe('a delivery', () => {
    afterEach(() => behave('well'));

    test('is late by as much as was asked for', async () => {
        assert.equal((await behave('late', { ms: 1500 })).ms, 1500);
        const began = Date.now();
        const { order } = await shopper.paid(card());
        await until('it is held', async () => (await shown()).held === 1);
        await until('the webhook', () => about(order).length === 1);
        assert.ok(Date.now() - began >= 1500, `${Date.now() - began} ms`);
        await until('it counts', async () => (await deliveries(order))[0].state === 'done');
        assert.equal((await deliveries(order))[0].attempts, 1);
    });

    test('is sent twice: the receiver can tell by the idempotency key', async () => {
        await behave('twice');
        const { order } = await shopper.paid(card());
        await until('both', () => about(order).length === 2);
        const [one, two] = about(order);
        assert.equal(one.raw, two.raw);
        assert.equal(one.headers['x-idempotency-key'], two.headers['x-idempotency-key']);
        assert.equal(two.headers['x-webhook-attempt'], '1');
        await until('it counts', async () => (await deliveries(order))[0].state === 'done');
        assert.equal((await deliveries(order))[0].attempts, 1);
    });

    test('is sent after the one that followed it', async () => {
        await behave('out-of-order');
        const { order } = await shopper.paid(card());
        await until('it is held', async () => (await shown()).held === 1);
        assert.deepEqual(types(order), []);
        await refund(order);
        await until('both', () => about(order).length === 2);
        assert.deepEqual(types(order), ['REFUND_STATUS_WEBHOOK', 'PAYMENT_SUCCESS_WEBHOOK']);
        for (const one of about(order))
            server.sdk().PGVerifyWebhookSignature(one.headers['x-webhook-signature'], one.raw,
                one.headers['x-webhook-timestamp']);
    });

    test('that nothing follows is sent when all is well again', async () => {
        await behave('out-of-order');
        const { order } = await shopper.paid(card());
        await until('it is held', async () => (await shown()).held === 1);
        assert.equal((await behave('well')).held, 0);
        await until('the webhook', () => about(order).length === 1);
    });

    test('is lost: the merchant finds out by asking, and may have it sent again', async () => {
        assert.equal((await behave('lost', { count: 1 })).count, 1);
        const { order } = await shopper.paid(card());
        await until('it counts as arrived', async () => (await deliveries(order))[0]?.state === 'done');
        assert.equal((await shown()).manner, 'well');
        await sleep(QUIET_MS);
        assert.deepEqual(types(order), []);
        assert.equal((await shopper.payments(order))[0].payment_status, 'SUCCESS');
        const [{ delivery }] = await deliveries(order);
        const again = await run(['webhook', 'resend', '1', '--delivery', String(delivery), '--data', server.data]);
        assert.equal(again.status, 0, again.stderr);
        await until('the webhook', () => about(order).length === 1);
    });
});

test('a manner that makes no sense is refused by name', async () => {
    for (const [body, field] of [[{ manner: 'rudely' }, 'manner'], [{ manner: 'late' }, 'ms'],
        [{ manner: 'late', ms: 60001 }, 'ms'], [{ manner: 'lost' }, 'count'], [{ manner: 'twice', ms: 1 }, 'ms']]) {
        const answer = await server.admin('POST', '/sandbox/webhooks/behaviour', body);
        assert.deepEqual([answer.status, answer.json.field], [400, field], answer.text);
    }
    assert.equal((await shown()).manner, 'well');
});

test('none of it without the admin token, and none of it on the public listener', async () => {
    assert.equal((await server.admin('GET', '/sandbox/webhooks', undefined, {})).status, 401);
    assert.equal((await server.request({ path: '/sandbox/webhooks' })).status, 404);
    assert.equal((await server.admin('POST', '/sandbox/webhooks/behaviour', { manner: 'twice' }, {})).status, 401);
});

test('a live server has none of it', async (t) => {
    const live = await startServer({ data: await temporaryFolder(), command: 'serve', args: ['--behind-proxy'] });
    t.after(() => live.close());
    assert.equal((await live.admin('GET', '/sandbox/webhooks')).status, 404);
    assert.equal((await live.admin('POST', '/sandbox/webhooks/behaviour', { manner: 'twice' })).status, 404);
});

test('a sandbox without webhooks says so', async (t) => {
    const quiet = await startServer({ args: ['--webhooks', 'off'] });
    t.after(() => quiet.close());
    const answer = await quiet.admin('GET', '/sandbox/webhooks');
    assert.deepEqual([answer.status, answer.json.error], [409, 'no_webhooks']);
});
