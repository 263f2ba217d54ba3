// Paying without a card: UPI, net banking, wallets, lenders; and what an order offers.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { startServer } from './harness.mjs';
import { assertRefused, card, collect, MASTERCARD, Shopper, upi } from './paying.mjs';

let server, shopper;
before(async () => {
    server = await startServer();
    shopper = new Shopper(server);
});
after(() => server.close());

describe('UPI', () => {
    test('collect: nothing to do but wait', async () => {
        const { order, data } = await shopper.begin(collect('testsuccess'));
        assert.deepEqual([data.action, data.channel, data.payment_method], ['custom', 'collect', 'upi']);
        assert.deepEqual(data.data, { url: null, payload: null, content_type: null, method: null });
        assert.equal((await shopper.outcome(order)).payment_status, 'SUCCESS');
        assert.equal(await shopper.status(order), 'PAID');
    });

    test('collect with addresses that decline: sent, and then FAILED', async () => {
        for (const name of ['testfailure', 'testdeclineuser', 'testinsufficientfunds', 'testtimeoutbank', 'testfraud']) {
            const { order, data } = await shopper.begin(collect(name));
            assert.equal(data.action, 'custom');
            const { payment_status, error_details } = await shopper.outcome(order);
            assert.equal(payment_status, 'FAILED', name);
            assert.ok(error_details.error_code, name);
            assert.equal(await shopper.status(order), 'ACTIVE');
        }
    });

    test('collect from a payer who leaves: sent, and then USER_DROPPED', async () => {
        const { order, data } = await shopper.begin(collect('testuserdropped'));
        assert.equal(data.action, 'custom');
        assert.equal((await shopper.outcome(order)).payment_status, 'USER_DROPPED');
        assert.equal(await shopper.status(order), 'ACTIVE');
    });

    test('no payer makes a payment an authorisation: only the order says so', async () => {
        const only = upi('collect', { upi_id: 'testsuccess@gocash', authorize_only: true });
        const plain = await shopper.order(), noted = await shopper.order({ order_note: 'preauth_transaction' });
        await assertRefused(shopper.pay(plain, only), 400, 'authorize_only_invalid', /order_note/);
        assert.equal(await shopper.status(plain), 'ACTIVE');
        assert.equal((await shopper.pay(noted, only)).status, 200);
        const paid = await shopper.outcome(noted);
        assert.deepEqual([paid.payment_status, paid.is_captured], ['SUCCESS', false]);
    });

    test('collect from nobody: 400', async () => {
        await assertRefused(shopper.pay(await shopper.order(), collect('testinvalid')), 400, 'upi_id_invalid');
        await assertRefused(shopper.pay(await shopper.order(), upi('collect')), 400, 'upi_id_missing');
    });

    test('link: an intent for each app', async () => {
        const { data } = await shopper.begin(upi('link'));
        for (const key of ['default', 'gpay', 'phonepe', 'paytm', 'bhim']) {
            const url = new URL(data.data.payload[key]);
            assert.equal(url.searchParams.get('am'), '10.15');
            assert.equal(url.searchParams.get('cu'), 'INR');
        }
        assert.equal(data.data.payload.default.slice(0, 10), 'upi://pay?');
        assert.equal((await server.request({ path: new URL(data.data.payload.web).pathname })).status, 200);
    });

    test('qrcode: a PNG that unpacks to rows of its size', async () => {
        const { data } = await shopper.begin(upi('qrcode'));
        const [head, text] = data.data.payload.qrcode.split(',');
        assert.equal(head, 'data:image/png;base64');
        const png = Buffer.from(text, 'base64');
        const side = png.readUInt32BE(16);
        assert.equal(png.readUInt32BE(20), side);
        const rows = inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)));
        assert.equal(rows.length, side * (1 + Math.ceil(side / 8)));
    });
});

