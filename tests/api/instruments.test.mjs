// Cashfree's token vault through its official client, over cards that were saved through Juspay and Paytm.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
    addPartner, assertResult, Juspay, juspayCard, NUMBERS, Paytm, paytmCard, withBadLuhn,
} from './cards.mjs';
import { freshId, refused, startServer } from './harness.mjs';
import { card, Shopper } from './paying.mjs';

let server, juspay, paytm, sdk;
before(async () => {
    server = await startServer();
    juspay = new Juspay(server);
    paytm = new Paytm(server);
    sdk = server.sdk();
});
after(() => server.close());

/** What Cashfree calls a token of 32 digits. */
const uuid = (hex) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
const idOf = ({ cardReference }) => uuid(cardReference.slice('token_'.length));
const atPaytm = ({ cardReference, customerId }) =>
    ({ tokenIndexNumber: cardReference.slice('token_'.length), custId: customerId });

const list = async (customerId) => (await sdk.PGCustomerFetchInstruments(customerId, 'card')).data;
const one = (made) => sdk.PGCustomerFetchInstrument(made.customerId, idOf(made));
const remove = (made) => sdk.PGCustomerDeleteInstrument(made.customerId, idOf(made));
const cryptogram = (made) => sdk.PGCustomerInstrumentsFetchCryptogram(made.customerId, idOf(made));

async function assertRefused(promise, status, code, type = 'invalid_request_error') {
    const answer = await refused(promise);
    assert.deepEqual([answer.status, answer.data.code, answer.data.type], [status, code, type]);
    return answer;
}

describe('a card saved elsewhere', () => {
    test('through Juspay: listed, fetched, and without its number', async () => {
        const made = await juspay.make();
        const [entity, ...more] = await list(made.customerId);
        assert.deepEqual(more, []);
        assert.equal(entity.instrument_id, idOf(made));
        assert.equal(entity.customer_id, made.customerId);
        assert.equal(entity.instrument_type, 'card');
        assert.equal(entity.instrument_status, 'ACTIVE');
        assert.equal(entity.instrument_display, `XXXXXXXXXXXX${NUMBERS.visa.slice(-4)}`);
        assert.match(entity.instrument_uid, /^[0-9a-f]{64}$/);
        assert.ok(Date.parse(entity.created_at) <= Date.now());
        assert.equal(entity.instrument_meta.card_token_details.par, made.par);
        assert.equal(entity.instrument_meta.card_token_details.expiry_month, made.tokenExpiryMonth);
        assert.equal(entity.instrument_meta.card_token_details.expiry_year, made.tokenExpiryYear.slice(-2));
        assert.ok(!JSON.stringify(entity).includes(NUMBERS.visa));
        assert.deepEqual((await one(made)).data, entity);
    });

    test('through Paytm: listed beside one of Juspay', async () => {
        const custId = freshId('customer');
        const first = await paytm.make(paytmCard(NUMBERS.mastercard), { 'userInfo.custId': custId });
        const second = await juspay.make(juspayCard(NUMBERS.rupay), { 'orderData.customerId': custId });
        const listed = await list(custId);
        assert.deepEqual(listed.map((entity) => entity.instrument_id).sort(),
            [uuid(first.tokenIndexNumber), idOf(second)].sort());
        assert.deepEqual(listed.map((entity) => entity.instrument_meta.card_network.toLowerCase()).sort(),
            ['mastercard', 'rupay']);
    });

    test('the same card of the same customer is one instrument, whichever interface saved it', async () => {
        const custId = freshId('customer');
        await paytm.make(paytmCard(), { 'userInfo.custId': custId });
        await juspay.make(juspayCard(), { 'orderData.customerId': custId });
        assert.equal((await list(custId)).length, 1);
    });

    test('the cryptogram comes with the token that Juspay gave out, a new one each time', async () => {
        const made = await juspay.make();
        const { status, data, headers } = await cryptogram(made);
        assert.equal(status, 200);
        assert.equal(data.instrument_id, idOf(made));
        assert.equal(data.card_number, made.token);
        assert.equal(data.card_expiry_mm, made.tokenExpiryMonth);
        assert.equal(data.card_expiry_yy, made.tokenExpiryYear);
        assert.equal(data.card_display, NUMBERS.visa.slice(-4));
        assert.match(data.token_requestor_id, /^\d{11}$/);
        assert.match(data.cryptogram, /^[A-Za-z0-9+/]{27}=$/);
        assert.equal(headers['cache-control'], 'no-store');
        assert.notEqual((await cryptogram(made)).data.cryptogram, data.cryptogram);
    });

    test('suspended in Paytm: inactive and refused here, until it is resumed', async () => {
        const made = await juspay.make();
        assertResult(await paytm.modify(atPaytm(made), 'SUSPENDED'), '00', 'SUCCESS', 'SUCCESS');
        await assertRefused(cryptogram(made), 400, 'instrument_inactive');
        assert.equal((await one(made)).data.instrument_status, 'INACTIVE');
        assertResult(await paytm.modify(atPaytm(made), 'ACTIVE'), '00', 'SUCCESS', 'SUCCESS');
        assert.equal((await cryptogram(made)).status, 200);
    });

    test('deleted here: gone here, in Paytm and in Juspay', async () => {
        const made = await juspay.make();
        const { status, data } = await remove(made);
        assert.equal(status, 200);
        assert.equal(data.instrument_id, idOf(made));
        assert.equal(data.instrument_status, 'INACTIVE');
        assert.deepEqual(await list(made.customerId), []);
        await assertRefused(one(made), 404, 'instrument_not_found');
        await assertRefused(cryptogram(made), 404, 'instrument_not_found');
        await assertRefused(remove(made), 409, 'instrument_already_deleted');
        assertResult(await paytm.generateTokenData(atPaytm(made)), '726', 'FAILED', 'TOKEN_INVALID_STATE');
        assert.equal((await juspay.get(made)).status, 404);
    });
});

