// Paying as Cashfree's documents tell it: the guide to saved cards step by step, messages and codes to the letter,
// headers, and webhooks of each version, judged by the official client where it can.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { freshId, run, smallOrder, startServer, until } from './harness.mjs';
import { assertRefused, card, MASTERCARD, OTP, Shopper, upi, VISA } from './paying.mjs';

const BLANK = 'is missing in the request. Value received: ';

let server, shopper;
before(async () => {
    server = await startServer();
    shopper = new Shopper(server);
});
after(() => server.close());

describe('the guide to saved cards, word for word', () => {
    const buyer = { customer_id: freshId('guide'), customer_phone: '9908734801', customer_name: 'Asha Rao',
        customer_email: 'asha@example.com' };
    let sdk, saved;
    before(() => { sdk = server.sdk({ version: '2025-01-01' }); });

    const order = async () => (await sdk.PGCreateOrder(smallOrder({ customer_details: buyer }))).data;
    const typed = { card: { channel: 'post', card_number: MASTERCARD, card_holder_name: 'Asha Rao',
        card_expiry_mm: '03', card_expiry_yy: '28', card_cvv: '123' } };
    const pay = async (payment_method, save_instrument) => (await sdk.PGPayOrder({
        payment_session_id: (await order()).payment_session_id, payment_method, save_instrument })).data;
    const otp = async ({ cf_payment_id }, text) =>
        (await sdk.PGOrderAuthenticatePayment(cf_payment_id, { action: 'SUBMIT_OTP', otp: text })).data;
    const cards = async () => (await sdk.PGCustomerFetchInstruments(buyer.customer_id, 'card')).data;

    test('create an order with customer_id: order_id and payment_session_id come back', async () => {
        const made = await order();
        assert.ok(made.order_id && made.payment_session_id.startsWith('session_'));
        assert.equal(made.customer_details.customer_id, buyer.customer_id);
    });

    test('without 2FA the card is not tokenized, nor where it was not completed', async () => {
        assert.deepEqual(await cards(), []);
        const attempt = await pay(typed, true);
        assert.deepEqual(await cards(), [], 'before 2FA');
        for (let i = 0; i < 3; i++)
            assert.equal((await otp(attempt, '000000')).authenticate_status, 'FAILED');
        assert.deepEqual(await cards(), [], 'after it failed');
        assert.equal((await otp(await pay(typed, false), OTP)).authenticate_status, 'SUCCESS');
        assert.deepEqual(await cards(), [], 'without consent');
    });

    test('with save_instrument and 2FA the card is tokenized and stored', async () => {
        const attempt = await pay(typed, true);
        assert.equal((await otp(attempt, OTP)).authenticate_status, 'SUCCESS');
        saved = await until('the card is ACTIVE', async () => {
            const [one] = await cards();
            return one?.instrument_status === 'ACTIVE' && one;
        });
        assert.equal(saved.afa_reference, attempt.cf_payment_id);
        assert.equal(saved.instrument_display.slice(-4), MASTERCARD.slice(-4));
    });

    test('pass instrument_uid in the order pay API to pay with it', async () => {
        const attempt = await pay({ card: { channel: 'post', instrument_uid: saved.instrument_uid } });
        assert.equal((await otp(attempt, OTP)).authenticate_status, 'SUCCESS');
        assert.deepEqual(await cards(), [saved], 'it is not saved again');
    });
});

