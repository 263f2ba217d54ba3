// The server's own keys: rotated while it serves, with its processes killed in the middle; listed; destroyed.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertResult, Juspay, Paytm, tool } from './cards.mjs';
import { freshId, sleep, smallOrder, startServer, until } from './harness.mjs';
import { card, Shopper } from './paying.mjs';
import { receiver } from './receiver.mjs';

const PHONE = '9908734801';
const ORDERS = 900, LANES = 8;          /* orders that are there before a rotation; calls at once */
const DONE_MS = 120_000;

let server;
before(async () => { server = await startServer(); });
after(() => server.close());

function keys(...words) {
    const said = tool(server, ['key', ...words, '--json']);
    assert.equal(said.status, 0, said.stderr);
    return JSON.parse(said.stdout);
}

const status = () => keys('status');
const newest = (all, purpose) => all.generations.find((one) => one.purpose === purpose);
const older = (all, purpose) => all.generations.filter((one) => one.purpose === purpose)[1];

const over = () => until('everything is under the newest key', () => {
    const { status: ended, stdout } = tool(server, ['key', 'status', '--json']);
    const now = ended === 0 && JSON.parse(stdout);
    return now && now.reencryption.stage === 'done' && now;
}, DONE_MS);

/** So many orders in several lanes; gives the ids of those that were acknowledged. `until` ends them. */
async function createOrders(n, { stop = () => false, hurt = false } = {}) {
    const made = [];
    let left = n;
    await Promise.all(Array.from({ length: LANES }, async () => {
        while (left-- > 0 && !stop()) {
            const order = smallOrder();
            try {
                const answer = await server.createOrder(order);
                if (answer.status === 200)
                    made.push(order.order_id);
                else if (!hurt)
                    assert.equal(answer.status, 200, answer.text);
            } catch (error) {
                if (!hurt)
                    throw error;
                await sleep(50);
            }
        }
    }));
    return made;
}

async function assertAllReadable(ids) {
    let next = 0;
    await Promise.all(Array.from({ length: LANES }, async () => {
        while (next < ids.length) {
            const answer = await server.fetchOrder(ids[next++]);
            assert.equal(answer.status, 200, answer.text);
            assert.equal(answer.json.customer_details.customer_phone, PHONE);
        }
    }));
}

async function kill(role) {
    const before = await until(`a ${role} runs`, () => server.children()[role]);
    process.kill(before, 'SIGKILL');
    await until(`another ${role} runs`, () => server.children()[role] && server.children()[role] !== before);
}

const serving = () => until('the server answers', async () => {
    try {
        return (await server.admin('GET', '/readyz')).status === 200
            && (await server.fetchOrder('nobody')).status === 404;
    } catch {
        return false;
    }
}, 30_000);

