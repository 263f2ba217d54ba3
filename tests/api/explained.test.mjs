// The sandbox explains why a card did not open or a signature does not fit, and gives nothing away by it; the live mode
// answers the bare code, one and the same for all that can be wrong.

import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import PaytmChecksum from 'paytmchecksum';
import {
    addPartner, assertJuspayRefusal, assertResult, freshKeyPair, INCORRECT, Juspay, juspayCard, NUMBERS, Paytm,
    paytmCard,
} from './cards.mjs';
import { freshId, startServer, temporaryFolder } from './harness.mjs';

/** Ways in which a cardData does not open. */
async function badCards(juspay) {
    const good = (await juspay.seal(juspayCard())).split('.');
    const under = (header) => [Buffer.from(JSON.stringify(header)).toString('base64url'), ...good.slice(1)].join('.');
    return {
        'wrong key': await juspay.seal(juspayCard(), { pem: freshKeyPair().publicKey }),
        'alg none': under({ alg: 'none', enc: 'A128GCM' }),
        'alg RSA1_5': await juspay.sealWithNodeJose(juspayCard(), { alg: 'RSA1_5' }),
        'alg dir': under({ alg: 'dir', enc: 'A128GCM' }),
        'enc A128CBC-HS256': await juspay.sealWithNodeJose(juspayCard(), { enc: 'A128CBC-HS256' }),
        'four segments': good.slice(0, 4).join('.'), 'damaged tag': [...good.slice(0, 4), 'A'.repeat(22)].join('.'),
        'damaged key': [good[0], good[1].slice(0, -8) + 'AAAAAAAA', ...good.slice(2)].join('.'),
        text: 'this is no JWE', 'no JSON inside': await juspay.seal('4111'), 'a list inside': await juspay.seal('[]'),
    };
}

describe('the sandbox explains', () => {
    let server, juspay, paytm, token;
    before(async () => {
        server = await startServer();
        juspay = new Juspay(server);
        paytm = new Paytm(server);
        token = await paytm.make();
    });
    after(() => server.close());

    const why = async (cardData) =>
        (await juspay.post('/generateToken', juspay.body(cardData))).json.error_info.developer_message;

    test('which algorithm was refused, and which one is taken', async () => {
        const bad = await badCards(juspay);
        for (const [name, refused] of [['alg none', /alg|algorithm/i], ['alg RSA1_5', /RSA-OAEP-256/],
            ['alg dir', /RSA-OAEP-256/], ['enc A128CBC-HS256', /A128GCM/]])
            assert.match(await why(bad[name]), refused, name);
        const texts = await Promise.all(Object.values(bad).map(why));
        assert.ok(new Set(texts).size >= 5, `causes have texts of their own: ${[...new Set(texts)].join(' / ')}`);
    });

    test("which key id the caller named and which one is the server's", async () => {
        const cardData = await juspay.seal(juspayCard(), { header: { kid: 'key_0123456789abcdef0123456789abcdef' } });
        const parts = cardData.split('.');
        const text = await why([...parts.slice(0, 4), 'A'.repeat(22)].join('.'));
        assert.match(text, /key_0123456789abcdef0123456789abcdef/);
        assert.match(text, /[0-9a-f]{8}-[0-9a-f]{4}-/);
    });

    test('a key id that is a card number is not repeated', async () => {
        const parts = (await juspay.seal(juspayCard(), { header: { kid: NUMBERS.visa } })).split('.');
        const cardData = [...parts.slice(0, 4), 'A'.repeat(22)].join('.');
        const answer = await juspay.post('/generateToken', juspay.body(cardData));
        assertJuspayRefusal(answer, 400, 'INVALID_INPUT', /could not be decrypted.*[0-9a-f]{8}-[0-9a-f]{4}-/);
        assert.ok(!answer.text.includes(NUMBERS.visa), answer.text);
    });

    const explain = ({ head, text }) => {
        assert.equal(typeof head.explain?.reason, 'string', `a reason in ${text}`);
        return JSON.stringify(head.explain);
    };
    const signedAs = async (signed, sent) => {
        const answer = await paytm.raw('generateTokenData', signed,
            { envelope: (head) => `{"head":${JSON.stringify(head)},"body":${sent}}` });
        assertResult(answer, '1002', 'FAILED', 'CheckSum Validation Failure');
        return answer;
    };

    test('which bytes a checksum has to cover, how many, and where the signed ones first differ', async () => {
        const body = paytm.dataBody(token, { orderID: 'a/b' });
        const compact = JSON.stringify(body);
        const spaced = compact.replaceAll('":', '": ').replaceAll(',"', ', "');
        const escaped = compact.replaceAll('/', '\\/');
        for (const [name, signed, sent] of [['compact', compact, spaced], ['spaces', spaced, compact],
            ['slashes', escaped, compact], ['slashes unescaped', compact, escaped]]) {
            const text = explain(await signedAs(signed, sent));
            let differs = 0;
            while (signed[differs] === sent[differs])
                differs++;
            assert.ok(text.includes(`"${Buffer.byteLength(sent)}"`), `${name}: how many bytes were covered: ${text}`);
            assert.ok(text.includes(`"${differs}"`), `${name}: the first difference is at ${differs}: ${text}`);
        }
        const text = explain(await signedAs('{}', compact));
        assert.match(text, /none|no /i, 'a signature of something else fits no spelling');
    });

    test('nothing in an explanation is a valid signature, the key, or a value of the request', async () => {
        const body = paytm.dataBody(token, { 'userInfo.firstName': 'Shalmali' });
        const compact = JSON.stringify(body);
        const spaced = compact.replaceAll('":', '": ');
        for (const signed of [spaced, '{}']) {
            const answer = await signedAs(signed, compact);
            const { signature, ...head } = answer.head;
            const told = JSON.stringify(head);
            assert.ok(!told.includes(paytm.who.merchant_key) && !told.includes('Shalmali'), told);
            assert.ok(!told.includes(token.tokenIndexNumber), told);
            for (const word of answer.text.match(/[A-Za-z0-9+/]{106,}=*/g) ?? [])
                for (const text of [compact, spaced])
                    assert.ok(!PaytmChecksum.verifySignature(text, paytm.who.merchant_key, word), 'a valid signature');
            assert.ok(PaytmChecksum.verifySignature(JSON.stringify(answer.body), paytm.who.merchant_key, signature),
                'what is signed is the answer and nothing else');
        }
    });

    test('the answer that refuses is itself no request that would be taken', async () => {
        const answer = await signedAs('{}', JSON.stringify(paytm.dataBody(token)));
        const replayed = await paytm.raw('generateTokenData', JSON.stringify(answer.body),
            { head: { signature: answer.head.signature } });
        assertResult(replayed, '1002', 'FAILED', 'CheckSum Validation Failure');
        assert.equal(replayed.body.cardToken, undefined);
    });

    test('a field that is missing or wrong is named', async () => {
        const missing = await paytm.generateTokenData(token, { paymentType: undefined });
        assertResult(missing, '410', 'FAILED', 'Mandatory fields missing');
        assert.match(explain(missing), /paymentType/);
        const wrong = await paytm.generateTokenData(token, {}, { head: { version: 'v9' } });
        assertResult(wrong, ...INCORRECT);
        assert.match(explain(wrong), /version/);
    });
});

