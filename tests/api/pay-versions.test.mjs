// One payment through every API version: which routes there are, and which fields and types differ.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freshId, smallOrder, startServer, until } from './harness.mjs';
import { advance, OTP, VISA } from './paying.mjs';

const VERSIONS = ['2021-05-21', '2022-01-01', '2022-09-01', '2023-08-01', '2025-01-01', '2026-01-01'];
const ID = /^[1-9]\d{9,15}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30$/;

let server;
before(async () => { server = await startServer(); });
after(() => server.close());

/** A payer's browser: a version, and no credentials. */
const payer = (version, path, body) =>
    server.request({ method: 'POST', path: `/pg${path}`, body, headers: { 'x-api-version': version } });

function assertNames(object, names, what) {
    assert.deepEqual(Object.keys(object).sort(), [...names].sort(), what);
}

/** Digits in the version's own type; gives them as text. */
function assertId(version, id, what) {
    assert.equal(typeof id, version < '2023-08-01' ? 'number' : 'string', what);
    assert.match(String(id), ID, what);
    return String(id);
}

/** A new order paid by a card that is saved; gives everything that was answered. */
async function paid(version, changes = {}) {
    const customer = freshId('customer');
    const return_url = 'https://shop.example/back?order={order_id}&token={order_token}';
    const created = await server.createOrder(smallOrder({
        order_amount: 1170.5, customer_details: { customer_id: customer, customer_phone: '9908734801' },
        order_meta: { return_url }, ...changes }), { version });
    assert.equal(created.status, 200, created.text);
    const method = { payment_method: { card: { channel: 'post', card_number: VISA, card_holder_name: 'Test',
        card_expiry_mm: '03', card_expiry_yy: '28', card_cvv: '123' } }, save_instrument: true };
    const pay = version <= '2022-01-01'
        ? await payer(version, '/orders/pay', { order_token: created.json.order_token, ...method })
        : await payer(version, '/orders/sessions', { payment_session_id: created.json.payment_session_id, ...method });
    assert.equal(pay.status, 200, pay.text);
    assert.equal(pay.headers['x-api-version'], version);
    const id = assertId(version, pay.json.cf_payment_id, 'pay');
    const otp = await payer(version, `/orders/pay/authenticate/${id}`, { action: 'SUBMIT_OTP', otp: OTP });
    assert.equal(otp.status, 200, otp.text);
    return { version, customer, order: created.json, pay: pay.json, otp: otp.json, id };
}

const get = async (version, where) => {
    const answer = await server.pg('GET', where, undefined, { version });
    assert.equal(answer.status, 200, `${version} ${where}: ${answer.text}`);
    return answer.json;
};

