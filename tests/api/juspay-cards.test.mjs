// Juspay's other calls: a card's number and cryptogram, delete, status, fingerprint, Alt ID, lists and BINs.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertJuspayRefusal, headerOf, isLuhnValid, Juspay, juspayCard, NUMBERS, withBadLuhn } from './cards.mjs';
import { freshId, startServer, until } from './harness.mjs';

let server, juspay;
before(async () => { server = await startServer(); juspay = new Juspay(server); });
after(() => server.close());

const UNKNOWN = `token_${'0'.repeat(32)}`;

describe('POST /v4/card/get', () => {
    test('the token, a cryptogram and all that a merchant forwards with them', async () => {
        const made = await juspay.make();
        const answer = await juspay.get(made);
        assert.equal(answer.status, 200, answer.text);
        const got = answer.json;
        assert.equal(got.authentication_details.token, made.token);
        assert.match(got.authentication_details.cryptogram, /^[A-Za-z0-9+/]{26,27}=?=?$/);
        assert.equal(Buffer.from(got.authentication_details.cryptogram, 'base64').length, 20);
        assert.equal(got.network, 'VISA');
        assert.equal(got.token_details.exp_month, made.tokenExpiryMonth);
        assert.equal(got.token_details.exp_year, made.tokenExpiryYear);
        assert.equal(got.token_details.status, 'ACTIVE');
        assert.equal(got.token_details.first_six, made.token.slice(0, 6));
        assert.equal(got.token_details.last_four, made.tokenLastFour);
        assert.equal(got.token_details.provider_category, 'NETWORK');
        assert.equal(got.eci, '07');
        assert.match(got.token_requestor_id, /^\d{11}$/);
        assert.equal(got.reference, made.cardReference);
        assert.equal(got.fingerprint, made.cardFingerprint);
        assert.equal(got.customer_id, made.customerId);
        assert.equal(got.card_details.last_four, NUMBERS.visa.slice(-4));
        assert.equal(got.card_details.par, made.par);
        assert.ok(!answer.text.includes(NUMBERS.visa));
    });

    test('each call has a fresh cryptogram, and the same token', async () => {
        const made = await juspay.make();
        const all = [];
        for (let i = 0; i < 20; i++)
            all.push((await juspay.get(made)).json.authentication_details);
        assert.equal(new Set(all.map(({ cryptogram }) => cryptogram)).size, 20);
        assert.equal(new Set(all.map(({ token }) => token)).size, 1);
    });

    test('the reference is taken in each of its published forms', async () => {
        const made = await juspay.make();
        const hex = made.cardReference.slice('token_'.length);
        for (const card_reference of [made.cardReference, `cref_${hex}`, hex]) {
            const answer = await juspay.get(made, { card_reference });
            assert.equal(answer.json?.authentication_details?.token, made.token, answer.text);
        }
    });

    test("an unknown reference, and another customer's, are 404 in the same words", async () => {
        const made = await juspay.make();
        const unknown = await juspay.get(made, { card_reference: UNKNOWN });
        assertJuspayRefusal(unknown, 404, 'RESOURCE_NOT_FOUND');
        const other = await juspay.get(made, { customer_id: freshId('customer') });
        assertJuspayRefusal(other, 404, 'RESOURCE_NOT_FOUND');
        assert.equal(other.json.error_message, unknown.json.error_message);
        assertJuspayRefusal(await juspay.get(made, { card_reference: undefined }), 400, 'MISSING_MANDATORY_PARAMETER');
        assertJuspayRefusal(await juspay.get(made, { customer_id: undefined }), 400, 'MISSING_MANDATORY_PARAMETER');
        const malformed = await juspay.get(made, { card_reference: 'no reference' });
        assertJuspayRefusal(malformed, 404, 'RESOURCE_NOT_FOUND');
        assert.equal(malformed.json.error_message, unknown.json.error_message);
    });

    test('without a valid key it is refused', async () => {
        const made = await juspay.make();
        const answer = await juspay.post('/v4/card/get', juspay.named(made), { authorization: null });
        assertJuspayRefusal(answer, 401, 'UNAUTHORIZED');
    });
});

