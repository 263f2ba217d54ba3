// Juspay's POST /generateToken, from the side of a merchant: the cards are encrypted and the answers opened by jose and
// node-jose. Decisions 1 to 11 are the numbered choices that let clients work which were written for Juspay itself.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
    assertJuspayRefusal, headerOf, isLuhnValid, Juspay, juspayCard, NUMBERS, tool, withBadLuhn,
} from './cards.mjs';
import { freshId, startServer, until } from './harness.mjs';

const BRANDS = { visa: 'VISA', mastercard: 'MASTERCARD', rupay: 'RUPAY', amex: 'AMEX', diners: 'DINERSCLUB' };
const LENGTHS = { visa: 16, mastercard: 16, rupay: 16, amex: 15, diners: 14 };

let server, juspay;
before(async () => { server = await startServer(); juspay = new Juspay(server); });
after(() => server.close());

/** generateToken of a cardData that is there already must succeed; gives the payload. */
const take = async (cardData, changes, options) =>
    juspay.opened(await juspay.post('/generateToken', juspay.body(cardData, changes), options));

describe('the answer of generateToken', () => {
    test('a success has the four members of the page, and no fifth', async () => {
        const answer = await juspay.generateToken(juspayCard());
        assert.equal(answer.status, 200, answer.text);
        assert.match(answer.headers['content-type'], /^application\/json/);
        const { payload, ...rest } = answer.json;
        assert.deepEqual(rest, { errorCode: null, errorMessage: null, status: 'SUCCESS' });
        assert.match(payload, /^[\w-]+\.[\w-]+\.[\w-]+\.[\w-]+\.[\w-]+$/);
    });

    test('decision 6: the payload is a compact JWE of one JSON object, encoded once, in the enc of the request',
        async () => {
            for (const enc of ['A128GCM', 'A256GCM']) {
                const cardData = await juspay.seal(juspayCard(), { enc });
                const answer = await juspay.post('/generateToken', juspay.body(cardData));
                assert.equal(answer.status, 200, answer.text);
                assert.deepEqual(headerOf(answer.json.payload), { alg: 'RSA-OAEP-256', enc });
                const opened = await juspay.open(answer.json.payload);
                assert.equal(typeof opened, 'object');
                assert.deepEqual(await juspay.openWithNodeJose(answer.json.payload), opened);
            }
        });

    for (const [scheme, number] of Object.entries(NUMBERS))
        test(`a ${scheme} card gives every field of the page, each of its type`, async () => {
            const customerId = freshId('customer');
            const got = await juspay.make(juspayCard(number), { 'orderData.customerId': customerId });
            assert.deepEqual(Object.keys(got).sort(), [
                'cardBrand', 'cardFingerprint', 'cardReference', 'correlationId', 'customerId', 'digitalCardArt',
                'enrolledPan', 'networkResponse', 'par', 'provisionedTokenId', 'token', 'tokenExpiryMonth',
                'tokenExpiryYear', 'tokenIsin', 'tokenLastFour', 'tokenStatus', 'vaultProvider']);
            for (const name of ['provisionedTokenId', 'networkResponse', 'digitalCardArt', 'enrolledPan'])
                assert.equal(got[name], null, name);
            assert.equal(got.token.length, LENGTHS[scheme]);
            assert.notEqual(got.token, number);
            assert.equal(got.tokenIsin, got.token.slice(0, 9));
            assert.notEqual(got.tokenIsin.slice(0, 6), number.slice(0, 6));
            assert.equal(got.tokenLastFour, got.token.slice(-4));
            assert.match(got.tokenExpiryMonth, /^(0[1-9]|1[0-2])$/);
            assert.match(got.tokenExpiryYear, /^20\d\d$/);
            assert.ok(Date.UTC(got.tokenExpiryYear, got.tokenExpiryMonth, 1) > Date.now(), 'the token has not expired');
            assert.equal(got.tokenStatus, 'ACTIVE');
            assert.match(got.cardReference, /^token_[0-9a-f]{32}$/);
            assert.match(got.correlationId, /^[0-9a-f]{32}$/);
            assert.equal(got.customerId, customerId);
            assert.match(got.par, /^[0-9A-Za-z]{29}$/);
            assert.equal(got.cardBrand, BRANDS[scheme]);
            assert.match(got.cardFingerprint, /^[a-z0-9]{26}$/);
            assert.equal(got.vaultProvider, 'NETWORK_TOKEN');
        });

    test('decision 7: what clients read into fields that cannot be null is text, in every answer', async () => {
        const required = ['tokenIsin', 'tokenLastFour', 'tokenExpiryMonth', 'tokenExpiryYear', 'tokenStatus',
            'cardReference', 'correlationId', 'customerId', 'par', 'cardBrand'];
        for (const number of [...Object.values(NUMBERS), '4242424242424242', '4111110000000187'])
            for (const shouldSendToken of [true, false]) {
                const got = await juspay.make(juspayCard(number), { shouldSendToken });
                for (const name of shouldSendToken ? ['token', ...required] : required)
                    assert.equal(typeof got[name], 'string', `${name} of ${number}`);
            }
    });

    test('decision 8: tokens pass Luhn, have 8 to 19 digits, and no two are equal', async () => {
        const tokens = new Set();
        for (const number of Object.values(NUMBERS))
            for (let i = 0; i < 5; i++) {
                const { token } = await juspay.make(juspayCard(number));
                assert.match(token, /^\d{8,19}$/);
                assert.ok(isLuhnValid(token), token);
                assert.ok(!tokens.has(token));
                tokens.add(token);
            }
    });

    test('the token number is sent only to who asks for it', async () => {
        for (const asked of [false, undefined, null]) {
            const got = await juspay.make(juspayCard(), { shouldSendToken: asked });
            assert.ok(got.token === null || got.token === undefined, `${asked}: ${got.token}`);
            assert.match(got.tokenLastFour, /^\d{4}$/);
        }
        assert.match((await juspay.make(juspayCard(), { shouldSendToken: true })).token, /^\d{16}$/);
    });
});