for (const version of VERSIONS)
    describe(version, () => {
        const is2025 = version >= '2025-01-01', has2022 = version >= '2022-01-01', has2023 = version >= '2023-08-01';
        let made;
        before(async () => { made = await paid(version); });

        test('what the payer is told', () => {
            const { pay, otp, id } = made;
            assertNames(pay, ['action', 'cf_payment_id', 'channel', 'data', 'payment_amount', 'payment_method']);
            assert.deepEqual([pay.action, pay.channel, pay.payment_method, pay.payment_amount],
                ['post', 'post', 'card', 1170.5]);
            const names = ['url', 'payload', 'content_type', 'method'];
            assertNames(pay.data, is2025 ? [...names, 'redirect_to_bank'] : names);
            assert.equal(new URL(pay.data.url).pathname, `/pg/orders/pay/authenticate/${id}`);
            assertNames(otp, ['action', 'authenticate_status', 'cf_payment_id', 'payment_message']);
            assert.deepEqual([otp.action, otp.authenticate_status], ['SUBMIT_OTP', 'SUCCESS']);
            assert.equal(assertId(version, otp.cf_payment_id, 'otp'), id);
        });

        test('the payment, in a list and alone', async () => {
            const { order, id } = made;
            const list = await get(version, `/orders/${order.order_id}/payments`);
            assert.equal(list.length, 1);
            const [payment] = list;
            assert.deepEqual(await get(version, `/orders/${order.order_id}/payments/${id}`), payment);
            const names = ['cf_payment_id', 'order_id', 'entity', 'order_amount', 'payment_amount', 'payment_currency',
                'payment_status', 'payment_message', 'payment_time', 'payment_completion_time', 'payment_group',
                'is_captured', 'bank_reference', 'auth_id', 'authorization', 'error_details', 'payment_method'];
            assertNames(payment, is2025 ? [...names, 'order_currency', 'international_payment',
                'payment_gateway_details', 'payment_surcharge'] : names);
            assert.equal(assertId(version, payment.cf_payment_id, 'payment'), id);
            assert.deepEqual([payment.entity, payment.order_amount, payment.payment_amount, payment.payment_currency],
                ['payment', 1170.5, 1170.5, 'INR']);
            assert.deepEqual([payment.payment_status, payment.is_captured], ['SUCCESS', true]);
            assert.deepEqual([payment.authorization, payment.error_details], [null, null]);
            assert.equal(payment.payment_group, has2023 ? 'debit_card' : 'card');
            assert.match(payment.payment_time, TIME);
            assert.match(payment.payment_completion_time, TIME);
            const card = ['channel', 'card_number', 'card_network', 'card_type', 'card_country', 'card_bank_name',
                'card_network_reference_id', 'instrument_id'];
            assertNames(payment.payment_method, ['card']);
            assertNames(payment.payment_method.card, version >= '2026-01-01' ? [...card, 'card_sub_type'] : card);
            assert.equal(payment.payment_method.card.card_number, `XXXXXXXXXXXX${VISA.slice(-4)}`);
            assert.equal(payment.payment_method.card.card_type, 'debit_card');
            if (!is2025)
                return;
            assert.deepEqual(payment.international_payment, { international: false });
            assertNames(payment.payment_gateway_details, ['gateway_name', 'gateway_order_id', 'gateway_payment_id',
                'gateway_order_reference_id', 'gateway_status_code', 'gateway_settlement', 'gateway_reference_name']);
            assert.equal(payment.payment_gateway_details.gateway_payment_id, id);
        });

        test('a refund, its list, and taking it back', async () => {
            const { order, id } = made;
            const body = { refund_amount: 10.5, refund_id: freshId('refund'), refund_note: 'PENDING' };
            const created = await server.pg('POST', `/orders/${order.order_id}/refunds`, body, { version });
            assert.equal(created.status, 200, created.text);
            const refund = created.json;
            const names = ['cf_payment_id', 'cf_refund_id', 'order_id', 'refund_id', 'entity', 'refund_amount',
                'refund_currency', 'refund_note', 'refund_status', 'refund_type', 'refund_mode', 'refund_arn',
                'refund_charge', 'status_description', 'metadata', 'refund_splits', 'created_at', 'processed_at',
                'refund_speed'];
            assertNames(refund, is2025 ? [...names, 'charges_currency', 'forex_conversion_handling_charge',
                'forex_conversion_handling_tax', 'forex_conversion_rate'] : names);
            assert.equal(assertId(version, refund.cf_payment_id, 'refund'), id);
            assert.match(refund.cf_refund_id, has2023 ? ID : /^refund_[1-9]\d{9,15}$/);
            assert.deepEqual([refund.entity, refund.refund_status, refund.refund_type, refund.refund_charge],
                ['refund', 'PENDING', 'MERCHANT_INITIATED', 0]);
            assert.deepEqual([refund.refund_mode, refund.processed_at, refund.metadata, refund.refund_splits],
                [null, null, null, []]);
            assert.deepEqual(refund.refund_speed,
                { requested: 'STANDARD', accepted: 'STANDARD', processed: null, message: null });
            assert.deepEqual(await get(version, `/orders/${order.order_id}/refunds`), [refund]);
            assert.deepEqual(await get(version, `/orders/${order.order_id}/refunds/${body.refund_id}`), refund);
            const undone = await server.pg('PUT', `/orders/${order.order_id}/refunds/${body.refund_id}`,
                { refund_status: 'CANCELLED' }, { version });
            assert.equal(undone.status, version >= '2026-01-01' ? 200 : 404, undone.text);
        });

        test('the saved card names the payment, from 2022-01-01 on', async () => {
            const where = `/customers/${made.customer}/instruments?instrument_type=card`;
            if (!has2022)
                return assert.equal((await server.pg('GET', where, undefined, { version })).status, 404);
            const [instrument] = await until('the card is saved', async () => {
                const list = await get(version, where);
                return list.length && list;
            });
            assertNames(instrument, ['customer_id', 'afa_reference', 'instrument_id', 'instrument_type',
                'instrument_uid', 'instrument_display', 'instrument_status', 'created_at', 'instrument_meta']);
            assert.equal(assertId(version, instrument.afa_reference, 'afa_reference'), made.id);
            const names = ['card_network', 'card_bank_name', 'card_country', 'card_type', 'card_token_details'];
            const is2026 = version >= '2026-01-01';
            assertNames(instrument.instrument_meta, is2026 ? [...names, 'card_sub_type'] : names);
            assert.deepEqual([instrument.instrument_meta.card_network, instrument.instrument_meta.card_type],
                is2026 ? ['visa', 'debit_card'] : ['VISA', 'DEBIT_CARD']);
        });

        test('capture and void, from 2022-01-01 on', async () => {
            const held = await paid(version, { order_note: 'preauth_transaction' });
            const { json: [before] } = await server.pg('GET', `/orders/${held.order.order_id}/payments`, undefined,
                { version });
            assert.deepEqual([before.payment_status, before.is_captured], ['SUCCESS', false]);
            assert.match(before.payment_message, /^PRE_AUTH\|/);
            const { status, json } = await server.pg('POST', `/orders/${held.order.order_id}/authorization`,
                { action: 'CAPTURE', amount: 100 }, { version });
            if (!has2022)
                return assert.equal(status, 404);
            assert.equal(status, 200);
            assertId(version, json.cf_payment_id, 'capture');
            assert.deepEqual([json.is_captured, json.authorization.action, json.authorization.status,
                json.authorization.captured_amount], [true, 'CAPTURE', 'SUCCESS', 100]);
        });

        test('simulated outcomes, from 2023-08-01 on', async () => {
            const created = await server.createOrder(smallOrder());
            const pay = await payer(version, '/orders/sessions', { payment_session_id: created.json.payment_session_id,
                payment_method: { netbanking: { channel: 'link', netbanking_bank_code: 3333 } } });
            assert.equal(pay.status, 200, pay.text);
            const body = { entity: 'PAYMENTS', entity_id: String(pay.json.cf_payment_id),
                entity_simulation: { payment_status: 'FAILED', payment_error_code: 'ISSUER_NOT_AVAILABLE' } };
            const { status, json } = await server.pg('POST', '/simulate', body, { version });
            if (!has2023)
                return assert.equal(status, 404);
            assert.match(json.simulation_id, /^sim_\w+$/);
            assert.deepEqual(json, { simulation_id: json.simulation_id, ...body });
            assert.deepEqual(await get(version, `/simulate/${json.simulation_id}`), json);
        });
    });

