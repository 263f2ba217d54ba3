// Paytm's other calls: tokenise a card, its information and status, card to PAR, guest checkout, saved cards.

import assert from 'node:assert/strict';
import { createCipheriv, publicEncrypt, constants } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
    assertResult, INCORRECT, isLuhnValid, MISSING, NUMBERS, Paytm, paytmCard, REFUSED, withBadLuhn,
} from './cards.mjs';
import { freshId, startServer, until } from './harness.mjs';

let server, paytm;
before(async () => { server = await startServer(); paytm = new Paytm(server); });
after(() => server.close());

describe('tokenizeCard', () => {
    test('an encrypted card gives the whole tokenInfo at once', async () => {
        const answer = await paytm.tokenizeCard(paytmCard());
        assertResult(answer, '00', 'SUCCESS', 'SUCCESS');
        const info = answer.body.tokenInfo;
        assert.match(info.tokenIndexNumber, /^[0-9a-f]{32}$/);
        assert.equal(info.cardScheme, 'VISA');
        assert.equal(info.tokenStatus, 'ACTIVE');
        assert.equal(info.cardSuffix, '1111');
        assert.match(info.tokenExpiry, /^(0[1-9]|1[0-2])20\d\d$/);
        assert.match(info.tokenSuffix, /^\d{4}$/);
        assert.equal(answer.body.cardToken, undefined, 'making a token discloses no number');
        assert.ok(!answer.text.includes(NUMBERS.visa));
    });

    test('the same card and customer again give the same index, at once too', async () => {
        const changes = { 'userInfo.custId': freshId('customer') };
        const made = await Promise.all(Array.from({ length: 5 }, () => paytm.make(paytmCard(), changes)));
        made.push(await paytm.make(paytmCard(NUMBERS.visa, { securityCode: '321' }), changes));
        assert.equal(new Set(made.map(({ tokenIndexNumber }) => tokenIndexNumber)).size, 1);
        assert.notEqual((await paytm.make()).tokenIndexNumber, made[0].tokenIndexNumber);
    });

    test('the asynchronous form gives an index, and Get Token Info the rest', async () => {
        const body = paytm.tokenizeBody(paytmCard());
        const answer = await paytm.call('tokenizeCardAsync', body);
        assertResult(answer, '100', 'PENDING', 'PENDING');
        assert.match(answer.body.tokenIndexNumber, /^[0-9a-f]{32}$/);
        await until('the token is active', async () => {
            const info = await paytm.tokenInfo(answer.body.tokenIndexNumber);
            return info.body.tokenInfo?.tokenStatus === 'ACTIVE';
        });
        const made = { tokenIndexNumber: answer.body.tokenIndexNumber, custId: body.userInfo.custId };
        assertResult(await paytm.generateTokenData(made), '00', 'SUCCESS', 'SUCCESS');
    });

    test('no consent, a refused one or none of its own form is refused by name', async () => {
        for (const [result, tokenizationConsent] of [[MISSING, undefined], [MISSING, null], [REFUSED, {}],
            [REFUSED, { userConsent: 0 }], [REFUSED, { userConsent: false }], [REFUSED, { userConsent: 'yes' }],
            [REFUSED, { userConsent: 2 }]]) {
            const answer = await paytm.tokenizeCard(paytmCard(), { tokenizationConsent });
            assertResult(answer, ...result);
            assert.equal(answer.body.tokenInfo, undefined);
        }
        for (const userConsent of [1, '1', true, 'true'])
            assertResult(await paytm.tokenizeCard(paytmCard(), { tokenizationConsent: { userConsent } }),
                '00', 'SUCCESS', 'SUCCESS');
    });

    test('RuPay needs the authentication reference, and so does American Express', async () => {
        for (const number of [NUMBERS.rupay, NUMBERS.amex])
            for (const authRefId of [undefined, '', '  '])
                assertResult(await paytm.tokenizeCard(paytmCard(number), { authRefId }), ...MISSING);
        assertResult(await paytm.tokenizeCard(paytmCard(), { authRefId: undefined }), '00', 'SUCCESS', 'SUCCESS');
    });

    test('mandatory fields and values of a list', async () => {
        for (const changes of [{ cardSource: undefined }, { encryptedCardData: undefined }, { userInfo: undefined },
            { 'userInfo.custId': undefined }])
            assertResult(await paytm.tokenizeCard(paytmCard(), changes), ...MISSING);
        assertResult(await paytm.tokenizeCard(paytmCard(), { cardSource: 'A_DREAM' }), ...INCORRECT);
        for (const cardSource of ['CARD_ON_FILE', 'MANUAL_ENTERED', 'CARD_SCAN'])
            assertResult(await paytm.tokenizeCard(paytmCard(), { cardSource }), '00', 'SUCCESS', 'SUCCESS');
    });

    test('whatever is wrong inside a readable card is a refusal in the same envelope', async () => {
        for (const card of [paytmCard(withBadLuhn(NUMBERS.visa)), paytmCard(NUMBERS.visa, { expiryMonth: '13' }),
            paytmCard(NUMBERS.visa, { expiryYear: '2020' }), paytmCard('9111111111111110')]) {
            const answer = await paytm.tokenizeCard(card);
            assertResult(answer, ...INCORRECT);
            assert.equal(answer.body.tokenInfo, undefined);
            assert.ok(!answer.text.includes(card.cardNumber));
        }
    });

    test('all that cannot be decrypted has one answer: wrong key, padding, length or no base64', async () => {
        const card = JSON.stringify(paytmCard());
        const good = Buffer.from(paytm.encrypt(card), 'base64');
        const oaep = publicEncrypt({ key: paytm.who.server_public_key_pem, padding: constants.RSA_PKCS1_OAEP_PADDING },
            Buffer.from(card));
        const key = paytm.who.server_public_key_pem;
        const raw = (block) => publicEncrypt({ key, padding: constants.RSA_NO_PADDING },
            Buffer.concat([Buffer.alloc(256 - block.length), block]));
        const bad = {
            flipped: Buffer.from(good.map((byte, at) => (at === 100 ? byte ^ 4 : byte))), oaep,
            noPadding: raw(Buffer.from(card)), type1: raw(Buffer.concat([Buffer.from([1]), Buffer.alloc(120, 255),
                Buffer.from([0]), Buffer.from(card)])),
            zeroes: Buffer.alloc(256), ones: Buffer.alloc(256, 255), short: good.subarray(1),
            long: Buffer.concat([good, good]),
            noJson: Buffer.from(paytm.encrypt('no card at all'), 'base64'),
            aes: createCipheriv('aes-128-ecb', '0123456789abcdef', null).update(Buffer.alloc(256, 7)),
        };
        const said = new Map();
        for (const [why, block] of Object.entries(bad)) {
            const answer = await paytm.tokenizeCard({}, { encryptedCardData: block.toString('base64') });
            assert.equal(answer.result.resultCode, '409', `${why}: ${answer.text}`);
            said.set(why, JSON.stringify([answer.result, Object.keys(answer.body)]));
        }
        assert.equal(new Set(said.values()).size, 1, JSON.stringify([...said]));
        for (const text of ['!!!!', 'x'.repeat(5_000), good.toString('base64').replace(/^(.{76})/, '$1\n')])
            assertResult(await paytm.tokenizeCard({}, { encryptedCardData: text }), ...INCORRECT);
        assertResult(await paytm.tokenizeCard({}, { encryptedCardData: '' }), ...MISSING);
        assertResult(await paytm.tokenizeCard({}, { encryptedCardData: good.toString('base64') }),
            '00', 'SUCCESS', 'SUCCESS');
    });
});