describe('what is taken as cardData', () => {
    const card = juspayCard();
    const text = JSON.stringify(card);

    test('decision 1: a JSON object, and a JSON string that contains it, are both a card', async () => {
        for (const plain of [text, JSON.stringify(text), ` \n${JSON.stringify(text)}\n`])
            assert.match((await take(await juspay.seal(plain))).token, /^\d{16}$/);
    });

    test('decision 2: names are taken as the clients write them and as the page prints them', async () => {
        for (const rename of [
            (name) => name, (name) => name[0].toUpperCase() + name.slice(1), (name) => name.toLowerCase(),
        ]) {
            const renamed = Object.fromEntries(Object.entries(card).map(([name, value]) => [rename(name), value]));
            assert.match((await take(await juspay.seal(renamed))).token, /^\d{16}$/);
        }
    });

    test('decision 3: a year of two digits and one of four are the same year', async () => {
        const owner = { 'orderData.customerId': freshId('customer') };
        const long = await take(await juspay.seal(card), owner);
        const short = await take(await juspay.seal({ ...card, expYear: card.expYear.slice(2) }), owner);
        assert.equal(short.cardReference, long.cardReference);
    });

    test('decision 4: a bare compact JWE, and one wrapped in encData as an object or as text', async () => {
        const jwe = await juspay.seal(card);
        for (const cardData of [jwe, { encData: jwe }, JSON.stringify({ encData: jwe })])
            assert.match((await take(cardData)).token, /^\d{16}$/);
    });

    test("decision 5: any kid opens, or none: a UUID, a merchant's key id, one that nobody knows", async () => {
        for (const kid of [undefined, '2218168c-ee6b-49d7-a851-8b94e7d0068d', juspay.who.key_id,
            'key_0123456789abcdef0123456789abcdef', 'no such key'])
            assert.match((await take(await juspay.seal(card, { header: kid ? { kid } : {} }))).token, /^\d{16}$/);
    });

    test("decision 5: an unknown keyId, or none, is answered to the merchant's newest key", async () => {
        for (const keyId of [undefined, 'key_ffffffffffffffffffffffffffffffff'])
            assert.match((await take(await juspay.seal(card), { keyId })).token, /^\d{16}$/);
    });

    test('headers with a type, a time and in another order are those of real clients', async () => {
        const cardData = [
            await juspay.seal(card, { header: { typ: 'JWT' } }),
            await juspay.seal(card, { header: { iat: Date.now() } }),
            await juspay.sealWithNodeJose(card),
            await juspay.sealWithNodeJose(JSON.stringify(text),
                { enc: 'A256GCM', fields: { kid: 'x', iat: Date.now() } }),
        ];
        for (const one of cardData)
            assert.match((await take(one)).token, /^\d{16}$/);
    });

    test('further members, no security code and one that is null are no harm', async () => {
        for (const changes of [{ nameOnCard: 'Asha Rao', nickname: null, more: { of: ['it'] } },
            { cardSecurityCode: undefined }, { cardSecurityCode: null }])
            assert.match((await take(await juspay.seal({ ...card, ...changes }))).token, /^\d{16}$/);
    });

    test('the body is JSON under either content type that the page names', async () => {
        for (const type of ['application/json', 'application/json; charset=utf-8',
            'application/x-www-form-urlencoded', undefined]) {
            const answer = await juspay.generateToken(card, {}, { headers: { 'content-type': type } });
            assert.equal(answer.status, 200, `${type}: ${answer.text}`);
        }
        assertJuspayRefusal(await juspay.generateToken(card, {}, { headers: { 'content-type': 'text/xml' } }),
            415, 'INVALID_INPUT');
    });
});