test('a settlement is one entity, whose ids are of the version', async () => {
    const { order, id } = await paid('2025-01-01');
    await advance(server, 5 * 86400);
    for (const version of VERSIONS) {
        const answer = await get(version, `/orders/${order.order_id}/settlements`);
        const names = ['cf_payment_id', 'cf_settlement_id', 'settlement_currency', 'order_currency', 'order_id',
            'entity', 'order_amount', 'payment_time', 'service_charge', 'service_tax', 'settlement_amount',
            'settlement_id', 'transfer_id', 'transfer_time', 'transfer_utr'];
        assertNames(answer, version >= '2025-01-01' ? [...names, 'charges_currency',
            'forex_conversion_handling_charge', 'forex_conversion_handling_tax', 'forex_conversion_rate'] : names);
        assert.equal(assertId(version, answer.cf_payment_id, 'settlement'), id);
        const settled = assertId(version, answer.cf_settlement_id, 'settlement');
        assert.notEqual(settled, id);
        assert.deepEqual([answer.settlement_id, answer.transfer_id], [Number(settled), Number(settled)]);
        assert.match(answer.transfer_utr, /^TIJO\d{8}[0-9A-Z]{12}$/);
        assert.match(answer.transfer_time, TIME);
        const sum = answer.settlement_amount + answer.service_charge + answer.service_tax;
        assert.ok(Math.abs(sum - answer.order_amount) < 0.005, `${sum}`);
    }
});