describe('messages and codes, to the letter', () => {
    const cases = [
        ['card_cvv', card({ card_cvv: undefined }), `card_cvv : ${BLANK}`, 'card_cvv_missing'],
        ['channel', card({ channel: undefined }), `channel : ${BLANK}`, 'channel_missing'],
        ['card_number', card({ card_number: '4706131211212124' }), /^card_number : /, 'card_number_invalid'],
        ['phone', { app: { channel: 'link', provider: 'paytm', phone: '12' } }, /^phone : /, 'phone_invalid'],
        ['card_bank_name', card({ emi_tenure: 6, channel: 'link' }), `card_bank_name : ${BLANK}`,
            'card_bank_name_missing'],
        ['emi_tenure', card({ card_bank_name: 'ICICI', channel: 'link' }), `emi_tenure : ${BLANK}`,
            'emi_tenure_missing'],
        ['a card of another bank', { emi: { channel: 'link', card_number: VISA, card_expiry_mm: '03',
            card_expiry_yy: '28', card_cvv: '123', card_bank_name: 'ICICI', emi_tenure: 6 } },
        'card not enabled for emi', 'card_unsupported'],
        ['netbanking_bank_code', { netbanking: { channel: 'link', netbanking_bank_code: 12 } },
            /^netbanking_bank_code : /, 'netbanking_bank_code_invalid'],
        ['two methods', { ...card(), ...upi('link') }, /^payment_method : /, 'payment_method_invalid'],
        ['a lender\'s phone', { cardless_emi: { channel: 'link', provider: 'flexmoney', phone: '9000000000' } },
            /eligible/, 'invalid_request_error'],
    ];
    for (const [what, method, message, code] of cases)
        test(`Order Pay, ${what}: ${code}`, async () => {
            const { data } = await assertRefused(shopper.pay(await shopper.order({ order_amount: 2000 }), method), 400,
                code);
            assert.equal(data.type, 'invalid_request_error');
            if (typeof message === 'string')
                assert.equal(data.message, message);
            else
                assert.match(data.message, message);
        });

    test('what has been paid, or does not exist', async () => {
        const { order, id } = await shopper.paid(card());
        const sdk = shopper.sdk;
        const missing = [404, 'order_not_found', /^Order Reference Id does not exist$/];
        await assertRefused(sdk.PGOrderFetchPayments('no_such_order'), ...missing);
        await assertRefused(sdk.PGOrderFetchPayment('no_such_order', id), ...missing);
        await assertRefused(sdk.PGOrderFetchRefunds('no_such_order'), ...missing);
        await assertRefused(sdk.PGOrderFetchRefund('no_such_order', 'refund_1'), ...missing);
        await assertRefused(sdk.PGOrderFetchSettlement('no_such_order'), ...missing);
        await assertRefused(sdk.PGAuthorizeOrder('no_such_order', { action: 'VOID' }), ...missing);
        await assertRefused(sdk.PGOrderFetchPayment(order.order_id, '12345678'), 404, 'payment_not_found',
            /^transaction not found$/);
        await assertRefused(sdk.PGOrderFetchPayment(order.order_id, 'abc'), 400, 'payment_id_invalid');
        await assertRefused(sdk.PGOrderFetchPayment(order.order_id, '9'.repeat(24)), 400, 'payment_get_failed');
        await assertRefused(shopper.otp(id), 400, 'request_invalid', /^Transaction is already processed\. /);
        await assertRefused(sdk.PGOrderFetchRefund(order.order_id, 'refund_1'), 404, 'refund_get_not_found');
        await assertRefused(sdk.PGAuthorizeOrder(order.order_id, { action: 'VOID' }), 400, 'order_id_not_paid');
        await assertRefused(sdk.PGFetchSimulation('sim_none'), 404, 'simulation_id_invalid');
    });

    test('too many wrong OTPs', async () => {
        const { id } = await shopper.begin(card());
        for (let i = 0; i < 3; i++) {
            const { data } = await shopper.otp(id, '000000');
            assert.deepEqual(data, { action: 'SUBMIT_OTP', authenticate_status: 'FAILED', cf_payment_id: id,
                payment_message: 'otp is invalid' });
        }
        await assertRefused(shopper.otp(id), 400, 'request_invalid',
            /^(Exceeded retry attempts|Transaction is already)/);
    });

    test('refunds of nothing, of too much, and of what was not paid', async () => {
        const { order } = await shopper.paid(card());
        const ask = (order_id, changes) => shopper.sdk.PGOrderCreateRefund(order_id,
            { refund_id: freshId('refund'), refund_amount: 1, ...changes });
        for (const refund_amount of [0, -1])
            await assertRefused(ask(order.order_id, { refund_amount }), 400, 'refund_amount_invalid',
                /^refund_amount : Invalid amount entered $/);
        await assertRefused(ask(order.order_id, { refund_amount: 10.16 }), 400, 'refund_amount_invalid', /left/);
        await assertRefused(ask((await shopper.order()).order_id), 400, 'order_id_not_paid');
        await assertRefused(ask('no_such_order'), 404, 'order_not_found');
        await assertRefused(ask(order.order_id, { refund_id: 'a b' }), 400, 'refund_id_invalid');
        await assertRefused(ask(order.order_id, { refund_splits: [{ vendor_id: 'v1', amount: 1.01 }] }), 400,
            'api_request_failed', /^Total split amount can not be greater than transaction amount/);
        const twice = { refund_id: freshId('refund'), refund_note: 'PENDING' };
        const first = (await ask(order.order_id, twice)).data;
        assert.deepEqual((await ask(order.order_id, twice)).data, first);
        await assertRefused(ask(order.order_id, { ...twice, refund_amount: 2 }), 400, 'refund_id_already_exists');
    });

    test('an Indian card does not pay an order in dollars; one from abroad does', async () => {
        const { clientId, clientSecret } = await server.addMerchant('INR,USD');
        const trader = new Shopper(server, { sdk: server.sdk({ clientId, clientSecret }) });
        const order = await trader.order({ order_currency: 'USD' });
        await assertRefused(trader.pay(order, card()), 400, 'request_invalid', /Indian/);
        await assertRefused(trader.pay(order, upi('link')), 400, 'request_invalid');
        const { data } = await trader.pay(order, card({ card_number: '4242424242424242' }));
        assert.equal((await trader.otp(data.cf_payment_id)).data.authenticate_status, 'SUCCESS');
        const [payment] = await trader.payments(order);
        assert.deepEqual([payment.payment_currency, payment.international_payment], ['USD', { international: true }]);
    });

    test('a session that is none has a type of its own, and `help` is of 2025-01-01 and later', async () => {
        for (const version of ['2023-08-01', '2025-01-01']) {
            const ask = (body) => server.request({ method: 'POST', path: '/pg/orders/sessions', body,
                headers: { 'x-api-version': version } });
            const text = { payment_session_id: 'session_none', payment_method: card() };
            for (const [body, message] of [[text, 'payment_session_id is not present or is invalid'],
                [{ ...text, payment_session_id: undefined }, 'payment_session_id is missing in the request']]) {
                const { status, json: { help, ...told } } = await ask(body);
                assert.equal(status, 400);
                assert.deepEqual(told, { message, code: 'payment_session_id_invalid', type: 'request_failed' });
                assert.equal(typeof help, version >= '2025-01-01' ? 'string' : 'undefined');
            }
        }
    });

    test('credentials are checked in all but what payers call', async () => {
        const stranger = server.sdk({ clientSecret: 'cfsk_ma_test_none' });
        const { order, id } = await shopper.begin(card());
        const calls = [['PGOrderFetchPayments', 'o'], ['PGOrderFetchPayment', 'o', '1'],
            ['PGOrderCreateRefund', 'o', {}], ['PGOrderFetchRefunds', 'o'],
            ['PGOrderFetchRefund', 'o', 'r'], ['PGOrderUpdateRefund', 'o', 'r', {}],
            ['PGOrderFetchSettlement', 'o'], ['PGAuthorizeOrder', 'o', {}], ['PGSimulatePayment', {}],
            ['PGFetchSimulation', 's']];
        for (const [name, ...args] of calls) {
            const { data } = await assertRefused(stranger[name](...args), 401, 'request_failed');
            assert.deepEqual([data.message, data.type], ['authentication Failed', 'authentication_error'], name);
        }
        const payer = new Shopper(server, { sdk: stranger });
        await payer.pay(order, card());
        assert.equal((await payer.otp(id)).data.authenticate_status, 'SUCCESS');
    });
});

