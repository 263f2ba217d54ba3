// What happens is told to merchants: signed, in order, again and again until it has arrived.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import PaytmChecksum from 'paytmchecksum';
import { Juspay, NUMBERS } from './cards.mjs';
import { freshId, run, smallOrder, startServer, until } from './harness.mjs';
import { receiver } from './receiver.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.close());

const webhook = (...args) => run(['webhook', ...args, '--data', server.data]);
const clock = (body) => server.admin('POST', '/sandbox/clock', body);
const deliveries = async (query = '') =>
    (await server.admin('GET', `/admin/merchants/1/deliveries${query}`)).json.deliveries;

async function addEndpoint(url, ...more) {
    const added = await webhook('add', '1', '--url', url, '--json', ...more);
    assert.equal(added.status, 0, added.stderr);
    return JSON.parse(added.stdout).endpoint;
}

/** An order that was paid by UPI, or was to be. */
async function pay(upi = 'testsuccess@gocash', changes = {}) {
    const order = await server.createOrder(smallOrder({ order_amount: 170, ...changes }));
    assert.equal(order.status, 200, order.text);
    const paid = await server.pg('POST', '/orders/sessions', {
        payment_session_id: order.json.payment_session_id,
        payment_method: { upi: { channel: 'collect', upi_id: upi } },
    });
    assert.equal(paid.status, 200, paid.text);
    return { ...order.json, cf_payment_id: paid.json.cf_payment_id };
}

const about = (hook, order) => hook.got.filter((one) => one.json?.data?.order?.order_id === order.order_id);

describe('an endpoint', () => {
    let hook, number;
    before(async () => {
        hook = await receiver();
        number = await addEndpoint(hook.url);
    });
    after(async () => {
        await webhook('remove', '1', '--endpoint', String(number));
        await hook.close();
    });
    afterEach(async () => {
        hook.answer = () => 200;
        await clock({ system: true });
    });

    test('is told of a payment, and the official client finds the signature right', async () => {
        const order = await pay();
        const [one] = await until('the webhook', () => about(hook, order).length && about(hook, order));
        const event = server.sdk().PGVerifyWebhookSignature(one.headers['x-webhook-signature'], one.raw,
            one.headers['x-webhook-timestamp']);
        assert.equal(event.type, 'PAYMENT_SUCCESS_WEBHOOK');
        assert.equal(one.headers['content-type'], 'application/json');
        assert.equal(one.headers['x-webhook-version'], '2025-01-01');
        assert.equal(one.headers['x-webhook-attempt'], '1');
        assert.match(one.headers['x-idempotency-key'], /^[A-Za-z0-9+/]{43}=$/);
        assert.ok(one.raw.includes('"order_amount":170.00,'), one.raw);
        assert.equal(one.json.data.payment.cf_payment_id, order.cf_payment_id);
        assert.equal(one.json.data.payment.payment_status, 'SUCCESS');
        assert.equal(one.json.data.customer_details.customer_phone, '9908734801');
        assert.throws(() => server.sdk().PGVerifyWebhookSignature(one.headers['x-webhook-signature'],
            JSON.stringify(one.json), one.headers['x-webhook-timestamp']), 'amounts lost their zeros');
    });

    test('that fails is told again two minutes later: the same, but for time, attempt and signature', async () => {
        hook.answer = () => 500;
        const order = await pay();
        await until('the first try', () => about(hook, order).length === 1);
        await until('its outcome', async () => (await deliveries(`?order_id=${order.order_id}`))[0].attempts === 1);
        hook.answer = () => 200;
        await clock({ advance_seconds: 121 });
        await until('the second try', () => about(hook, order).length === 2);
        const [first, second] = about(hook, order);
        assert.equal(second.headers['x-webhook-attempt'], '2');
        assert.equal(second.raw, first.raw);
        assert.equal(second.headers['x-idempotency-key'], first.headers['x-idempotency-key']);
        assert.notEqual(second.headers['x-webhook-timestamp'], first.headers['x-webhook-timestamp']);
        const expected = createHmac('sha256', server.clientSecret)
            .update(second.headers['x-webhook-timestamp'] + second.raw).digest('base64');
        assert.equal(second.headers['x-webhook-signature'], expected);
        await until('it is done', async () => (await deliveries(`?order_id=${order.order_id}`))[0].state === 'done');
    });

    test('is told of a refund only when it has heard of the payment', async () => {
        hook.answer = (one) => (one.json.type === 'PAYMENT_SUCCESS_WEBHOOK' ? 503 : 200);
        const order = await pay();
        await until('the first try', () => about(hook, order).length === 1);
        const refund = await server.pg('POST', `/orders/${order.order_id}/refunds`,
            { refund_amount: 20.5, refund_id: `refund_${order.order_id}`.slice(0, 40), refund_note: 'SUCCESS' });
        assert.equal(refund.status, 200, refund.text);
        await until('both are queued', async () => (await deliveries(`?order_id=${order.order_id}`)).length === 2);
        assert.deepEqual((await deliveries(`?order_id=${order.order_id}`)).map((one) => one.state), ['waits', 'due']);
        hook.answer = () => 200;
        await clock({ advance_seconds: 121 });
        await until('the refund', () => hook.got.some((one) => one.json?.data?.refund?.order_id === order.order_id));
        const types = hook.got.filter((one) => one.raw.includes(order.order_id)).map((one) => one.json.type);
        assert.deepEqual(types, ['PAYMENT_SUCCESS_WEBHOOK', 'PAYMENT_SUCCESS_WEBHOOK', 'REFUND_STATUS_WEBHOOK']);
        assert.ok(hook.got.at(-1).raw.includes('"refund_amount":20.50,'));
    });

    test('is told once more for who asks', async () => {
        const order = await pay();
        const [{ delivery }] = await until('it is done', async () => {
            const all = await deliveries(`?order_id=${order.order_id}&state=done`);
            return all.length && all;
        });
        const again = await webhook('resend', '1', '--delivery', String(delivery));
        assert.equal(again.status, 0, again.stderr);
        await until('the second', () => about(hook, order).length === 2);
        assert.equal(about(hook, order)[1].headers['x-webhook-attempt'], '2');
        const shown = await webhook('show', '1', '--delivery', String(delivery), '--json');
        assert.equal(JSON.parse(shown.stdout).body, about(hook, order)[0].raw);
    });

    test('an order may name one of its own', async () => {
        const own = await receiver();
        try {
            const order = await pay('testsuccess@gocash', { order_meta: { notify_url: own.url } });
            await until('both', () => about(own, order).length && about(hook, order).length);
            assert.equal(about(own, order)[0].raw, about(hook, order)[0].raw);
        } finally {
            await own.close();
        }
    });
});