describe('token information and status', () => {
    test('Get Token Info is signed over its values in the order of their names', async () => {
        const made = await paytm.make();
        const answer = await paytm.tokenInfo(made.tokenIndexNumber);
        assertResult(answer, '00', 'SUCCESS', 'SUCCESS');
        assert.equal(answer.body.mid, paytm.mid);
        assert.equal(answer.body.tokenInfo.tokenIndexNumber, made.tokenIndexNumber);
        assert.equal(answer.body.tokenInfo.tokenStatus, 'ACTIVE');
        assertResult(await paytm.tokenInfo('0'.repeat(32)), '405', 'FAILED', 'Invalid Token Index Number');
        assertResult(await paytm.tokenInfo(made.tokenIndexNumber, { requestTimestamp: '1588402269' }),
            '1002', 'FAILED', 'CheckSum Validation Failure');
        assertResult(await paytm.tokenInfo(made.tokenIndexNumber, { signatureType: undefined }),
            '1005', 'FAILED', 'Signature type is missing');
    });

    test('suspend, resume and delete, and what is not allowed after each', async () => {
        const made = await paytm.make();
        const status = async () => (await paytm.tokenInfo(made.tokenIndexNumber)).body.tokenInfo.tokenStatus;
        for (const [wanted, code, now] of [['SUSPENDED', '00', 'SUSPENDED'], ['ACTIVE', '00', 'ACTIVE'],
            ['DEAD', '00', 'DEAD'], ['ACTIVE', '715', 'DEAD'], ['SUSPENDED', '715', 'DEAD']]) {
            const answer = await paytm.modify(made, wanted);
            assert.equal(answer.result.resultCode, code, `${wanted}: ${answer.text}`);
            assert.equal(await status(), now);
        }
        assertResult(await paytm.modify(await paytm.make(), 'INIT'), '409', 'FAILED', 'Incorrect details passed');
        assertResult(await paytm.modify({ ...made, custId: 'another' }, 'DEAD'), '408', 'FAILED', 'Incorrect User ID');
        assertResult(await paytm.modify({ ...made, tokenIndexNumber: '0'.repeat(32) }, 'DEAD'),
            '405', 'FAILED', 'Invalid Token Index Number');
    });
});