describe('a card saved by a payment', () => {
    test('names that payment, in the list, alone and when it is deleted', async () => {
        const buyer = new Shopper(server);
        const { id, instrument } = await buyer.saved(card());
        const { instrument_id } = instrument;
        assert.equal(instrument.afa_reference, id);
        assert.deepEqual((await sdk.PGCustomerFetchInstrument(buyer.customer, instrument_id)).data, instrument);
        const sdk2022 = server.sdk({ version: '2022-09-01' });
        const { data: [old] } = await sdk2022.PGCustomerFetchInstruments(buyer.customer, 'card');
        assert.equal(old.afa_reference, Number(id), 'a number before 2023-08-01');
        const { data } = await sdk.PGCustomerDeleteInstrument(buyer.customer, instrument_id);
        assert.deepEqual(data, { ...instrument, instrument_status: 'INACTIVE' });
    });

    test('twice, it still names the payment that saved it', async () => {
        const buyer = new Shopper(server);
        const first = await buyer.saved();
        const again = await buyer.saved();
        assert.notEqual(again.id, first.id);
        assert.deepEqual(again.instrument, first.instrument);
    });

    test('saved through Juspay before: one instrument, and no payment is what saved it', async () => {
        const buyer = new Shopper(server);
        const made = await juspay.make(juspayCard(), { 'orderData.customerId': buyer.customer });
        const [before] = await list(buyer.customer);
        assert.deepEqual([before.instrument_id, before.afa_reference], [idOf(made), null]);
        await buyer.paid(card({ card_number: NUMBERS.visa }), { save_instrument: true });
        assert.deepEqual(await list(buyer.customer), [before]);
    });

    test('waits for its second factor: nothing is there before, and nothing after a failure', async () => {
        const buyer = new Shopper(server);
        const { id } = await buyer.begin(card(), { save_instrument: true });
        assert.deepEqual(await buyer.instruments(), []);
        for (let i = 0; i < 3; i++)
            await buyer.otp(id, '000000');
        assert.deepEqual(await buyer.instruments(), []);
    });
});

