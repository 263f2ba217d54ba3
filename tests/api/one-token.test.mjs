// One token under every name: made through one interface, served, suspended and deleted through the other.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
    addPartner, assertJuspayRefusal, assertResult, Juspay, juspayCard, NUMBERS, Paytm, paytmCard,
} from './cards.mjs';
import { freshId, startServer } from './harness.mjs';
import { assertRefused, card, Shopper } from './paying.mjs';

let server, juspay, paytm;
before(async () => {
    server = await startServer();
    juspay = new Juspay(server);
    paytm = new Paytm(server);
});
after(() => server.close());

/** What Paytm calls a token that Juspay made, and the other way round. */
const atPaytm = ({ cardReference, customerId }) =>
    ({ tokenIndexNumber: cardReference.slice('token_'.length), custId: customerId });
const atJuspay = ({ tokenIndexNumber, custId }) =>
    ({ cardReference: `token_${tokenIndexNumber}`, customerId: custId });

const cryptogram = (answer) => answer.json.authentication_details?.cryptogram;

describe('one token, two names', () => {
    test("made through Juspay, served by Paytm's generateTokenData", async () => {
        const made = await juspay.make();
        const answer = await paytm.generateTokenData(atPaytm(made));
        assertResult(answer, '00', 'SUCCESS', 'SUCCESS');
        const { body } = answer;
        assert.equal(body.cardToken, made.token);
        assert.equal(body.tokenInfo.panUniqueReference, made.par);
        assert.equal(body.tokenInfo.tokenExpiry, made.tokenExpiryMonth + made.tokenExpiryYear);
        assert.equal(body.tokenInfo.tokenSuffix, made.tokenLastFour);
        assert.equal(body.tokenInfo.cardSuffix, NUMBERS.visa.slice(-4));
    });

    test("made through Paytm, served by Juspay's card/get", async () => {
        const made = await paytm.make(paytmCard(NUMBERS.rupay));
        const answer = await juspay.get(atJuspay(made));
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json.network, 'RUPAY');
        assert.equal(answer.json.token_details.last_four, made.info.tokenSuffix);
        assert.equal(answer.json.card_details.par, made.info.panUniqueReference);
        assert.equal(answer.json.token_details.exp_month + answer.json.token_details.exp_year, made.info.tokenExpiry);
        assert.notEqual(cryptogram(await juspay.get(atJuspay(made))), cryptogram(answer));
    });

    test('the same card and customer through both interfaces is one token, whichever comes first', async () => {
        for (const first of ['juspay', 'paytm']) {
            const customer = freshId('customer');
            const throughJuspay = () => juspay.make(juspayCard(), { 'orderData.customerId': customer });
            const throughPaytm = () => paytm.make(paytmCard(), { 'userInfo.custId': customer });
            const [one, other] = first === 'juspay' ? [await throughJuspay(), await throughPaytm()]
                : [await throughPaytm(), await throughJuspay()].reverse();
            assert.equal(other.tokenIndexNumber, one.cardReference.slice('token_'.length));
            const listed = await juspay.call('GET', `/cards?customer_id=${customer}`);
            assert.equal(listed.json.cards.length, 1, listed.text);
        }
    });

    test('suspended in Paytm, refused in Juspay, until it is resumed', async () => {
        const made = await juspay.make();
        assertResult(await paytm.modify(atPaytm(made), 'SUSPENDED'), '00', 'SUCCESS', 'SUCCESS');
        assertJuspayRefusal(await juspay.get(made), 400, 'INVALID_ACTION', /suspended/i);
        assert.equal((await juspay.tokenStatus(made)).json.payload.tokenStatus, 'SUSPENDED');
        assertResult(await paytm.modify(atPaytm(made), 'ACTIVE'), '00', 'SUCCESS', 'SUCCESS');
        assert.equal((await juspay.get(made)).status, 200);
    });

    test('deleted in Juspay, dead in Paytm', async () => {
        const made = await paytm.make();
        assert.equal((await juspay.remove(atJuspay(made))).status, 200);
        assertResult(await paytm.generateTokenData(made), '726', 'FAILED', 'TOKEN_INVALID_STATE');
        assert.equal((await paytm.tokenInfo(made.tokenIndexNumber)).body.tokenInfo.tokenStatus, 'DEAD');
    });

    test('a list of either shows what the other made', async () => {
        const custId = freshId('customer');
        const fromJuspay = await juspay.make(juspayCard(), { 'orderData.customerId': custId });
        const fromPaytm = await paytm.make(paytmCard(NUMBERS.mastercard), { 'userInfo.custId': custId });
        const expected = [fromJuspay.cardReference, `token_${fromPaytm.tokenIndexNumber}`].sort();
        const listed = await juspay.call('GET', `/cards?customer_id=${custId}`);
        assert.deepEqual(listed.json.cards.map((card) => card.card_reference).sort(), expected);
        const saved = await paytm.saved('/savedcardservice/merchant/coft/cards', { mid: paytm.mid, custId });
        for (const reference of expected)
            assert.ok(saved.text.includes(reference.slice('token_'.length)), saved.text);
    });
});