describe('POST /v4/card/delete', () => {
    test('a deleted token gives nothing any more, and the same card then has a new one', async () => {
        const made = await juspay.make();
        const gone = await juspay.remove(made);
        assert.equal(gone.status, 200, gone.text);
        assert.equal(gone.json.status, 'SUCCESS');
        assertJuspayRefusal(await juspay.get(made), 404, 'RESOURCE_NOT_FOUND');
        assertJuspayRefusal(await juspay.remove(made), 400, 'INVALID_REQUEST', /card_reference or customer_id/);
        const again = await juspay.make(juspayCard(), { 'orderData.customerId': made.customerId });
        assert.notEqual(again.cardReference, made.cardReference);
        assert.notEqual(again.token, made.token);
        assert.equal(again.par, made.par);
    });

    test("what is not there cannot be deleted, nor can another customer's", async () => {
        const made = await juspay.make();
        for (const changes of [{ card_reference: UNKNOWN }, { customer_id: freshId('customer') }]) {
            assertJuspayRefusal(await juspay.remove(made, changes), 400, 'INVALID_REQUEST',
                /card_reference or customer_id/);
        }
        assert.equal((await juspay.get(made)).status, 200);
    });
});

describe('POST /v4/card/tokenStatus', () => {
    test('a plain object under either spelling of the question', async () => {
        const made = await juspay.make();
        for (const body of [juspay.named(made), { cardReference: made.cardReference, customerId: made.customerId }]) {
            const answer = await juspay.post('/v4/card/tokenStatus', body);
            assert.equal(answer.status, 200, answer.text);
            const { payload } = answer.json;
            assert.equal(payload.tokenStatus, 'ACTIVE');
            assert.equal(payload.tokenExpiryMonth, made.tokenExpiryMonth);
            assert.equal(payload.tokenExpiryYear, made.tokenExpiryYear);
            assert.equal(payload.tokenLastFour, made.tokenLastFour);
            assert.equal(payload.cardLastFour, NUMBERS.visa.slice(-4));
        }
    });

    test('a deleted token says so, with its expiry, which older clients need', async () => {
        const made = await juspay.make();
        assert.equal((await juspay.remove(made)).status, 200);
        const answer = await juspay.tokenStatus(made);
        assert.equal(answer.json.payload?.tokenStatus, 'DELETED', answer.text);
        assert.match(answer.json.payload.tokenExpiryMonth, /^\d\d$/);
        assert.match(answer.json.payload.tokenExpiryYear, /^\d{4}$/);
    });

    test('a token that becomes active later is INACTIVE until then', async () => {
        const owner = { 'orderData.customerId': freshId('customer') };
        const made = await juspay.make(juspayCard('4111110000000013'), { ...owner, shouldSendToken: false });
        assert.equal(made.tokenStatus, 'INACTIVE');
        assert.equal((await juspay.tokenStatus(made)).json.payload.tokenStatus, 'INACTIVE');
        assertJuspayRefusal(await juspay.get(made), 400, 'INVALID_ACTION', /TOKEN_PENDING/);
        await until('the token is active', async () =>
            (await juspay.tokenStatus(made)).json.payload.tokenStatus === 'ACTIVE');
        assert.equal((await juspay.get(made)).status, 200);
    });

    test('an unknown token is 404 here as well', async () => {
        assertJuspayRefusal(await juspay.tokenStatus({ cardReference: UNKNOWN, customerId: 'x' }), 404,
            'RESOURCE_NOT_FOUND');
    });
});