describe('who calls', () => {
    test('decision 9: neither x-routing-id, x-merchantid nor version is needed, and all are taken', async () => {
        const bare = await juspay.generateToken(juspayCard());
        assert.equal(bare.status, 200, bare.text);
        const full = await juspay.generateToken(juspayCard(), {}, { headers: {
            'x-routing-id': 'customer_1122', 'x-merchantid': 'some_merchant', version: '2019-05-07' } });
        assert.equal(full.status, 200, full.text);
        assert.equal(full.headers['x-routing-id'], 'customer_1122');
        await until('a journal line with the routing id', () =>
            server.journal().some((line) => JSON.stringify(line).includes('customer_1122')));
    });

    test('decision 10: Basic of the key with a colon behind it, and of the key alone', async () => {
        const key = juspay.who.api_key;
        assert.match(key, /^[0-9A-F]{30,}$/);
        for (const text of [`${key}:`, key]) {
            const answer = await juspay.generateToken(juspayCard(), {}, { authorization: juspay.authorization(text) });
            assert.equal(answer.status, 200, `${text.length} characters: ${answer.text}`);
        }
    });

    test('any other key, scheme or none at all is 401 UNAUTHORIZED, in the same words', async () => {
        const key = juspay.who.api_key;
        const other = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
        const texts = new Set();
        for (const authorization of [null, '', 'Basic', 'Basic !!!', `Bearer ${key}`, juspay.authorization(''),
            juspay.authorization(':'), juspay.authorization(`${other}:`), juspay.authorization(`${key}:password`),
            juspay.authorization(`${key}0:`), juspay.authorization(key.slice(0, 12)),
            juspay.authorization('x'.repeat(2000)),
            juspay.authorization(`${server.clientId}:${server.clientSecret}`), `Basic ${key}`]) {
            const answer = await juspay.generateToken(juspayCard(), {}, { authorization });
            assertJuspayRefusal(answer, 401, 'UNAUTHORIZED');
            texts.add(answer.json.error_message);
        }
        assert.equal(texts.size, 1, [...texts].join(' / '));
    });
});

describe('one card of one customer', () => {
    test('the same card again gives the same cardReference, whatever else differs', async () => {
        const owner = { 'orderData.customerId': freshId('customer') };
        const first = await juspay.make(juspayCard(), owner);
        const again = await juspay.make(juspayCard(NUMBERS.visa, { cardSecurityCode: '999', expMonth: '11' }),
            { ...owner, 'orderData.consentId': freshId('consent') });
        assert.equal(again.cardReference, first.cardReference);
        assert.equal(again.token, first.token);
        assert.equal(again.cardFingerprint, first.cardFingerprint);
        assert.equal(again.par, first.par);
    });

    test('ten at once give one token', async () => {
        const owner = { 'orderData.customerId': freshId('customer') };
        const made = await Promise.all(Array.from({ length: 10 }, () => juspay.make(juspayCard(), owner)));
        assert.equal(new Set(made.map(({ cardReference }) => cardReference)).size, 1);
        assert.equal(new Set(made.map(({ token }) => token)).size, 1);
    });

    test("another customer, sub-merchant or card has another token; the PAR stays the card's", async () => {
        const customerId = freshId('customer');
        const owner = { 'orderData.customerId': customerId };
        const first = await juspay.make(juspayCard(), owner);
        const others = [
            await juspay.make(juspayCard(), { 'orderData.customerId': freshId('customer') }),
            await juspay.make(juspayCard(), { ...owner, submerchantId: 'airline_1' }),
            await juspay.make(juspayCard(), { ...owner, submerchantId: 'airline_2' }),
        ];
        const references = [first, ...others].map(({ cardReference }) => cardReference);
        assert.equal(new Set(references).size, 4);
        for (const other of others) {
            assert.equal(other.par, first.par);
            assert.equal(other.cardFingerprint, first.cardFingerprint);
        }
        const different = await juspay.make(juspayCard('4012888888881881'), owner);
        assert.notEqual(different.cardReference, first.cardReference);
        assert.notEqual(different.par, first.par);
        assert.notEqual(different.cardFingerprint, first.cardFingerprint);
    });

    test('a token outlives the server that made it', async () => {
        const own = await startServer();
        try {
            const there = new Juspay(own);
            const owner = { 'orderData.customerId': freshId('customer') };
            const first = await there.make(juspayCard(), owner);
            await own.restart();
            assert.equal((await there.make(juspayCard(), owner)).cardReference, first.cardReference);
            const got = await there.get(first);
            assert.equal(got.json.authentication_details?.token, first.token, got.text);
        } finally {
            await own.close();
        }
    });
});