describe('an order that is terminated while somebody pays it', () => {
    const begin = async () => {
        const attempt = await shopper.begin(card());
        const { data } = await shopper.sdk.PGTerminateOrder(attempt.order.order_id, { order_status: 'TERMINATED' });
        assert.equal(data.order_status, 'TERMINATION_REQUESTED');
        return attempt;
    };

    test('is PAID when he does', async () => {
        const { order, id } = await begin();
        await assertRefused(shopper.pay(order, card()), 400, 'order_inactive');
        assert.equal((await shopper.otp(id)).data.authenticate_status, 'SUCCESS');
        assert.equal(await shopper.status(order), 'PAID');
    });

    test('is TERMINATED when he does not', async () => {
        const { order, id } = await begin();
        for (let i = 0; i < 3; i++)
            await shopper.otp(id, '000000');
        assert.equal(await shopper.status(order), 'TERMINATED');
    });
});

test('payments of an order are told newest first', async () => {
    const { order, id } = await shopper.begin(upi('collect', { upi_id: 'testfailure@gocash' }));
    await shopper.outcome(order);
    const second = (await shopper.pay(order, card())).data.cf_payment_id;
    await shopper.otp(second);
    const list = await shopper.payments(order);
    assert.deepEqual(list.map((one) => [one.cf_payment_id, one.payment_status]), [[second, 'SUCCESS'], [id, 'FAILED']]);
});