describe('a rotation of the data key under load', () => {
    let shopper, paid, saved, hook, kept, idempotent, paytm, token, juspay, made, during, was;
    const key = { headers: { 'x-idempotency-key': freshId('key') } };

    before(async () => {
        hook = await receiver();
        const added = tool(server, ['webhook', 'add', '1', '--url', hook.url]);
        assert.equal(added.status, 0, added.stderr);
        shopper = new Shopper(server);
        paid = await shopper.paid(card());
        saved = await shopper.saved();
        paytm = new Paytm(server);
        token = await paytm.make();
        juspay = new Juspay(server);
        kept = smallOrder();
        idempotent = await server.createOrder(kept, key);
        made = await createOrders(ORDERS);
        was = status();
    });
    after(() => hook.close());

    async function assertAllWorks() {
        await assertAllReadable([...made, kept.order_id]);
        const again = await server.createOrder(kept, key);
        assert.equal(again.text, idempotent.text, 'the answer was remembered');
        const [payment] = await shopper.payments(paid.order);
        assert.equal(payment.payment_status, 'SUCCESS');
        assert.equal(await shopper.status(paid.order), 'PAID');
        assert.equal((await shopper.instruments())[0].instrument_id, saved.instrument.instrument_id);
        const answer = await paytm.generateTokenData(token, { orderID: freshId() });
        assertResult(answer, '00', 'SUCCESS', 'SUCCESS');
        assert.equal((await juspay.make()).tokenStatus ?? 'ACTIVE', 'ACTIVE');
        const order = (await shopper.paid(card())).order;
        const about = () => hook.got.find((one) => one.json?.data?.order?.order_id === order.order_id);
        const one = await until('the webhook', about);
        server.sdk().PGVerifyWebhookSignature(one.headers['x-webhook-signature'], one.raw,
            one.headers['x-webhook-timestamp']);
    }

    test('goes on after its gateway and its keyholder are killed, and ends', async () => {
        let ended = false;
        const load = createOrders(1e9, { stop: () => ended, hurt: true });
        const rotated = keys('rotate');
        assert.ok(rotated.records >= ORDERS, String(rotated.records));
        assert.notEqual(rotated.id, newest(was, 'data').id);
        const early = await until('some are done', async () => {
            const { json } = await server.admin('GET', '/admin/keys');
            return json.reencryption.done > 0 && json.reencryption;
        });
        assert.ok(early.done < early.records, 'some are not');
        await kill('gateway');
        await serving();
        const between = status().reencryption;
        assert.equal(between.to, rotated.id);
        await kill('keyholder');
        await serving();
        const now = await over();
        ended = true;
        during = await load;
        made.push(...during);
        assert.ok(during.length > 0, 'orders were made meanwhile');
        assert.equal(now.reencryption.percent, 100);
        assert.equal(now.reencryption.to, rotated.id);
        assert.equal(now.reencryption.damaged, 0);
        assert.ok(now.reencryption.done >= ORDERS, String(now.reencryption.done));
        assert.equal(newest(now, 'data').id, rotated.id);
        assert.equal(older(now, 'data').state, 'old');
        await assertAllWorks();
    });

    test('the older key goes when it is known what is lost with it, and nothing misses it', async () => {
        const gone = older(status(), 'data').id;
        const refused = tool(server, ['key', 'destroy', '--generation', gone]);
        assert.equal(refused.status, 1);
        assert.match(refused.stderr, /backups from before the rotation/);
        assert.equal(keys('destroy', '--generation', gone, '--yes').destroyed, true);
        assert.equal(older(status(), 'data'), undefined);
        await assertAllWorks();
        await kill('keyholder');
        await serving();
        await assertAllWorks();
    });

    test('a key that records are under is not destroyed, and how many there are is said', async () => {
        const before = newest(status(), 'data').id;
        const rotated = keys('rotate');
        const { status: code, json } = await server.admin('POST', '/admin/keys/destroy',
            { purpose: 'data', id: before, confirm: true });
        assert.equal(code, 409, JSON.stringify(json));
        assert.equal(json.error, 'wrong_state');
        assert.ok(json.records > 0 && json.records <= rotated.records);
        const newer = tool(server, ['key', 'destroy', '--generation', rotated.id, '--yes']);
        assert.equal(newer.status, 1);
        assert.match(newer.stderr, /newest/);
        const shown = tool(server, ['key', 'status', '--follow']);
        assert.equal(shown.status, 0, shown.stderr);
        assert.match(shown.stdout, /^100 %: \d+ of \d+ records are under the data key/m);
    });

    test('each change of the keys is in the audit log, which is whole', async () => {
        const tail = tool(server, ['audit', 'tail', '--rows', '1000']);
        const rows = tail.stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line))
            .filter((row) => row.event === 'key').map((row) => row.object.replace(/ [0-9a-f]{8} /, ' '));
        for (const what of ['made', 'destroyed', 're-encryption began', 're-encryption ended'])
            assert.ok(rows.includes(`data ${what}`), what);
        assert.equal(rows.filter((row) => row === 'data made').length, 2);
        const verified = tool(server, ['audit', 'verify']);
        assert.equal(verified.status, 0, verified.stdout + verified.stderr);
    });
});