describe('POST /v2/card/fingerprint', () => {
    const ask = (body) => juspay.post('/v2/card/fingerprint', body);

    test('a card and its token have one fingerprint and one PAR', async () => {
        const made = await juspay.make();
        for (const body of [{ card_number: NUMBERS.visa, is_token: false }, { card_number: NUMBERS.visa },
            { card_number: made.token, is_token: true }]) {
            const answer = await ask(body);
            assert.equal(answer.status, 200, answer.text);
            assert.equal(answer.json.card_fingerprint, made.cardFingerprint);
            assert.equal(answer.json.par, made.par);
        }
    });

    test('a wrong check digit, a missing number and a foreign token are refused', async () => {
        assertJuspayRefusal(await ask({ card_number: withBadLuhn(NUMBERS.visa) }), 400, 'INVALID_REQUEST', /luhn/i);
        assertJuspayRefusal(await ask({}), 400, 'MISSING_MANDATORY_PARAMETER');
        assertJuspayRefusal(await ask({ card_number: NUMBERS.visa, is_token: true }), 400, 'INVALID_INPUT',
            /could not locate/i);
        assertJuspayRefusal(await juspay.post('/v2/card/fingerprint', { card_number: NUMBERS.visa },
            { authorization: null }), 401, 'UNAUTHORIZED');
    });

    test('the number that was asked for does not come back, and is not in the journal', async () => {
        const answer = await ask({ card_number: '4012888888881881' });
        assert.equal(answer.status, 200, answer.text);
        assert.ok(!answer.text.includes('4012888888881881'));
        const refused = await ask({ card_number: withBadLuhn('4012888888881881') });
        assert.equal(refused.status, 400, refused.text);
        assert.ok(!refused.text.includes(withBadLuhn('4012888888881881')));
        assert.ok(!server.log().includes('401288888888'));
    });
});

describe('POST /get/altId', () => {
    const body = async (number = NUMBERS.visa, changes = {}) => ({
        cardData: await juspay.seal(juspayCard(number)),
        orderData: { amount: 100.5, currency: 'INR', ...changes.orderData },
        cardBrand: changes.cardBrand ?? 'VISA', keyId: juspay.who.key_id, correlationId: 'my-own-id',
        ...changes.top,
    });

    test('a number for one payment and its cryptogram, encrypted, and nothing is saved', async () => {
        const answer = await juspay.post('/get/altId', await body());
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json.status, 'SUCCESS');
        assert.equal(answer.json.errorCode, null);
        assert.equal(answer.json.errorMessage, null);
        const { payload } = answer.json;
        assert.equal(payload.cardBrand, 'VISA');
        assert.equal(payload.correlationId, 'my-own-id');
        assert.equal(typeof payload.cardIssuerBank, 'string');
        assert.equal(payload.cardIssuerCountry, 'IN');
        assert.deepEqual(headerOf(payload.altIdDetails), { alg: 'RSA-OAEP-256', enc: 'A128GCM' });
        const alt = await juspay.open(payload.altIdDetails);
        assert.ok(isLuhnValid(alt.altId) && alt.altId !== NUMBERS.visa, alt.altId);
        assert.match(alt.expMonth, /^\d\d$/);
        assert.match(alt.expYear, /^\d{4}$/);
        assert.equal(Buffer.from(alt.tavv, 'base64').length, 20);
        assert.match(alt.par, /^[0-9A-Za-z]{29}$/);
        assert.ok(!JSON.stringify(alt).includes(NUMBERS.visa));
        const other = await juspay.open((await juspay.post('/get/altId', await body())).json.payload.altIdDetails);
        assert.notEqual(other.tavv, alt.tavv);
        assert.equal(other.par, alt.par);
    });

    test('amounts as text, a form body and shouldSendRawCard as text are those of older clients', async () => {
        const asText = await juspay.post('/get/altId', await body(NUMBERS.visa,
            { orderData: { amount: '100.50' }, top: { shouldSendRawCard: 'true' } }));
        assert.equal(asText.status, 200, asText.text);
        const whole = await body();
        const form = new URLSearchParams({ ...whole, orderData: JSON.stringify(whole.orderData) }).toString();
        const answer = await juspay.post('/get/altId', form,
            { headers: { 'content-type': 'application/x-www-form-urlencoded' } });
        assert.equal(answer.status, 200, answer.text);
    });

    test('a wrong check digit names its field, as the page shows', async () => {
        const answer = await juspay.post('/get/altId', await body(withBadLuhn(NUMBERS.visa)));
        assertJuspayRefusal(answer, 400, 'INVALID_INPUT', /card ?number|luhn/i);
        assert.deepEqual(answer.json.error_info.fields,
            [{ field_name: 'card_number', reason: 'Luhn Check Failed.' }], answer.text);
    });

    test('RuPay has an Alt ID only after authentication', async () => {
        assertJuspayRefusal(await juspay.post('/get/altId', await body(NUMBERS.rupay, { cardBrand: 'RUPAY' })), 400,
            'MISSING_MANDATORY_PARAMETER', /authRef/i);
        const answer = await juspay.post('/get/altId', await body(NUMBERS.rupay,
            { cardBrand: 'RUPAY', orderData: { authRefNumber: 'test12324' } }));
        assert.equal(answer.status, 200, answer.text);
    });
});