describe('card to PAR', () => {
    const ask = (requestType, requestValue) => paytm.call('cardToPar', { mid: paytm.mid, requestType, requestValue });

    test('a card number and a token index lead to one PAR', async () => {
        const made = await paytm.make();
        const byToken = await ask('TIN', made.tokenIndexNumber);
        const byNumber = await ask('PAN', paytm.encrypt(NUMBERS.visa));
        assertResult(byToken, '00', 'SUCCESS', 'SUCCESS');
        assertResult(byNumber, '00', 'SUCCESS', 'SUCCESS');
        const par = ({ body }) => body.panUniqueReference ?? body.tokenInfo?.panUniqueReference;
        assert.equal(par(byToken), made.info.panUniqueReference, byToken.text);
        assert.equal(par(byNumber), made.info.panUniqueReference, byNumber.text);
        assert.ok(!byNumber.text.includes(NUMBERS.visa));
    });

    test('another type of request, an unknown token and no value are refused', async () => {
        assertResult(await ask('CVV', 'x'), '409', 'FAILED', 'Incorrect details passed');
        assertResult(await ask('TIN', '0'.repeat(32)), '405', 'FAILED', 'Invalid Token Index Number');
        assertResult(await ask('PAN', undefined), '410', 'FAILED', 'Mandatory fields missing');
    });
});

describe('guest checkout', () => {
    const guestBody = (card, changes = {}) => ({
        mid: paytm.mid, authRefId: 'test12324', cardSource: 'MANUAL_ENTERED', encryptedCardData: paytm.encrypt(card),
        userInfo: { custId: freshId('guest') }, amount: { value: '100.50', currency: 'INR' }, ...changes,
    });

    test('a number for one payment and its cryptogram; nothing is saved', async () => {
        const body = guestBody(paytmCard());
        const answer = await paytm.call('gc/generateTokenData', body);
        assertResult(answer, '00', 'SUCCESS', 'SUCCESS');
        assert.ok(isLuhnValid(answer.body.cardToken) && answer.body.cardToken !== NUMBERS.visa, answer.text);
        assert.equal(Buffer.from(answer.body.tavv, 'base64').length, 20);
        assert.equal(answer.body.tokenInfo.tokenSuffix, answer.body.cardToken.slice(-4));
        const saved = await paytm.saved('/savedcardservice/merchant/coft/cards',
            { mid: paytm.mid, custId: body.userInfo.custId });
        assert.ok(!JSON.stringify(saved.body).includes('1111'), saved.text);
    });

    test('a card on file is no guest', async () => {
        assertResult(await paytm.call('gc/generateTokenData', guestBody(paytmCard(), { cardSource: 'CARD_ON_FILE' })),
            '409', 'FAILED', 'Incorrect details passed');
    });
});