/** What Cashfree calls a token, and the other way round. */
const uuid = (hex) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
const instrumentOf = ({ cardReference }) => uuid(cardReference.slice('token_'.length));
const fromInstrument = ({ instrument_id, customer_id }) => ({
    cardReference: `token_${instrument_id.replaceAll('-', '')}`, customerId: customer_id });

describe('a card saved by a payment', () => {
    let buyer, token;
    before(async () => {
        buyer = new Shopper(server);
        token = fromInstrument((await buyer.saved()).instrument);
    });

    test('is listed by Juspay and by Paytm, with the payment\'s last four digits', async () => {
        const listed = await juspay.call('GET', `/cards?customer_id=${buyer.customer}`);
        assert.deepEqual(listed.json.cards.map((one) => one.card_reference), [token.cardReference], listed.text);
        const saved = await paytm.saved('/savedcardservice/merchant/coft/cards',
            { mid: paytm.mid, custId: buyer.customer });
        assert.ok(saved.text.includes(atPaytm(token).tokenIndexNumber), saved.text);
    });

    test('is served by both, with one token number and one PAR', async () => {
        const [instrument] = await buyer.instruments();
        const theirs = await juspay.get(token);
        const data = await paytm.generateTokenData(atPaytm(token));
        assert.equal(theirs.status, 200, theirs.text);
        assertResult(data, '00', 'SUCCESS', 'SUCCESS');
        const { data: ours } = await buyer.sdk.PGCustomerInstrumentsFetchCryptogram(buyer.customer,
            instrument.instrument_id);
        assert.equal(data.body.cardToken, ours.card_number);
        assert.equal(theirs.json.token_details.last_four, ours.card_number.slice(-4));
        const { par } = instrument.instrument_meta.card_token_details;
        assert.deepEqual([theirs.json.card_details.par, data.body.tokenInfo.panUniqueReference], [par, par]);
        const all = [cryptogram(theirs), data.body.tavv, ours.cryptogram];
        assert.equal(new Set(all).size, 3, 'each with a cryptogram of its own');
    });

    for (const [who, remove] of [['Juspay', (gone) => juspay.remove(gone)],
        ['Paytm', (gone) => paytm.modify(atPaytm(gone), 'DEAD')]])
        test(`deleted through ${who}, it is gone from all, and pays no more`, async () => {
            const other = new Shopper(server);
            const { instrument } = await other.saved();
            const gone = fromInstrument(instrument);
            await remove(gone);
            assert.deepEqual(await other.instruments(), []);
            await assertRefused(other.sdk.PGCustomerFetchInstrument(other.customer, instrument.instrument_id), 404,
                'instrument_not_found');
            await assertRefused(other.pay(await other.order(), { card: { channel: 'post',
                instrument_id: instrument.instrument_id } }), 404, 'instrument_not_found');
            assert.notEqual((await juspay.get(gone)).status, 200);
            assertResult(await paytm.generateTokenData(atPaytm(gone)), '726', 'FAILED', 'TOKEN_INVALID_STATE');
            assert.deepEqual((await juspay.call('GET', `/cards?customer_id=${other.customer}`)).json.cards, []);
        });

    test('deleted through Cashfree, it is gone from the others', async () => {
        const other = new Shopper(server);
        const { instrument } = await other.saved();
        const gone = fromInstrument(instrument);
        await other.sdk.PGCustomerDeleteInstrument(other.customer, instrument.instrument_id);
        assert.notEqual((await juspay.get(gone)).status, 200);
        assertResult(await paytm.generateTokenData(atPaytm(gone)), '726', 'FAILED', 'TOKEN_INVALID_STATE');
    });

    test('saved again by a payment, it is the same one', async () => {
        await buyer.paid(card(), { save_instrument: true });
        assert.equal((await juspay.call('GET', `/cards?customer_id=${buyer.customer}`)).json.cards.length, 1);
    });
});