describe('whose card it is', () => {
    test("another customer's, another merchant's and nobody's look the same", async () => {
        const made = await juspay.make();
        const other = await addPartner(server);
        const theirs = await other.juspay.make(juspayCard(), { 'orderData.customerId': made.customerId });
        const strangers = [
            { ...made, customerId: freshId('customer') }, { ...made, cardReference: `token_${'0'.repeat(32)}` }, theirs,
        ];
        for (const call of [one, remove, cryptogram]) {
            const told = [];
            for (const stranger of strangers)
                told.push((await assertRefused(call(stranger), 404, 'instrument_not_found')).data);
            assert.deepEqual(told[1], told[0]);
            assert.deepEqual(told[2], told[0]);
        }
        assert.equal((await one(made)).data.instrument_status, 'ACTIVE');
        assert.equal((await other.juspay.get(theirs)).status, 200);
        assert.deepEqual((await list(made.customerId)).map((entity) => entity.instrument_id), [idOf(made)]);
    });

    test('no credentials, no cards', async () => {
        const made = await juspay.make();
        const stranger = server.sdk({ clientSecret: 'cfsk_ma_test_wrong' });
        await assertRefused(stranger.PGCustomerFetchInstruments(made.customerId, 'card'), 401, 'request_failed',
            'authentication_error');
        await assertRefused(stranger.PGCustomerInstrumentsFetchCryptogram(made.customerId, idOf(made)), 401,
            'request_failed', 'authentication_error');
    });
});

describe('questions that are wrong', () => {
    test('instrument_type may come twice, and must be card', async () => {
        const where = '/customers/customer_1/instruments';
        const cases = [['?instrument_type=card', 200], ['?instrument_type=card&instrument_type=card', 200],
            ['?instrument_type=card?instrument_type=card', 200],        // as the official Python client writes it
            ['?instrument_type=card?instrument_type=upi', 400, 'instrument_type_invalid'],
            ['', 400, 'instrument_type_missing'], ['?instrument_type=upi', 400, 'instrument_type_invalid'],
            ['?instrument_type=card&instrument_type=upi', 400, 'instrument_type_invalid']];
        for (const [query, status, code] of cases) {
            const answer = await server.pg('GET', where + query);
            assert.equal(answer.status, status, answer.text);
            assert.equal(answer.json.code, code, answer.text);
        }
    });

    test('an id that is none is refused', async () => {
        await assertRefused(sdk.PGCustomerFetchInstrument('customer_1', 'abc'), 400, 'instrument_id_invalid');
    });

    test('2021-05-21 knows no instruments', async () => {
        const old = server.sdk({ version: '2021-05-21' });
        await assertRefused(old.PGCustomerFetchInstruments('customer_1', 'card'), 404, 'request_failed',
            'api_connection_error');
    });
});

describe('what a card tells', () => {
    const cardOf = (number) => ({ card_number: number, card_cvv: '123', card_expiry_mm: '10',
        card_expiry_yy: juspayCard().expYear.slice(-2), card_type: 'PLAIN_CARD' });

    test('its issuer, by eight digits or by all', async () => {
        for (const number of ['43862412', '4386241223215159']) {
            const { data } = await server.sdk({ version: '2026-01-01' }).PGGetCardBin({ card_number: number });
            assert.equal(data.bank_name, 'hdfc bank');
            assert.deepEqual([data.scheme, data.country_code, data.type], ['visa', 'in', 'debit']);
        }
    });

    test('its PAR, which is its token\'s', async () => {
        const made = await juspay.make();
        const { data } = await sdk.PGCreatePAR(cardOf(NUMBERS.visa));
        assert.deepEqual(data, { par: made.par });
    });

    test('and nothing of it is told or kept: not in a refusal, nor in the journal, with an idempotency key or without',
        async () => {
            const wrong = withBadLuhn(NUMBERS.visa);
            const { data } = await assertRefused(sdk.PGCreatePAR(cardOf(wrong)), 400, 'card_number_invalid');
            assert.ok(!JSON.stringify(data).includes(wrong.slice(0, 8)));
            const answer = await server.pg('POST', '/utilities/pars', cardOf(NUMBERS.visa),
                { headers: { 'x-idempotency-key': freshId('key') } });
            assert.equal(answer.status, 200, answer.text);
            assert.equal(answer.headers['x-idempotency-replayed'], 'false');
            for (const number of [wrong, NUMBERS.visa])
                assert.ok(!server.log().includes(number));
        });
});