describe('saved cards', () => {
    const CARDS = '/savedcardservice/merchant/coft/cards';
    const list = (custId, head) => paytm.saved(CARDS, { mid: paytm.mid, custId }, head);
    const itemsOf = (answer) => Object.values(answer.body).find(Array.isArray) ?? [];

    test("a customer's cards, with their tokens' facts and no number", async () => {
        const custId = freshId('customer');
        const visa = await paytm.make(paytmCard(), { 'userInfo.custId': custId });
        const rupay = await paytm.make(paytmCard(NUMBERS.rupay), { 'userInfo.custId': custId });
        const answer = await list(custId);
        const items = itemsOf(answer);
        assert.equal(items.length, 2, answer.text);
        const item = items.find((one) => one.cardSuffix === '1111');
        assert.equal(item.cardScheme, 'VISA');
        assert.equal(item.tokenStatus, 'ACTIVE');
        assert.equal(item.panUniqueReference, visa.info.panUniqueReference);
        assert.equal(item.issuingBankName, 'Test Bank');
        assert.match(item.tokenBin, /^\d{9}$/);
        assert.ok(items.some((one) => JSON.stringify(one).includes(rupay.tokenIndexNumber)), answer.text);
        for (const number of [NUMBERS.visa, NUMBERS.rupay])
            assert.ok(!answer.text.includes(number));
    });

    test('the head may carry a JWT, and neither is taken when it is wrong', async () => {
        const custId = freshId('customer');
        await paytm.make(paytmCard(), { 'userInfo.custId': custId });
        const requestId = freshId('jwt');
        const claims = { iat: Math.floor(Date.now() / 1000), mid: paytm.mid, custId, requestId };
        const jwt = (changes, key) =>
            ({ tokenType: 'JWT', token: paytm.jwt({ ...claims, ...changes }, key), requestId });
        for (const [code, head] of [['1003', jwt({}, 'another_key_1234')], ['1003', jwt({ custId: 'other' })],
            ['1003', jwt({ mid: 'OTHERMID' })], ['1003', jwt({ requestId: freshId('other') })],
            ['1003', jwt({ iat: claims.iat - 310 })], ['1002', { token: await paytm.sign('{}') }],
            ['1400', { tokenType: 'MD5' }]]) {
            const answer = await list(custId, head);
            assert.equal(answer.result.resultCode, code, answer.text);
            assert.deepEqual(itemsOf(answer), []);
        }
        const good = await list(custId, jwt());
        assertResult(good, '00', 'SUCCESS', 'SUCCESS');
        assert.equal(itemsOf(good).length, 1, good.text);
    });

    test('a card is deleted by its index, and the answer has its result flat', async () => {
        const made = await paytm.make();
        const where = `/savedcardservice/card/delete?mid=${paytm.mid}&custId=${made.custId}`;
        const remove = (changes) => paytm.saved(where, {
            mid: paytm.mid, custId: made.custId, cardId: made.tokenIndexNumber, requestedBy: 'CARDHOLDER',
            reason: 'asked for it', reasonCode: 'OTHER', isParRequest: false, ...changes });
        assertResult(await remove({ cardId: '0'.repeat(32) }), '405', 'FAILED', 'Invalid Token Index Number');
        const answer = await remove();
        assert.equal(answer.body.resultInfo, undefined, answer.text);
        assertResult(answer, '00', 'SUCCESS', 'SUCCESS');
        await until('the token is dead', async () =>
            (await paytm.tokenInfo(made.tokenIndexNumber)).body.tokenInfo?.tokenStatus === 'DEAD');
        assert.deepEqual(itemsOf(await list(made.custId)), []);
    });

    test('deleting by PAR ends every token of the card for that customer', async () => {
        const made = await paytm.make();
        const answer = await paytm.saved(`/savedcardservice/card/delete?mid=${paytm.mid}&custId=${made.custId}`, {
            mid: paytm.mid, custId: made.custId, cardId: made.info.panUniqueReference, requestedBy: 'CARDHOLDER',
            reason: 'asked for it', reasonCode: 'OTHER', isBulkDelete: true, isParRequest: true });
        assertResult(answer, '00', 'SUCCESS', 'SUCCESS');
        await until('the token is dead', async () =>
            (await paytm.tokenInfo(made.tokenIndexNumber)).body.tokenInfo?.tokenStatus === 'DEAD');
    });
});