describe('what is refused', () => {
    test('decision 11: each failure is 4xx or 5xx with error_info, never 200 without a payload', async () => {
        const sealed = await juspay.seal(juspayCard());
        const bodies = [
            ['INVALID_INPUT', '{'], ['INVALID_INPUT', '[]'], ['INVALID_INPUT', '"text"'],
            ['INVALID_INPUT', `{"service":"NETWORK_TOKEN","service":"NETWORK_TOKEN"}`],
            ['MISSING_MANDATORY_PARAMETER', {}],
            ['MISSING_MANDATORY_PARAMETER', juspay.body(sealed, { cardData: undefined })],
            ['MISSING_MANDATORY_PARAMETER', juspay.body(sealed, { orderData: undefined })],
            ['MISSING_MANDATORY_PARAMETER', juspay.body(sealed, { 'orderData.customerId': undefined })],
            ['MISSING_MANDATORY_PARAMETER', juspay.body(sealed, { 'orderData.consentId': undefined })],
            ['MISSING_MANDATORY_PARAMETER', juspay.body(sealed, { service: undefined })],
            ['INVALID_INPUT', juspay.body(sealed, { service: 'ISSUER_TOKEN' })],
            ['INVALID_INPUT', juspay.body(sealed, { shouldSendToken: 'yes please' })],
            ['INVALID_INPUT', juspay.body('not a jwe')],
            ['INVALID_INPUT', juspay.body(12345)],
            ['INVALID_INPUT', juspay.body(await juspay.seal(juspayCard(withBadLuhn(NUMBERS.visa))))],
        ];
        for (const [code, body] of bodies)
            assertJuspayRefusal(await juspay.post('/generateToken', body), 400, code);
        assertJuspayRefusal(await juspay.call('GET', '/generateToken'), 405, 'INVALID_ACTION');
        assertJuspayRefusal(await juspay.post('/v4/card/nothing', {}), 404, 'RESOURCE_NOT_FOUND');
    });

    test('an American Express card without an authentication reference is refused by name', async () => {
        for (const audit of [undefined, {}, { authRefNo: '' }, { authRefNo: '  ' }, { authRefNo: null }, null])
            assertJuspayRefusal(await juspay.generateToken(juspayCard(NUMBERS.amex), { audit }), 400,
                'MISSING_MANDATORY_PARAMETER', /authRefNo|authentication reference/i);
        for (const scheme of ['visa', 'mastercard', 'rupay', 'diners'])
            assert.match((await juspay.make(juspayCard(NUMBERS[scheme]), { audit: undefined })).token, /^\d+$/);
    });

    test('RuPay needs the reference by setting, and every scheme in strict mode', async () => {
        const rupay = await startServer({ args: ['--rupay-auth-ref'] });
        try {
            const there = new Juspay(rupay);
            assertJuspayRefusal(await there.generateToken(juspayCard(NUMBERS.rupay), { audit: undefined }), 400,
                'MISSING_MANDATORY_PARAMETER');
            assert.ok(await there.make(juspayCard(NUMBERS.rupay)));
            assert.ok(await there.make(juspayCard(), { audit: undefined }));
            await rupay.restart(['--strict-consent']);
            for (const number of Object.values(NUMBERS))
                assertJuspayRefusal(await there.generateToken(juspayCard(number), { audit: undefined }), 400,
                    'MISSING_MANDATORY_PARAMETER');
        } finally {
            await rupay.close();
        }
    });

    test('what the network says comes as the page of test cards tells', async () => {
        for (const [number, status, code, category, name] of [
            ['4111110000000039', 400, 'INVALID_INPUT', 'USER_ERROR', 'DECLINED'],
            ['4111110000000047', 400, 'FEATURE_NOT_ENABLED', 'CONFIG_ERROR', 'INELIGIBLE'],
            ['4111110000000054', 400, 'INVALID_INPUT', 'USER_ERROR', 'AUTHENTICATE'],
            ['4111110000000062', 400, 'INVALID_INPUT', 'USER_ERROR', 'BAD_REQUEST'],
            ['4111110000000070', 400, 'INVALID_INPUT', 'USER_ERROR', 'BAD_AUTH_REF'],
            ['4111110000000088', 502, 'SERVER_ERROR', 'SERVER_ERROR', 'ERROR'],
            ['4111110000000096', 502, 'SERVER_ERROR', 'SERVER_ERROR', 'FAULT'],
            ['4111110000000120', 502, 'SERVER_ERROR', 'SERVER_ERROR', 'UNREACHABLE'],
            ['4111110000000138', 502, 'SERVER_ERROR', 'SERVER_ERROR', 'NO_ROUTE'],
            ['4111110000000146', 502, 'SERVER_ERROR', 'SERVER_ERROR', 'BROKEN'],
        ]) {
            const answer = await juspay.generateToken(juspayCard(number));
            assertJuspayRefusal(answer, status, code, new RegExp(`^${name}: `));
            assert.equal(answer.json.error_info.category, category, answer.text);
        }
    });

    test('a network that stays silent is 504, and the token it made is found on the second try', async () => {
        const owner = { 'orderData.customerId': freshId('customer') };
        const card = juspayCard('4111110000000104');
        const first = await juspay.generateToken(card, owner);
        assertJuspayRefusal(first, 504, 'SERVER_ERROR');
        assert.equal(first.json.error_info.category, 'SERVER_ERROR');
        const got = await until('the token of a timeout', async () => {
            const again = await juspay.generateToken(card, owner);
            return again.status === 200 && juspay.opened(again);
        }, 20_000);
        assert.equal(got.tokenStatus, 'ACTIVE');
        assert.ok(isLuhnValid(got.token));
    });

    test('a card number where free text belongs is refused and not kept', async () => {
        for (const changes of [{ 'orderData.consentId': NUMBERS.visa }, { 'orderData.customerId': `c-${NUMBERS.visa}` },
            { submerchantId: NUMBERS.visa }, { 'audit.authRefNo': '4111 1111 1111 1111' }]) {
            const answer = await juspay.generateToken(juspayCard(), changes);
            assertJuspayRefusal(answer, 400, 'INVALID_INPUT', /card number/i);
            assert.ok(!answer.text.includes(NUMBERS.visa) && !answer.text.includes('4111 1111 1111 1111'));
        }
    });

    test('neither the card nor the code comes back in any refusal', async () => {
        const card = juspayCard(NUMBERS.visa, { expMonth: '13' });
        const answer = await juspay.generateToken(card);
        assertJuspayRefusal(answer, 400, 'INVALID_INPUT', /month/i);
        assert.ok(!answer.text.includes(card.cardNumber), answer.text);
        const asBody = await juspay.post('/generateToken', juspay.body(JSON.stringify(card)));
        assertJuspayRefusal(asBody, 400, 'MISSING_MANDATORY_PARAMETER', /encData/);
        assert.ok(!asBody.text.includes(card.cardNumber), asBody.text);
    });
});

