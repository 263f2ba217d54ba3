// One token under every name: made through one interface, served, suspended and deleted through the other.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
    addPartner, assertJuspayRefusal, assertResult, Juspay, juspayCard, NUMBERS, Paytm, paytmCard,
} from './cards.mjs';
import { freshId, startServer } from './harness.mjs';

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
