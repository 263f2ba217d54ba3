// Paying with cards through Cashfree's own client: typed, saved, and the errors that move no money.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freshId, refused, startServer } from './harness.mjs';
import { assertRefused, card, MASTERCARD, OTP, Shopper, VISA } from './paying.mjs';

let server, shopper;
before(async () => {
    server = await startServer();
    shopper = new Shopper(server);
});
after(() => server.close());

describe('a typed card', () => {
    test('with channel post: an OTP, and the order is PAID', async () => {
        const { order, data, id } = await shopper.begin(card());
        assert.equal(data.action, 'post');
        assert.equal(data.channel, 'post');
        assert.equal(data.payment_method, 'card');
        assert.equal(data.payment_amount, 10.15);
        assert.match(id, /^\d+$/);
        assert.equal(data.data.url, `${server.base}/pg/orders/pay/authenticate/${id}`);
        assert.match(data.data.redirect_to_bank, /\/pg\/view\/gateway\/[0-9a-f]+$/);
        assert.equal(await shopper.status(order), 'ACTIVE');
        const answer = (await shopper.otp(id)).data;
        assert.deepEqual(answer, { action: 'SUBMIT_OTP', authenticate_status: 'SUCCESS', cf_payment_id: id,
            payment_message: 'payment successful' });
        assert.equal(await shopper.status(order), 'PAID');
        const [payment] = await shopper.payments(order);
        assert.equal(payment.cf_payment_id, id);
        assert.equal(payment.payment_status, 'SUCCESS');
    });

    test('its url takes the OTP as it says, without any header of ours', async () => {
        const { order, data } = await shopper.begin(card());
        assert.deepEqual([data.data.method, data.data.content_type], ['post', 'application/json']);
        const { status, json } = await server.request({ method: 'POST', path: new URL(data.data.url).pathname,
            body: { action: 'SUBMIT_OTP', otp: 111000 } });
        assert.equal(status, 200);
        assert.equal(json.authenticate_status, 'SUCCESS');
        assert.equal(await shopper.status(order), 'PAID');
    });

    test('with channel link: the bank\'s page', async () => {
        const { data } = await shopper.begin(card({ channel: 'link', card_number: MASTERCARD }));
        assert.equal(data.action, 'link');
        assert.match(data.data.url, /\/pg\/view\/gateway\/[0-9a-f]+$/);
        const page = await server.request({ path: new URL(data.data.url).pathname });
        assert.equal(page.status, 200, page.text);
    });

    test('is nowhere on the disk and in no journal afterwards', async () => {
        await shopper.saved();
        const files = (where) => readdirSync(where, { withFileTypes: true }).flatMap((entry) =>
            (entry.isDirectory() ? files(path.join(where, entry.name)) : [path.join(where, entry.name)]));
        for (const file of files(server.data).filter((name) => statSync(name).isFile()))
            assert.ok(!readFileSync(file).includes(VISA), file);
        assert.ok(!server.log().includes(VISA));
    });
});

describe('a saved card', () => {
    test('is saved by a payment with save_instrument, and names that payment', async () => {
        const buyer = new Shopper(server);
        await buyer.paid(card());
        assert.deepEqual(await buyer.instruments(), []);
        const { id, instrument } = await buyer.saved();
        assert.equal(instrument.afa_reference, id);
        assert.equal(instrument.instrument_display, `XXXXXXXXXXXX${VISA.slice(-4)}`);
    });

    test('pays by instrument_id and by instrument_uid', async () => {
        const buyer = new Shopper(server);
        const { instrument } = await buyer.saved();
        const { instrument_id, instrument_uid } = instrument;
        for (const named of [{ instrument_id }, { instrument_uid }, { instrument_id, card_cvv: '123' }]) {
            const { order } = await buyer.paid({ card: { channel: 'post', ...named } });
            assert.equal(await buyer.status(order), 'PAID');
        }
        assert.equal((await buyer.instruments()).length, 1);
    });

    test('a failed payment saves nothing', async () => {
        const buyer = new Shopper(server);
        const { id } = await buyer.begin(card(), { save_instrument: true });
        for (let i = 0; i < 3; i++)
            assert.equal((await buyer.otp(id, '000000')).data.authenticate_status, 'FAILED');
        await assertRefused(buyer.otp(id), 400, 'request_invalid');
        assert.deepEqual(await buyer.instruments(), []);
    });

    test('of another customer, unknown, or deleted: 404', async () => {
        const owner = new Shopper(server), other = new Shopper(server);
        const { instrument: { instrument_id } } = await owner.saved();
        const method = { card: { channel: 'post', instrument_id } };
        const order = await other.order();
        await assertRefused(other.pay(order, method), 404, 'instrument_not_found');
        await assertRefused(other.pay(order, { card: { channel: 'post',
            instrument_id: '00000000-0000-4000-8000-000000000000' } }), 404, 'instrument_not_found');
        await owner.sdk.PGCustomerDeleteInstrument(owner.customer, instrument_id);
        await assertRefused(owner.pay(await owner.order(), method), 404, 'instrument_not_found');
        assert.deepEqual(await other.payments(order), []);
    });

    test('its cryptogram pays once, as that of a token from elsewhere', async () => {
        const buyer = new Shopper(server);
        const { instrument: { instrument_id } } = await buyer.saved();
        const { data: token } = await buyer.sdk.PGCustomerInstrumentsFetchCryptogram(buyer.customer, instrument_id);
        const { card_number, card_expiry_mm, card_expiry_yy, cryptogram, token_requestor_id, card_display } = token;
        const method = { card: { channel: 'post', card_number, card_expiry_mm, card_expiry_yy, cryptogram,
            token_requestor_id, card_display } };
        const { order } = await buyer.paid(method);
        assert.equal(await buyer.status(order), 'PAID');
        const again = await buyer.order();
        await assertRefused(buyer.pay(again, method), 400, 'cryptogram_already_used');
        assert.equal(await buyer.status(again), 'ACTIVE');
    });
});