describe('the tools at the shell', () => {
    test('tijori jwe encrypt makes a cardData that the server takes, of each form', async () => {
        const forms = [[], ['--enc', 'A128GCM'], ['--double'], ['--kid', 'key_0123456789abcdef0123456789abcdef']];
        for (const words of forms) {
            const { status, stdout, stderr } = tool(server, ['jwe', 'encrypt', ...words], JSON.stringify(juspayCard()));
            assert.equal(status, 0, stderr);
            assert.match((await take(stdout.trim())).token, /^\d{16}$/);
        }
    });

    test('tijori jwe decrypt opens a payload, and the whole answer that carries it', async () => {
        const answer = await juspay.generateToken(juspayCard());
        const opened = await juspay.open(answer.json.payload);
        for (const input of [answer.json.payload, answer.text]) {
            const { status, stdout, stderr } = tool(server, ['jwe', 'decrypt'], input);
            assert.equal(status, 0, stderr);
            assert.deepEqual(JSON.parse(stdout), opened);
        }
        const { status, stdout } = tool(server, ['jwe', 'decrypt'], await juspay.seal(juspayCard()));
        assert.notEqual(status, 0, 'what is encrypted to the server is not for the merchant');
        assert.ok(!stdout.includes(NUMBERS.visa));
    });
});