test('an endpoint that never answers delays no other', async () => {
    const dead = await receiver(() => 0), alive = await receiver();
    const numbers = [await addEndpoint(dead.url), await addEndpoint(alive.url)];

    try {
        const orders = [await pay(), await pay(), await pay()];
        for (const order of orders)
            await until('the living one', () => about(alive, order).length === 1);
    } finally {
        for (const number of numbers)
            await webhook('remove', '1', '--endpoint', String(number));
        await Promise.all([dead.close(), alive.close()]);
    }
});

test('what was under way when the power went is sent again, and the receiver can tell', async () => {
    const hook = await receiver(() => 0);
    const number = await addEndpoint(hook.url);

    try {
        const order = await pay();
        await until('the first try', () => about(hook, order).length === 1);
        await server.killGroup();
        hook.answer = () => 200;
        await server.restart();
        await until('the next try', () => about(hook, order).length === 2, 20_000);
        const [first, second] = about(hook, order);
        assert.equal(second.raw, first.raw);
        assert.equal(second.headers['x-idempotency-key'], first.headers['x-idempotency-key']);
    } finally {
        await webhook('remove', '1', '--endpoint', String(number));
        await hook.close();
    }
});

test('a courier that dies takes nothing with it', async () => {
    const hook = await receiver(() => 0);
    const number = await addEndpoint(hook.url);

    try {
        const order = await pay();
        await until('the first try', () => about(hook, order).length === 1);
        process.kill(server.children().courier, 'SIGKILL');
        await until('it is lost', async () => (await deliveries(`?order_id=${order.order_id}`))[0].attempts === 1);
        hook.answer = () => 200;
        await clock({ advance_seconds: 121 });
        await until('the next try', () => about(hook, order).length === 2, 20_000);
    } finally {
        await clock({ system: true });
        await webhook('remove', '1', '--endpoint', String(number));
        await hook.close();
    }
});