describe('GET /cards and /cardbins', () => {
    test("a customer's cards, masked, each with its token", async () => {
        const customerId = freshId('customer');
        const visa = await juspay.make(juspayCard(), { 'orderData.customerId': customerId });
        const rupay = await juspay.make(juspayCard(NUMBERS.rupay), { 'orderData.customerId': customerId });
        const answer = await juspay.call('GET', `/cards?customer_id=${customerId}&options.check_cvv_less_support=true`);
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json.customer_id, customerId);
        assert.deepEqual(answer.json.cards.map((card) => card.card_reference).sort(),
            [visa.cardReference, rupay.cardReference].sort());
        const card = answer.json.cards.find((one) => one.card_reference === visa.cardReference);
        assert.equal(card.card_brand, 'VISA');
        assert.equal(card.card_fingerprint, visa.cardFingerprint);
        assert.match(card.card_number, /^X{4}-X+-1111$/);
        assert.equal(card.token.card_reference, visa.cardReference);
        assert.equal(card.token.last_four_digits, visa.tokenLastFour);
        assert.equal(card.token.par, visa.par);
        assert.equal(card.token.tokenization_status, 'ACTIVE');
        for (const number of [NUMBERS.visa, NUMBERS.rupay, visa.token, rupay.token])
            assert.ok(!answer.text.includes(number), 'a list discloses no number');
    });

    test('a customer without cards has an empty list; no customer is refused', async () => {
        const answer = await juspay.call('GET', `/cards?customer_id=${freshId('nobody')}`);
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(answer.json.cards, []);
        assertJuspayRefusal(await juspay.call('GET', '/cards'), 400, 'MISSING_MANDATORY_PARAMETER');
    });

    test('a BIN of six to nine digits tells brand, bank and whether it can be tokenised', async () => {
        for (const digits of ['438624', '43862412', '438624123']) {
            const answer = await juspay.call('GET',
                `/cardbins/${digits}?merchant_id=m&options.check_tokenize_support=true`);
            assert.equal(answer.status, 200, answer.text);
            const got = answer.json;
            assert.equal(got.object, 'cardbin');
            assert.equal(got.brand, 'VISA');
            assert.equal(got.type, 'DEBIT');
            assert.equal(got.juspay_bank_code, 'JP_HDFC');
            assert.equal(got.tokenize_support, true);
            assert.equal(typeof got.id, 'string');
        }
        for (const digits of ['41111', '4111111111', '41111x'])
            assertJuspayRefusal(await juspay.call('GET', `/cardbins/${digits}`), 400, 'INVALID_INPUT', /six to nine/);
        assertJuspayRefusal(await juspay.call('GET', '/cardbins/911111'), 404, 'RESOURCE_NOT_FOUND');
    });
});