describe('a token pays', () => {
    const AMOUNT = { order_amount: 100.5 };
    const paidOnce = async (method, changes) => {
        const buyer = new Shopper(server);
        const { order } = await buyer.paid(method, {}, { ...AMOUNT, ...changes });
        const [payment] = await buyer.payments(order);
        assert.equal(payment.payment_status, 'SUCCESS');
        await assertRefused(buyer.pay(await buyer.order(AMOUNT), method), 400, 'cryptogram_already_used');
        return payment;
    };

    test('saved through Juspay or Paytm, by its id as an instrument', async () => {
        const fromPaytm = atJuspay(await paytm.make(paytmCard(NUMBERS.mastercard)));
        for (const made of [await juspay.make(), fromPaytm]) {
            const buyer = new Shopper(server);
            buyer.customer = made.customerId;
            const [{ instrument_id, instrument_uid, afa_reference }] = await buyer.instruments();
            assert.equal(instrument_id, instrumentOf(made));
            assert.equal(afa_reference, null, 'no payment saved it');
            for (const named of [{ instrument_id }, { instrument_uid }]) {
                const { order } = await buyer.paid({ card: { channel: 'post', ...named } });
                const [payment] = await buyer.payments(order);
                assert.equal(payment.payment_method.card.instrument_id, instrument_id);
            }
        }
    });

    test("with the cryptogram that Juspay's card/get gave out, once", async () => {
        const made = await juspay.make();
        const { json } = await juspay.get(made, { order_details: { amount: '100.50', currency: 'INR' } });
        await paidOnce({ card: { channel: 'post', card_number: made.token, card_expiry_mm: made.tokenExpiryMonth,
            card_expiry_yy: made.tokenExpiryYear.slice(-2), cryptogram: json.authentication_details.cryptogram,
            token_requestor_id: json.token_requestor_id, card_display: NUMBERS.visa.slice(-4) } });
    });

    test("with the cryptogram that Paytm's generateTokenData gave out, once", async () => {
        const made = await paytm.make();
        const { token_requestor_id } = (await juspay.get(atJuspay(made))).json;   // Paytm tells it of Diners only
        const { body } = await paytm.generateTokenData(made);
        const [, month, year] = /^(\d\d)(\d{4})$/.exec(body.tokenInfo.tokenExpiry);
        const method = { card: { channel: 'post', card_number: body.cardToken, card_expiry_mm: month,
            card_expiry_yy: year.slice(-2), cryptogram: body.tavv, card_display: body.tokenInfo.cardSuffix,
            token_requestor_id } };
        const buyer = new Shopper(server), stranger = structuredClone(method);
        stranger.card.token_requestor_id = '40000000079';
        await assertRefused(buyer.pay(await buyer.order(AMOUNT), stranger), 400, 'cryptogram_invalid');
        await paidOnce(method);
    });

    test("as a guest's, with the number and cryptogram of Juspay's get/altId, once", async () => {
        const answer = await juspay.post('/get/altId', { cardData: await juspay.seal(juspayCard()),
            orderData: { amount: 100.5, currency: 'INR' }, cardBrand: 'VISA', keyId: juspay.who.key_id });
        assert.equal(answer.status, 200, answer.text);
        const alt = await juspay.open(answer.json.payload.altIdDetails);
        const payment = await paidOnce({ card: { channel: 'post', card_number: alt.altId, card_expiry_mm: alt.expMonth,
            card_expiry_yy: alt.expYear.slice(-2), card_cvv: '123', cryptogram: alt.tavv,
            token_type: 'NETWORK_GC_TOKEN', card_display: NUMBERS.visa.slice(-4) } });
        assert.equal(payment.payment_method.card.card_number, `XXXXXXXXXXXX${NUMBERS.visa.slice(-4)}`);
        assert.equal('instrument_id' in payment.payment_method.card, false, 'nothing is saved');
    });

    test("as a guest's, with the number and cryptogram of Paytm's guest checkout, once", async () => {
        const { body } = await paytm.call('gc/generateTokenData', { mid: paytm.mid, authRefId: 'test12324',
            cardSource: 'MANUAL_ENTERED', encryptedCardData: paytm.encrypt(paytmCard()),
            userInfo: { custId: freshId('guest') }, amount: { value: '100.50', currency: 'INR' } });
        const [, month, year] = /^(\d\d)(\d{4})$/.exec(body.tokenInfo.tokenExpiry);
        const method = { card: { channel: 'link', card_number: body.cardToken, card_expiry_mm: month,
            card_expiry_yy: year, card_cvv: '123', cryptogram: body.tavv, token_type: 'NETWORK_GC_TOKEN' } };
        const buyer = new Shopper(server);
        const without = structuredClone(method);
        delete without.card.card_cvv;
        await assertRefused(buyer.pay(await buyer.order(AMOUNT), without), 400, 'card_cvv_missing');
        const { data } = await buyer.begin(method, {}, AMOUNT);
        assert.equal(data.action, 'link');
        method.card.channel = 'post';
        await assertRefused(buyer.pay(await buyer.order(AMOUNT), method), 400, 'cryptogram_already_used');
    });
});