describe('headers', () => {
    test('version and request id come back from what payers call', async () => {
        const order = await shopper.order();
        const ask = (headers) => server.request({ method: 'POST', path: '/pg/orders/sessions', headers,
            body: { payment_session_id: order.payment_session_id, payment_method: card() } });
        const one = await ask({ 'x-api-version': '2023-08-01', 'x-request-id': 'mine-1' });
        assert.deepEqual([one.headers['x-api-version'], one.headers['x-request-id']], ['2023-08-01', 'mine-1']);
        assert.equal(one.headers['content-type'], 'application/json; charset=UTF-8');
        assert.equal(one.headers['cache-control'], 'no-store');
        assert.match((await ask({ 'x-api-version': '2023-08-01' })).headers['x-request-id'], /^[0-9a-f]{32}$/);
        assert.equal((await ask({ 'x-api-version': '2020-01-01' })).json.code, 'version_invalid');
    });

    test('no page of another origin is let in, by a preflight or by an answer', async () => {
        const order = await shopper.order();
        const headers = { origin: 'https://shop.example', 'x-api-version': '2025-01-01' };
        const answers = [await server.request({ method: 'POST', path: '/pg/orders/sessions', headers,
            body: { payment_session_id: order.payment_session_id, payment_method: card() } })];
        for (const path of ['/pg/orders/sessions', '/pg/orders/pay/authenticate/1'])
            answers.push(await server.request({ method: 'OPTIONS', path, headers: { ...headers,
                'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' } }));
        assert.deepEqual(answers.map(({ status }) => status), [200, 404, 404]);
        for (const answer of answers)
            assert.deepEqual(Object.keys(answer.headers).filter((name) => name.startsWith('access-control')), []);
    });

    test('a refund under an idempotency key is told again, and another body is refused', async () => {
        const { order } = await shopper.paid(card());
        const key = freshId('key'), where = `/orders/${order.order_id}/refunds`;
        const body = { refund_amount: 1, refund_id: freshId('refund'), refund_note: 'PENDING' };
        const ask = (changes = {}) => server.pg('POST', where, { ...body, ...changes },
            { headers: { 'x-idempotency-key': key } });
        const first = await ask(), again = await ask();
        assert.deepEqual([first.status, again.status], [200, 200], first.text);
        assert.equal(again.text, first.text);
        assert.deepEqual([first, again].map(({ headers }) => headers['x-idempotency-replayed']), ['false', 'true']);
        assert.equal(again.headers['x-idempotency-key'], key);
        const other = await ask({ refund_amount: 2 });
        const { code, type } = other.json;
        assert.deepEqual([other.status, code, type], [422, 'request_invalid', 'idempotency_error']);
        assert.equal((await shopper.sdk.PGOrderFetchRefunds(order.order_id)).data.length, 1);
    });
});