describe('what moves no money', () => {
    test('a session that is missing, made up, or of another server', async () => {
        const missing = await refused(shopper.sdk.PGPayOrder({ payment_method: card() }));
        assert.deepEqual([missing.status, missing.data.code, missing.data.type, missing.data.message],
            [400, 'payment_session_id_invalid', 'request_failed', 'payment_session_id is missing in the request']);
        const { payment_session_id } = await shopper.order();
        const other = await startServer();
        try {
            for (const id of ['session_x', payment_session_id.slice(0, -1),
                payment_session_id.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A'))])
                await assertRefused(shopper.pay({ payment_session_id: id }, card()), 400,
                    'payment_session_id_invalid', /not present or is invalid/);
            await assertRefused(new Shopper(other).pay({ payment_session_id }, card()), 400,
                'payment_session_id_invalid');
        } finally {
            await other.close();
        }
    });

    test('an order that is paid or terminated', async () => {
        const { order } = await shopper.paid(card());
        await assertRefused(shopper.pay(order, card()), 400, 'order_already_paid');
        const ended = await shopper.order();
        await shopper.sdk.PGTerminateOrder(ended.order_id, { order_status: 'TERMINATED' });
        await assertRefused(shopper.pay(ended, card()), 400, 'order_inactive', /terminated/);
        assert.equal((await shopper.payments(order)).length, 1);
    });

    test('one OTP from two tabs at once pays once', async () => {
        const { order, id } = await shopper.begin(card());
        const answers = await Promise.allSettled(Array.from({ length: 8 }, () => shopper.otp(id)));
        const good = answers.filter((a) => a.status === 'fulfilled' && a.value.data.authenticate_status === 'SUCCESS');
        assert.equal(good.length, 1);
        for (const answer of answers.filter((a) => a.status === 'rejected'))
            assert.ok([400, 409].includes(answer.reason.response.status), JSON.stringify(answer.reason.response.data));
        const [payment] = await shopper.payments(order);
        assert.equal(payment.payment_status, 'SUCCESS');
    });

    test('one order from two tabs is paid once', async () => {
        const order = await shopper.order();
        const tabs = await Promise.allSettled([0, 1].map(() => shopper.pay(order, card())));
        for (const { reason } of tabs.filter(({ status }) => status === 'rejected'))
            assert.equal(reason.response?.data.code, 'orderpay_already_exists', String(reason));
        const ids = tabs.filter(({ value }) => value).map(({ value }) => value.data.cf_payment_id);
        const answers = await Promise.allSettled(ids.map((id) => shopper.otp(id)));
        assert.equal(answers.filter((a) => a.status === 'fulfilled' && a.value.data.authenticate_status === 'SUCCESS')
            .length, 1);
        const paid = (await shopper.payments(order)).filter((p) => p.payment_status === 'SUCCESS');
        assert.equal(paid.length, 1);
        assert.equal(await shopper.status(order), 'PAID');
    });

    test('payment ids that were guessed', async () => {
        const { id, order } = await shopper.begin(card());
        for (const near of [1n, -1n, 2n, 1000n])
            await assertRefused(shopper.otp(String(BigInt(id) + near)), 404, 'payment_not_found');
        await assertRefused(shopper.otp('abc'), 400, 'payment_id_invalid');
        await assertRefused(shopper.otp('99999999999999999999'), 400, 'payment_get_failed');
        assert.equal(await shopper.status(order), 'ACTIVE');
        assert.equal((await shopper.otp(id, OTP)).data.authenticate_status, 'SUCCESS');
    });

    test('cards that are none: each field by its name', async () => {
        const order = await shopper.order();
        const cases = [
            [{ card_number: '4706131211212124' }, 'card_number_invalid'], [{ card_number: '' }, 'card_number_missing'],
            [{ card_expiry_mm: '13' }, 'card_expiry_mm_invalid'], [{ card_expiry_yy: '20' }, 'card_expiry_yy_invalid'],
            [{ card_cvv: '' }, 'card_cvv_missing'], [{ card_cvv: '1234' }, 'card_cvv_invalid'],
            [{ channel: undefined }, 'channel_missing'], [{ channel: 'fax' }, 'channel_invalid'],
        ];
        for (const [changes, code] of cases) {
            const { data } = await assertRefused(shopper.pay(order, card(changes)), 400, code);
            assert.ok(!JSON.stringify(data).includes('470613'));
        }
        assert.deepEqual(await shopper.payments(order), []);
    });
});

describe('old versions', () => {
    test('order tokens, channel native, a year of four digits, a code that is a number', async () => {
        const order = await server.createOrder({ order_id: freshId(), order_amount: 5, order_currency: 'INR',
            customer_details: { customer_id: 'c_1', customer_phone: '9908734801' } }, { version: '2022-01-01' });
        assert.equal(order.json.order_token.length, 20);
        const body = { order_token: order.json.order_token,
            payment_method: card({ channel: 'native', card_expiry_yy: '2028', card_cvv: 123 }) };
        const pay = (version) => server.request({ method: 'POST', path: '/pg/orders/pay', body,
            headers: { 'x-api-version': version } });
        const { status, json } = await pay('2022-01-01');
        assert.equal(status, 200, JSON.stringify(json));
        assert.equal(typeof json.cf_payment_id, 'number');
        assert.deepEqual([json.action, json.channel], ['post', 'native']);
        assert.equal((await shopper.otp(String(json.cf_payment_id))).data.authenticate_status, 'SUCCESS');
        assert.equal((await pay('2025-01-01')).status, 404);
    });
});