test('a token is told in each API\'s own words, with its own signature', async () => {
    const hook = await receiver();
    const secret = path.join(server.data, 'authorization');
    await writeFile(secret, 'Bearer what-we-agreed-on\n');
    const numbers = [
        await addEndpoint(`${hook.url}/juspay`, '--kind', 'juspay', '--authorization-file', secret),
        await addEndpoint(`${hook.url}/paytm`, '--kind', 'paytm'),
    ];
    const { mid, merchant_key: key } = server.credentials.paytm;

    try {
        const made = await new Juspay(server).make();
        await until('both', () => hook.got.length === 2);
        const juspay = hook.got.find((one) => one.url.endsWith('/juspay'));
        assert.equal(juspay.headers.authorization, 'Bearer what-we-agreed-on');
        assert.deepEqual(juspay.json, { token: {
            card_reference: made.cardReference, customer_id: made.customerId,
            expiry_year: made.tokenExpiryYear, expiry_month: made.tokenExpiryMonth } });
        const paytm = hook.got.find((one) => one.url.endsWith('/paytm'));
        assert.equal(paytm.json.body.mid, mid);
        assert.equal(paytm.json.body.tokenInfo.tokenStatus, 'ACTIVE');
        assert.equal(`token_${paytm.json.body.tokenInfo.tokenIndexNumber}`, made.cardReference);
        const text = paytm.raw.slice(paytm.raw.indexOf('"body":') + '"body":'.length, -1);
        assert.ok(PaytmChecksum.verifySignature(text, key, paytm.json.head.signature));
        assert.ok(!PaytmChecksum.verifySignature(`${text} `, key, paytm.json.head.signature));
        for (const { raw } of hook.got)
            assert.ok(!raw.includes(NUMBERS.visa) && !raw.includes(made.token), 'no card number, and no token\'s');
    } finally {
        for (const number of numbers)
            await webhook('remove', '1', '--endpoint', String(number));
        await hook.close();
    }
});

test('a card that is saved by a payment is told of as an instrument', async () => {
    const hook = await receiver();
    const number = await addEndpoint(hook.url);
    const customer = freshId('customer');

    try {
        const order = await server.createOrder(smallOrder({
            customer_details: { customer_id: customer, customer_phone: '9908734801' } }));
        const paid = await server.pg('POST', '/orders/sessions', {
            payment_session_id: order.json.payment_session_id, save_instrument: true,
            payment_method: { card: { channel: 'post', card_number: NUMBERS.visa, card_holder_name: 'Test',
                card_expiry_mm: '03', card_expiry_yy: '28', card_cvv: '123' } },
        });
        assert.equal(paid.status, 200, paid.text);
        const otp = await server.pg('POST', `/orders/pay/authenticate/${paid.json.cf_payment_id}`,
            { action: 'SUBMIT_OTP', otp: '111000' });
        assert.equal(otp.status, 200, otp.text);
        await until('both', () => hook.got.length === 2);
        const { instrument } = hook.got.find((one) => one.json.type === 'INSTRUMENT_ACTIVE_WEBHOOK').json.data;
        const [listed] = (await server.sdk().PGCustomerFetchInstruments(customer, 'card')).data;
        assert.equal(instrument.instrument_id, listed.instrument_id);
        assert.equal(instrument.customer_id, customer);
        assert.equal(instrument.instrument_status, 'ACTIVE');
        assert.ok(hook.got.every((one) => !one.raw.includes(NUMBERS.visa)));
    } finally {
        await webhook('remove', '1', '--endpoint', String(number));
        await hook.close();
    }
});

test('of a wallet the phone number is told, and of a payer who gave up that he did', async () => {
    const hook = await receiver();
    const number = await addEndpoint(hook.url);
    const decide = (payment, decision) =>
        server.admin('POST', '/sandbox/acquirer/decisions', { payment, decision });

    try {
        for (const [decision, type] of [['drop', 'PAYMENT_USER_DROPPED_WEBHOOK'], ['fail', 'PAYMENT_FAILED_WEBHOOK']]) {
            const order = await server.createOrder(smallOrder({ order_amount: 170 }));
            const paid = await server.pg('POST', '/orders/sessions', {
                payment_session_id: order.json.payment_session_id,
                payment_method: { app: { channel: 'link', provider: 'phonepe', phone: '9999999998' } },
            });
            assert.equal(paid.status, 200, paid.text);
            const decided = await decide(paid.json.cf_payment_id, decision);
            assert.equal(decided.status, 200, decided.text);
            const [one] = await until(type, () => about(hook, order.json).length && about(hook, order.json));
            assert.equal(one.json.type, type);
            assert.deepEqual(one.json.data.payment.payment_method,
                { app: { channel: 'link', provider: 'phonepe', phone: '9999999998' } });
            assert.equal(one.json.data.payment.payment_group, 'wallet');
            assert.equal('error_details' in one.json.data, decision === 'fail');
        }
    } finally {
        await webhook('remove', '1', '--endpoint', String(number));
        await hook.close();
    }
});

test('a URL that is none is refused', async () => {
    const refused = await webhook('add', '1', '--url', 'https://user:word@shop.example/hook');
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /tijori webhook: refused: /);
});