describe('webhooks of each version', () => {
    const VERSIONS = ['2021-09-21', '2022-09-01', '2023-08-01', '2025-01-01', '2026-01-01'];
    const PAYMENT = ['cf_payment_id', 'payment_status', 'payment_amount', 'payment_currency', 'payment_message',
        'payment_time', 'bank_reference', 'auth_id', 'payment_method', 'payment_group'];
    const CARD = ['channel', 'card_number', 'card_network', 'card_type', 'card_sub_type', 'card_country',
        'card_bank_name', 'card_network_reference_id', 'instrument_id'];
    const REFUND = ['cf_refund_id', 'cf_payment_id', 'refund_id', 'order_id', 'refund_amount', 'refund_currency',
        'entity', 'refund_type', 'refund_arn', 'refund_status', 'status_description', 'created_at', 'processed_at',
        'refund_charge', 'refund_note', 'refund_mode', 'requested_speed', 'processed_speed', 'service_charge',
        'service_tax', 'refund_splits'];
    const DECLINED_BY_THE_NETWORK = '4111110000000039';
    const FOREX = ['charges_currency', 'forex_conversion_handling_charge', 'forex_conversion_handling_tax',
        'forex_conversion_rate'];
    const got = [];
    let listening, buyer, attempt;

    const names = (object) => Object.keys(object).sort();
    const of = (version, type, fits = () => true) => got.find(({ headers, json }) =>
        headers['x-webhook-version'] === version && json.type === type && fits(json.data));

    const byCard = ({ order }) => order.order_id === attempt.order.order_id;
    const byBank = ({ payment }) => payment.payment_method.netbanking;

    before(async () => {
        listening = http.createServer((request, response) => {
            const parts = [];
            request.on('data', (part) => parts.push(part));
            request.on('end', () => {
                const raw = Buffer.concat(parts).toString('utf8');
                got.push({ headers: request.headers, raw, json: JSON.parse(raw) });
                response.writeHead(200).end();
            });
        });
        await new Promise((done) => listening.listen(0, '127.0.0.1', done));
        for (const version of VERSIONS) {
            const url = `http://127.0.0.1:${listening.address().port}/${version}`;
            const added = await run(['webhook', 'add', '1', '--url', url, '--webhook-version', version,
                '--data', server.data]);
            assert.equal(added.status, 0, added.stderr);
        }
        buyer = new Shopper(server);
        attempt = await buyer.paid(card(), { save_instrument: true }, { order_amount: 170, order_tags: { a: 'b' } });
        await buyer.sdk.PGOrderCreateRefund(attempt.order.order_id,
            { refund_amount: 20, refund_id: freshId('refund'), refund_note: 'SUCCESS' });
        const failed = await buyer.begin(card());
        for (let i = 0; i < 3; i++)
            await buyer.otp(failed.id, '000000');
        for (const [method, status] of [[{ netbanking: { channel: 'link', netbanking_bank_code: 3333 } }, 'SUCCESS'],
            [{ paylater: { channel: 'link', provider: 'lazypay', phone: '8714268343' } }, 'USER_DROPPED']]) {
            const { id } = await buyer.begin(method, {}, { order_amount: 2000 });
            await buyer.sdk.PGSimulatePayment({ entity: 'PAYMENTS', entity_id: id,
                entity_simulation: { payment_status: status } });
        }
        await buyer.paid(card({ card_number: DECLINED_BY_THE_NETWORK }), { save_instrument: true });
        const late = await buyer.begin({ netbanking: { channel: 'link', netbanking_bank_code: 3333 } });
        await buyer.otp((await buyer.pay(late.order, card())).data.cf_payment_id);
        await buyer.sdk.PGSimulatePayment({ entity: 'PAYMENTS', entity_id: late.id,
            entity_simulation: { payment_status: 'SUCCESS' } });
        await until('each event, by each endpoint', () => VERSIONS.every((version) =>
            ['PAYMENT_FAILED_WEBHOOK', 'PAYMENT_USER_DROPPED_WEBHOOK', 'REFUND_STATUS_WEBHOOK',
                'AUTO_REFUND_STATUS_WEBHOOK', 'INSTRUMENT_ACTIVE_WEBHOOK', 'INSTRUMENT_FAILED_WEBHOOK']
                .every((type) => of(version, type)) && of(version, 'PAYMENT_SUCCESS_WEBHOOK', byBank)
                && of(version, 'PAYMENT_SUCCESS_WEBHOOK', byCard)), 20_000);
    });
    after(() => {
        listening.closeAllConnections();
        return new Promise((done) => listening.close(done));
    });

    test('each is signed over its time and its bytes, as the official client checks it', () => {
        for (const { headers, raw, json } of got) {
            const event = server.sdk().PGVerifyWebhookSignature(headers['x-webhook-signature'], raw,
                headers['x-webhook-timestamp']);
            assert.equal(event.type, json.type);
            assert.match(headers['x-webhook-timestamp'], /^\d{13}$/);
            assert.equal(headers['x-webhook-attempt'], '1');
            assert.equal('x-idempotency-key' in headers, headers['x-webhook-version'] >= '2025-01-01');
            assert.deepEqual(names(json), ['data', 'event_time', 'type']);
            assert.match(json.event_time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30$/);
        }
    });

    for (const version of VERSIONS)
        describe(version, () => {
            const is2025 = version >= '2025-01-01', isText = version >= '2023-08-01';

            test('a payment that succeeded', () => {
                const { raw, json: { data } } = of(version, 'PAYMENT_SUCCESS_WEBHOOK', byCard);
                assert.deepEqual(names(data), ['customer_details', 'order', 'payment', 'payment_gateway_details',
                    'payment_offers']);
                assert.deepEqual(data.order, { order_id: attempt.order.order_id, order_amount: 170,
                    order_currency: 'INR', order_tags: { a: 'b' } });
                assert.ok(raw.includes('"order_amount":170.00,') && raw.includes('"payment_amount":170.00,'), raw);
                assert.deepEqual(names(data.payment), [...PAYMENT, ...is2025 ? ['international_payment',
                    'payment_surcharge'] : []].sort());
                assert.equal(data.payment.cf_payment_id, isText ? attempt.id : Number(attempt.id));
                assert.equal(data.payment.payment_group, isText ? 'debit_card' : 'card');
                assert.deepEqual(names(data.payment.payment_method), ['card']);
                assert.deepEqual(names(data.payment.payment_method.card), [...CARD, ...is2025 ? ['par'] : []].sort());
                assert.deepEqual(data.customer_details, { customer_name: null, customer_id: buyer.customer,
                    customer_email: null, customer_phone: '9908734801' });
                assert.deepEqual(names(data.payment_gateway_details), ['gateway_name', 'gateway_order_id',
                    'gateway_order_reference_id', 'gateway_payment_id', 'gateway_settlement', 'gateway_status_code']);
                assert.equal(data.payment_offers, null);
            });

            test('by net banking: the bank\'s code is a string', () => {
                const { json: { data } } = of(version, 'PAYMENT_SUCCESS_WEBHOOK', byBank);
                const { netbanking } = data.payment.payment_method;
                assert.deepEqual(names(netbanking), ['channel', 'netbanking_bank_code', 'netbanking_bank_name']);
                assert.equal(netbanking.netbanking_bank_code, '3333');
            });

            test('one that failed, with why, and one whose payer left, without', () => {
                const failed = of(version, 'PAYMENT_FAILED_WEBHOOK').json.data;
                assert.deepEqual(names(failed), ['customer_details', 'error_details', 'order', 'payment',
                    'payment_gateway_details', 'payment_offers']);
                assert.deepEqual(names(failed.error_details), ['error_code', 'error_description', 'error_reason',
                    'error_source', 'error_subcode_raw']);
                assert.equal(failed.payment.payment_status, 'FAILED');
                const left = of(version, 'PAYMENT_USER_DROPPED_WEBHOOK').json.data;
                assert.deepEqual(names(left), ['customer_details', 'order', 'payment']);
                assert.equal(left.payment.payment_status, 'USER_DROPPED');
                assert.equal(left.payment.payment_message,
                    'User dropped and did not complete the two factor authentication');
                assert.deepEqual(names(left.payment.payment_method), ['pay_later'], 'with an underscore here');
                assert.deepEqual(names(left.payment.payment_method.pay_later), ['channel', 'phone', 'provider']);
            });

            test('a refund: numbers as ids in every version, and a capital in its entity', () => {
                const { raw, json: { data } } = of(version, 'REFUND_STATUS_WEBHOOK');
                assert.deepEqual(names(data), ['refund']);
                assert.deepEqual(names(data.refund), [...REFUND, ...is2025 ? FOREX : []].sort());
                assert.equal(data.refund.cf_payment_id, Number(attempt.id));
                assert.ok(Number.isSafeInteger(data.refund.cf_refund_id));
                assert.deepEqual([data.refund.entity, data.refund.refund_status, data.refund.requested_speed],
                    ['Refund', 'SUCCESS', 'STANDARD']);
                assert.ok(raw.includes('"refund_amount":20.00,'), raw);
            });

            test('a refund of its own accord, of what came too late', () => {
                const { json: { data } } = of(version, 'AUTO_REFUND_STATUS_WEBHOOK');
                assert.deepEqual(names(data), ['auto_refund']);
                assert.deepEqual(names(data.auto_refund), [...REFUND, ...is2025 ? FOREX : []].sort());
                assert.deepEqual([data.auto_refund.refund_type, data.auto_refund.refund_id],
                    ['PAYMENT_AUTO_REFUND', null]);
            });

            test('a card that could not be saved: FAILED, and why', () => {
                const { json: { data } } = of(version, 'INSTRUMENT_FAILED_WEBHOOK');
                assert.deepEqual(names(data), ['error_details', 'instrument']);
                assert.equal(data.instrument.instrument_status, 'FAILED');
                assert.deepEqual(names(data.error_details), ['error_code', 'error_description', 'error_source']);
                assert.deepEqual([data.error_details.error_code, data.error_details.error_source],
                    ['NETWORK_ERROR', 'NETWORK']);
            });

            test('a saved card: added_at, sub_type and card_par, and the payment that saved it', () => {
                const { json: { data } } = of(version, 'INSTRUMENT_ACTIVE_WEBHOOK');
                assert.deepEqual(names(data), ['instrument']);
                assert.deepEqual(names(data.instrument), ['added_at', 'afa_reference', 'customer_id',
                    'instrument_display', 'instrument_id', 'instrument_meta', 'instrument_status', 'instrument_type',
                    'instrument_uid']);
                assert.deepEqual(names(data.instrument.instrument_meta), ['card_bank_name', 'card_country',
                    'card_network', 'card_par', 'card_token_details', 'card_type', 'sub_type']);
                assert.deepEqual([data.instrument.instrument_status, data.instrument.instrument_meta.card_type,
                    data.instrument.instrument_meta.sub_type], ['ACTIVE', 'debit', 'R']);
                assert.equal(data.instrument.afa_reference, isText ? attempt.id : Number(attempt.id));
            });
        });
});