describe('the other keys', () => {
    test('an id key comes later than every number there is, and old ids stay', async () => {
        const order = (await server.createOrder(smallOrder())).json;
        const rotated = keys('rotate', '--purpose', 'id');
        const after = await server.fetchOrder(order.order_id);
        assert.equal(after.json.cf_order_id, order.cf_order_id);
        assert.equal(after.json.payment_session_id, order.payment_session_id);
        /* Past the margin of a minute: new orders are shown under the new key, old ones as they were. */
        await server.admin('POST', '/sandbox/clock', { advance_seconds: 120 });
        const later = (await server.createOrder(smallOrder())).json;
        await kill('gateway');
        await serving();
        assert.equal((await server.fetchOrder(order.order_id)).json.cf_order_id, order.cf_order_id);
        assert.equal((await server.fetchOrder(later.order_id)).json.cf_order_id, later.cf_order_id);
        const all = status();
        assert.equal(newest(all, 'id').id, rotated.id);
        assert.equal(older(all, 'id').state, 'overlap');
    });

    test('an order token lives on over a rotation of the signing key', async () => {
        const order_id = freshId();
        const form = { appId: server.clientId, orderId: order_id, orderAmount: '256.00', orderCurrency: 'INR',
            customerName: 'Asha', customerPhone: PHONE, customerEmail: 'asha@shop.example',
            returnUrl: `${server.base}/back` };
        const minted = await server.orderToken({ orderId: order_id, orderAmount: 256, orderCurrency: 'INR' });
        const submit = (tokenData) => server.request({ method: 'POST', path: '/billpay/checkout/post/submit',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: new URLSearchParams({ ...form, tokenData }).toString() });
        keys('rotate', '--purpose', 'signing');
        await kill('gateway');            /* which has the hour's key in memory */
        await serving();
        assert.notEqual((await submit(`x${minted.json.cftoken}`)).status, 303);
        const taken = await submit(minted.json.cftoken);
        assert.equal(taken.status, 303, taken.text);
        assert.match(taken.headers.location, /session_/);
        const verified = tool(server, ['audit', 'verify']);
        assert.equal(verified.status, 0, verified.stdout + verified.stderr);
        const gone = tool(server, ['key', 'destroy', '--purpose', 'signing', '--yes', '--generation',
            older(status(), 'signing').id]);
        assert.equal(gone.status, 1);
        assert.match(gone.stderr, /archive and purge/);
    });

    test('a card is matched under two fingerprint keys and no more', async () => {
        const buyer = new Shopper(server);
        const { instrument } = await buyer.saved();
        keys('rotate', '--purpose', 'fingerprint');
        assert.ok(status().tokens_under_older_fingerprint >= 1);
        const again = await buyer.saved();
        assert.equal(again.instrument.instrument_id, instrument.instrument_id, 'one token of this card');
        const third = tool(server, ['key', 'rotate', '--purpose', 'fingerprint']);
        assert.equal(third.status, 1);
        assert.match(third.stderr, /destroy the older one first/);
        const gone = keys('destroy', '--purpose', 'fingerprint', '--yes', '--generation',
            older(status(), 'fingerprint').id);
        assert.ok(gone.tokens >= 1);
        assert.equal(status().tokens_under_older_fingerprint, 0);
    });

    test('what is no purpose, no generation or no admin is refused', async () => {
        for (const purpose of ['base', 'all', '', 7]) {
            const { status: code } = await server.admin('POST', '/admin/keys/rotate', { purpose });
            assert.equal(code, 400, String(purpose));
        }
        const unknown = await server.admin('POST', '/admin/keys/destroy',
            { purpose: 'data', id: '00000000', confirm: true });
        assert.equal(unknown.status, 404);
        const short = await server.admin('POST', '/admin/keys/destroy', { purpose: 'data', id: '0000', confirm: true });
        assert.equal(short.status, 400);
        for (const [method, where] of [['GET', '/admin/keys'], ['GET', '/admin/keys/inventory'],
            ['POST', '/admin/keys/rotate'], ['POST', '/admin/keys/destroy']]) {
            const { status: code } = await server.admin(method, where, method === 'POST' ? {} : undefined, {});
            assert.equal(code, 401, where);
        }
    });
});

test('the inventory lists every key with its algorithm, age and use', async () => {
    const { keys: lines } = keys('inventory');
    const named = (name) => lines.filter((line) => line.name === name);
    for (const line of lines) {
        assert.ok(line.algorithm && line.standard && line.used_for, line.name);
        assert.equal(line.over, false, line.name);
    }
    assert.equal(named('data')[0].id, newest(status(), 'data').id);
    assert.equal(named('data')[0].bits, 256);
    assert.match(named('data')[0].algorithm, /AES-256-GCM/);
    assert.equal(named('cards through the Juspay API')[0].bits, 2048);
    assert.ok(named('Cashfree client secrets')[0].count >= 1);
    assert.equal(named('TLS certificate').length, 0);
    const shown = tool(server, ['key', 'inventory']);
    assert.equal(shown.status, 0, shown.stderr);
    assert.match(shown.stdout, /^signing: audit log +[0-9a-f]{8} +newest +256/m);
    assert.match(shown.stdout, /AES-128-CBC with a fixed IV is Paytm's checksum format/);
});