describe('the live mode does not explain', () => {
    let server, partner, folder, other;
    before(async () => {
        folder = await temporaryFolder();
        const data = path.join(folder, 'data');
        await mkdir(data, { mode: 0o700 });
        server = await startServer({ command: 'serve', data, args: ['--behind-proxy', '--network', 'simulated'] });
        other = await startServer();
        server.credentials.juspay = other.credentials.juspay;
        partner = await addPartner(server);
    });
    after(async () => {
        await server.close();
        await other.close();
        await rm(folder, { recursive: true, force: true });
    });

    test('a merchant made there has a token made and served', async () => {
        assert.match(partner.juspay.who.server_public_key_pem, /BEGIN PUBLIC KEY/);
        assert.notEqual(partner.juspay.who.server_public_key_pem, other.credentials.juspay.server_public_key_pem,
            'merchant add says which key cards are encrypted to');
        const made = await partner.juspay.make();
        const answer = await partner.paytm.generateTokenData(
            { tokenIndexNumber: made.cardReference.slice('token_'.length), custId: made.customerId });
        assertResult(answer, '00', 'SUCCESS', 'SUCCESS');
        assert.equal(answer.head.explain, undefined);
    });

    test('every JWE that does not open has one answer, of one shape and length', async () => {
        const said = new Map();
        for (const [name, cardData] of Object.entries(await badCards(partner.juspay))) {
            if (name.endsWith('inside'))
                continue;                                    // it opened: what is in it is the caller's own
            const answer = await partner.juspay.post('/generateToken', partner.juspay.body(cardData),
                { headers: { 'x-request-id': 'the-same' } });
            assertJuspayRefusal(answer, 400, 'INVALID_INPUT', /^cardData could not be decrypted or read$/);
            const { date, ...headers } = answer.headers;
            said.set(name, JSON.stringify([answer.text, headers]));
        }
        assert.equal(new Set(said.values()).size, 1, [...said].join('\n'));
    });

    test('every encryptedCardData that does not open has one answer', async () => {
        const { paytm } = partner;
        const good = Buffer.from(paytm.encrypt(paytmCard()), 'base64');
        const said = new Set();
        for (const block of [Buffer.alloc(256), Buffer.alloc(256, 255), good.subarray(1),
            Buffer.from(good.map((byte, at) => (at === 9 ? byte ^ 1 : byte))),
            Buffer.from(paytm.encrypt('no card'), 'base64')]) {
            const answer = await paytm.tokenizeCard({}, { encryptedCardData: block.toString('base64') });
            assertResult(answer, ...INCORRECT);
            assert.equal(answer.head.explain, undefined);
            said.add(JSON.stringify([answer.body, Object.keys(answer.head)]));
        }
        assert.equal(said.size, 1, [...said].join('\n'));
    });

    test('a signature that does not fit is 1002 and not a word more', async () => {
        const { paytm } = partner;
        const body = paytm.dataBody({ tokenIndexNumber: '0'.repeat(32), custId: freshId('customer') });
        const compact = JSON.stringify(body);
        for (const signed of [compact.replaceAll(',', ', '), '{}']) {
            const answer = await paytm.raw('generateTokenData', signed,
                { envelope: (head) => `{"head":${JSON.stringify(head)},"body":${compact}}` });
            assertResult(answer, '1002', 'FAILED', 'CheckSum Validation Failure');
            assert.deepEqual(Object.keys(answer.body), ['mid', 'resultInfo'], answer.text);
            assert.equal(answer.head.explain, undefined);
            assert.ok(!/differ|covered|spelling|bytes/.test(answer.text), answer.text);
        }
    });

    test('there is no clock to set and no network to command', async () => {
        for (const where of ['/sandbox/clock', '/sandbox/network'])
            assert.equal((await server.admin('GET', where)).status, 404);
    });
});