describe('whose token it is', () => {
    let other;
    before(async () => { other = await addPartner(server); });

    test("another merchant's token is not there, in either interface, and never was", async () => {
        const made = await juspay.make();
        const unknown = `token_${'0'.repeat(32)}`;
        for (const [call, ...refusal] of [['get', 404, 'RESOURCE_NOT_FOUND'], ['remove', 400, 'INVALID_REQUEST'],
            ['tokenStatus', 404, 'RESOURCE_NOT_FOUND']]) {
            const theirs = await other.juspay[call](made);
            const nobodys = await other.juspay[call]({ ...made, cardReference: unknown });
            const { request_id: theirId, ...told } = theirs.json.error_info;
            const { request_id: nobodysId, ...expected } = nobodys.json.error_info;
            assertJuspayRefusal(theirs, ...refusal);
            assertJuspayRefusal(nobodys, ...refusal);
            assert.deepEqual(told, expected);
            assert.equal(theirs.json.error_message, nobodys.json.error_message);
            assert.notEqual(theirId, nobodysId);
        }
        assertResult(await other.paytm.generateTokenData(atPaytm(made)), '405', 'FAILED', 'Invalid Token Index Number');
        assertResult(await other.paytm.modify(atPaytm(made), 'DEAD'), '405', 'FAILED', 'Invalid Token Index Number');
        assertResult(await other.paytm.tokenInfo(atPaytm(made).tokenIndexNumber),
            '405', 'FAILED', 'Invalid Token Index Number');
        assert.equal((await juspay.get(made)).status, 200, 'and it is as it was');
    });

    test('another merchant has a token, a fingerprint and a requestor of its own for the same card', async () => {
        const customer = { 'orderData.customerId': freshId('customer') };
        const ours = await juspay.make(juspayCard(), customer);
        const theirs = await other.juspay.make(juspayCard(), customer);
        assert.notEqual(theirs.cardReference, ours.cardReference);
        assert.notEqual(theirs.token, ours.token);
        assert.notEqual(theirs.cardFingerprint, ours.cardFingerprint, 'no oracle across merchants');
        assert.equal(theirs.par, ours.par);
        const requestor = async (who, made) => (await who.get(made)).json.token_requestor_id;
        assert.notEqual(await requestor(other.juspay, theirs), await requestor(juspay, ours));
        const listed = await other.juspay.call('GET', `/cards?customer_id=${customer['orderData.customerId']}`);
        assert.deepEqual(listed.json.cards.map((card) => card.card_reference), [theirs.cardReference]);
    });

    test("another merchant's token number is no token for the fingerprint", async () => {
        const made = await juspay.make();
        const ask = (who) => who.post('/v2/card/fingerprint', { card_number: made.token, is_token: true });
        assertJuspayRefusal(await ask(other.juspay), 400, 'INVALID_INPUT', /could not locate/i);
        assert.equal((await ask(juspay)).json.card_fingerprint, made.cardFingerprint, 'but for its own merchant');
    });

    test('the keys of one merchant open nothing of another', async () => {
        const made = await paytm.make();
        const crossed = new Paytm(server, { ...server.credentials.paytm, merchant_key: other.paytm.who.merchant_key });
        const body = paytm.dataBody(made);
        const seen = await server.request({ method: 'POST', path: paytm.where('generateTokenData', 'r'), body: {
            head: await crossed.head(JSON.stringify(body), { requestId: 'r' }), body } });
        assertResult(paytm.judge(seen), '1002', 'FAILED', 'CheckSum Validation Failure');
        assert.throws(() => crossed.assertSigned(seen), assert.AssertionError, 'it is signed with the key of the mid');
        const answered = await other.juspay.generateToken(juspayCard());
        assert.ok(await other.juspay.opened(answered));
        await assert.rejects(juspay.open(answered.json.payload), 'it is encrypted to its own merchant');
    });

    test("another customer's token is not found by Juspay, and another user's by Paytm", async () => {
        const made = await juspay.make();
        assertJuspayRefusal(await juspay.get({ ...made, customerId: freshId('customer') }), 404, 'RESOURCE_NOT_FOUND');
        assertResult(await paytm.generateTokenData({ ...atPaytm(made), custId: freshId('customer') }),
            '408', 'FAILED', 'Incorrect User ID');
    });

    test("a sub-merchant's token is not found without its name, nor under another one", async () => {
        const made = await juspay.make(juspayCard(), { submerchantId: 'airline_1' });
        assertJuspayRefusal(await juspay.get(made), 404, 'RESOURCE_NOT_FOUND');
        for (const submerchantId of ['airline_2', ''])
            assertJuspayRefusal(await juspay.get(made, { submerchantId }), 404, 'RESOURCE_NOT_FOUND');
        const answer = await juspay.get(made, { submerchantId: 'airline_1' });
        assert.equal(answer.json?.authentication_details?.token, made.token, answer.text);
        const outside = await juspay.make(juspayCard(), { 'orderData.customerId': made.customerId });
        assertJuspayRefusal(await juspay.get(outside, { submerchantId: 'airline_1' }), 404, 'RESOURCE_NOT_FOUND');
        assertResult(await paytm.generateTokenData(atPaytm(made)), '405', 'FAILED', 'Invalid Token Index Number');
    });
});