describe('other ways', () => {
    test('net banking, wallets and lenders are led to a page', async () => {
        const phone = '8714268343';
        const ways = [
            [{ netbanking: { channel: 'link', netbanking_bank_code: 3333 } }, 'netbanking'],
            [{ netbanking: { channel: 'link', netbanking_bank_name: 'TESTR' } }, 'netbanking'],
            [{ app: { channel: 'link', provider: 'phonepe', phone: '9999999999' } }, 'app'],
            [{ paylater: { channel: 'link', provider: 'lazypay', phone } }, 'paylater'],
            [{ cardless_emi: { channel: 'link', provider: 'flexmoney', phone } }, 'cardless_emi'],
        ];
        for (const [method, name] of ways) {
            const { data } = await shopper.begin(method, {}, { order_amount: 1500 });
            assert.deepEqual([data.action, data.channel, data.payment_method], ['link', 'link', name]);
            const page = await server.request({ path: new URL(data.data.url).pathname });
            assert.equal(page.status, 200, page.text);
        }
    });

    test('refusals by their codes', async () => {
        const order = await shopper.order({ order_amount: 1500 });
        const cases = [
            [{ netbanking: { channel: 'link', netbanking_bank_code: 9999 } }, 'netbanking_bank_code_invalid'],
            [{ netbanking: { channel: 'link' } }, 'netbanking_bank_code_missing'],
            [{ paylater: { channel: 'link', provider: 'lazypay', phone: '9000000000' } }, 'invalid_request_error'],
            [{ cardless_emi: { channel: 'link', provider: 'hdfc', phone: '8714268343' } }, 'emi_tenure_missing'],
            [{ banktransfer: { channel: 'link' } }, 'payment_method_unsupported'],
            [{ app: { channel: 'link', provider: 'phonepe', phone: '12' } }, 'phone_invalid'],
            [{}, 'payment_method_invalid'],
            [{ ...upi('link'), ...card() }, 'payment_method_invalid'],
        ];
        for (const [method, code] of cases)
            await assertRefused(shopper.pay(order, method), 400, code);
        assert.equal(await shopper.status(order), 'ACTIVE');
    });
});

describe('what an order offers', () => {
    test('payment_methods narrows it', async () => {
        const order = await shopper.order({ order_meta: { payment_methods: 'dc,upi' } });
        await assertRefused(shopper.pay(order, { netbanking: { channel: 'link', netbanking_bank_code: 3333 } }), 400,
            'payment_method_unsupported');
        await assertRefused(shopper.pay(order, card({ card_number: MASTERCARD })), 400, 'card_unsupported');
        assert.equal((await shopper.pay(order, card())).status, 200);
    });

    test('payment_methods_filters, in both of its forms', async () => {
        const old = new Shopper(server, { version: '2025-01-01' });
        for (const [buyer, card_bins] of [[shopper, ['470613']], [old, { action: 'ALLOW', values: ['470613'] }]]) {
            const order = await buyer.order({ order_meta: { payment_methods_filters: { filters: { card_bins } } } });
            await assertRefused(buyer.pay(order, card({ card_number: MASTERCARD })), 400, 'card_unsupported');
            assert.equal((await buyer.pay(order, card())).status, 200);
        }
    });

    test('a customer with a bank account pays from it alone', async () => {
        const customer_details = { customer_id: 'c_tpv', customer_phone: '9908734801',
            customer_bank_account_number: '1111222233', customer_bank_ifsc: 'TEST0001234' };
        const right = await shopper.begin(collect('testsuccess'), {}, { customer_details });
        assert.equal((await shopper.outcome(right.order)).payment_status, 'SUCCESS');
        const wrong = await shopper.begin(collect('testsuccess'), {},
            { customer_details: { ...customer_details, customer_bank_account_number: '9999999999' } });
        assert.equal((await shopper.outcome(wrong.order)).payment_status, 'FAILED');
        const bound = await shopper.order({ customer_details });
        const wallet = { app: { channel: 'link', provider: 'paytm', phone: '8474090589' } };
        for (const tells_none of [card(), wallet])
            await assertRefused(shopper.pay(bound, tells_none), 400, 'payment_method_unsupported', /bank account/);
        const bank = { netbanking: { channel: 'link', netbanking_bank_code: 3333 } };
        assert.equal((await shopper.pay(bound, bank)).status, 200);
    });
});
