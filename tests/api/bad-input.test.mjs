// Bad input to the token interfaces: each a clear error in the shape of its dialect, and no row written for it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import nodeJose from 'node-jose';
import {
    assertJuspayRefusal, assertResult, BAD_REQUEST, freshKeyPair, INCORRECT, Juspay, juspayCard, MISSING, NUMBERS,
    Paytm, paytmCard, REFUSED, rowCounts, withBadLuhn,
} from './cards.mjs';
import { freshId, startServer } from './harness.mjs';

let server, juspay, paytm, token;
before(async () => {
    server = await startServer();
    juspay = new Juspay(server);
    paytm = new Paytm(server);
    token = await paytm.make();
    await juspay.make();
});
after(() => server.close());

/** No table has more or fewer rows after `work`: not the audit log, and not the request ids and signatures that were
 * used, since a refused request may come again. */
async function leavesNoRow(work) {
    const before = await rowCounts(server);
    await work();
    assert.deepEqual(await rowCounts(server), before);
}

test('the rows that are counted do change when a token is made', async () => {
    const before = await rowCounts(server);
    await juspay.make();
    await paytm.generateTokenData(token);
    const after = await rowCounts(server);
    const grown = Object.keys(after).filter((table) => after[table] > (before[table] ?? 0));
    for (const table of ['tijori.db tokens', 'tijori.db consents', 'tijori.db audit', 'tijori.db paytm_requests',
        'network.db tokens'])
        assert.ok(grown.includes(table), `${table} of ${grown.join()}`);
});

const refusedCard = (cardData, words) => async () =>
    assertJuspayRefusal(await juspay.post('/generateToken', juspay.body(cardData)), 400, 'INVALID_INPUT', words);

describe('a cardData that does not open', () => {
    const segments = async () => (await juspay.seal(juspayCard())).split('.');
    const under = async (header) =>
        [Buffer.from(JSON.stringify(header)).toString('base64url'), ...(await segments()).slice(1)].join('.');
    const NAMES = ['header', 'key', 'IV', 'text', 'tag'];
    /** A JWE of which one segment is changed. */
    const changing = async (at, change) => (await segments()).map((one, i) => (i === at ? change(one) : one)).join('.');

    /** Every way in which a JWE can be wrong gives 400 INVALID_INPUT, writes no row, and says the same to clients. What
     * is empty is not there, which has a code of its own. */
    const attempts = {
        'a wrong key': async () => juspay.seal(juspayCard(), { pem: freshKeyPair().publicKey }),
        'the key for Paytm\'s cards': async () =>
            juspay.seal(juspayCard(), { pem: server.credentials.paytm.server_public_key_pem }),
        'alg none': () => under({ alg: 'none', enc: 'A128GCM' }),
        'no alg at all': () => under({ enc: 'A128GCM' }),
        'alg RSA1_5': () => juspay.sealWithNodeJose(juspayCard(), { alg: 'RSA1_5' }),
        'alg RSA-OAEP with SHA-1': () => juspay.sealWithNodeJose(juspayCard(), { alg: 'RSA-OAEP' }),
        'alg dir with a key of the caller\'s': async () => {
            const key = await nodeJose.JWK.createKey('oct', 128, { alg: 'A128GCM' });
            return nodeJose.JWE.createEncrypt({ format: 'compact', contentAlg: 'A128GCM', fields: { alg: 'dir' } }, key)
                .update(JSON.stringify(juspayCard())).final();
        },
        'dir under the RSA segment': () => under({ alg: 'dir', enc: 'A128GCM' }),
        'enc A128CBC-HS256': () => juspay.sealWithNodeJose(juspayCard(), { enc: 'A128CBC-HS256' }),
        'enc A192GCM': () => juspay.sealWithNodeJose(juspayCard(), { enc: 'A192GCM' }),
        'a zipped text': () => under({ alg: 'RSA-OAEP-256', enc: 'A128GCM', zip: 'DEF' }),
        'a critical header nobody knows': () =>
            under({ alg: 'RSA-OAEP-256', enc: 'A128GCM', crit: ['exp'], exp: 1 }),
        'four segments': async () => (await segments()).slice(0, 4).join('.'),
        'six segments': async () => [...await segments(), 'AAAA'].join('.'),
        'no segments': async () => '....',
        'nothing': async () => '',
        'a text': async () => 'xxxxxxx',
        'bytes that are no text': async () => '\u0000\uffff',
        'a JWS': async () => 'eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln',
    };
    const other = (character) => (character === 'A' ? 'B' : 'A');
    for (const [at, name] of NAMES.entries()) {
        attempts[`a truncated ${name}`] = () => changing(at, (one) => one.slice(0, Math.floor(one.length / 2)));
        attempts[`an empty ${name}`] = () => changing(at, () => '');
        attempts[`a damaged ${name}`] = () => changing(at, (one) => one.slice(0, 5) + other(one[5]) + one.slice(6));
        attempts[`padding behind the ${name}`] = () => changing(at, (one) => `${one}=`);
        attempts[`a blank in the ${name}`] = () => changing(at, (one) => `${one.slice(0, 4)} ${one.slice(4)}`);
    }
    /* 16 bytes are 22 characters, of whose last one four bits are unused: they must be zero (RFC 4648, 3.5). */
    attempts['a tag in base64url that is not canonical'] = async () => {
        const s = await segments();
        const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
        return [...s.slice(0, 4), s[4].slice(0, -1) + digits[digits.indexOf(s[4].at(-1)) | 1]].join('.');
    };
    attempts['a tag in base64 of the other alphabet'] = async () => {
        for (;;) {
            const s = await segments();
            if (/[-_]/.test(s[4]))
                return [...s.slice(0, 4), s[4].replaceAll('-', '+').replaceAll('_', '/')].join('.');
        }
    };

    for (const [name, make] of Object.entries(attempts))
        test(`is refused: ${name}`, async () => {
            const cardData = await make();
            await leavesNoRow(async () => {
                const answer = await juspay.post('/generateToken', juspay.body(cardData));
                assertJuspayRefusal(answer, 400, cardData === '' ? 'MISSING_MANDATORY_PARAMETER' : 'INVALID_INPUT',
                    /cardData|a NUL character/);
            });
        });

    test('segments of a megabyte are refused, each of them, and the server goes on', async () => {
        const s = await segments();
        await leavesNoRow(async () => {
            for (let at = 0; at < 5; at++) {
                const long = s.map((one, i) => (i === at ? 'A'.repeat(1 << 20) : one)).join('.');
                assertJuspayRefusal(await juspay.post('/generateToken', juspay.body(long)), 413, 'INVALID_INPUT');
            }
            for (let at = 0; at < 5; at++) {
                const long = s.map((one, i) => (i === at ? 'A'.repeat(12_000) : one)).join('.');
                await refusedCard(long)();
            }
        });
        assert.ok(await juspay.make());
    });
});

describe('a card that is wrong in itself', () => {
    /* What is changed, Juspay's code, its words, and Paytm's result. */
    const cases = {
        'a wrong check digit': [{ cardNumber: withBadLuhn(NUMBERS.visa) }, 'INVALID_INPUT', /luhn/i, INCORRECT],
        'letters in the number': [{ cardNumber: '4111x11111111111' }, 'INVALID_INPUT', /number/i, INCORRECT],
        'a number that is too short': [{ cardNumber: '4111111' }, 'INVALID_INPUT', /number/i, INCORRECT],
        'a number that is too long': [{ cardNumber: '41111111111111111111' }, 'INVALID_INPUT', /number/i, INCORRECT],
        'no number': [{ cardNumber: undefined }, 'MISSING_MANDATORY_PARAMETER', /number/i, MISSING],
        'a number as a number': [{ cardNumber: 4111111111111111 }, 'MISSING_MANDATORY_PARAMETER', /number/i, MISSING],
        'an expired card': [{ expYear: '2020' }, 'EXPIRED', /expired/i, INCORRECT],
        'month 13': [{ expMonth: '13' }, 'INVALID_INPUT', /month/i, INCORRECT],
        'month 00': [{ expMonth: '00' }, 'INVALID_INPUT', /month/i, INCORRECT],
        'no month': [{ expMonth: undefined }, 'INVALID_INPUT', /month/i, INCORRECT],
        'a month in words': [{ expMonth: 'Oct' }, 'INVALID_INPUT', /month/i, INCORRECT],
        'no year': [{ expYear: undefined }, 'INVALID_INPUT', /year/i, INCORRECT],
        'a year of three digits': [{ expYear: '203' }, 'INVALID_INPUT', /year/i, INCORRECT],
        'a security code of two digits': [{ cardSecurityCode: '12' }, 'INVALID_INPUT', /code/i, INCORRECT],
        'a security code in letters': [{ cardSecurityCode: 'abc' }, 'INVALID_INPUT', /code/i, INCORRECT],
        'an unknown scheme': [{ cardNumber: '9111111111111110' }, 'FEATURE_NOT_ENABLED', /network/i, INCORRECT],
    };
    for (const [name, [changes, code, words, result]] of Object.entries(cases)) {
        test(`Juspay says what is wrong: ${name}`, async () => {
            const card = juspayCard(NUMBERS.visa, changes);
            await leavesNoRow(async () => {
                const answer = await juspay.generateToken(card);
                assertJuspayRefusal(answer, 400, code, words);
                if (card.cardNumber)
                    assert.ok(!answer.text.includes(card.cardNumber));
            });
        });
        test(`Paytm refuses in its envelope: ${name}`, async () => {
            const { cardNumber, expMonth, expYear, cardSecurityCode } = juspayCard(NUMBERS.visa, changes);
            const card = { cardNumber, expiryMonth: expMonth, expiryYear: expYear, securityCode: cardSecurityCode };
            await leavesNoRow(async () => {
                const answer = await paytm.tokenizeCard(card);
                assertResult(answer, ...result);
                assert.equal(answer.body.tokenInfo, undefined);
                if (cardNumber)
                    assert.ok(!answer.text.includes(cardNumber));
            });
        });
    }
});

describe('consent and authentication', () => {
    test('no token without consent, through either interface', async () => {
        await leavesNoRow(async () => {
            for (const consentId of [undefined, null, '', '   ']) {
                const answer = await juspay.generateToken(juspayCard(), { 'orderData.consentId': consentId });
                assertJuspayRefusal(answer, 400, 'MISSING_MANDATORY_PARAMETER', /RBI_CONSENT/);
            }
            for (const [result, tokenizationConsent] of [[MISSING, undefined], [REFUSED, {}],
                [REFUSED, { userConsent: 0 }]])
                assertResult(await paytm.tokenizeCard(paytmCard(), { tokenizationConsent }), ...result);
        });
    });

    test('no token for American Express without an authentication reference', async () => {
        await leavesNoRow(async () => {
            assertJuspayRefusal(await juspay.generateToken(juspayCard(NUMBERS.amex), { audit: undefined }), 400,
                'MISSING_MANDATORY_PARAMETER', /authRefNo|authentication reference/i);
            assertResult(await paytm.tokenizeCard(paytmCard(NUMBERS.amex), { authRefId: undefined }), ...MISSING);
        });
    });
});

describe('the body of a Juspay request', () => {
    test('duplicate keys, bytes behind the end and a megabyte are refused', async () => {
        const sealed = await juspay.seal(juspayCard());
        const text = JSON.stringify(juspay.body(sealed));
        await leavesNoRow(async () => {
            for (const bad of [text.replace('{', '{"service":"NETWORK_TOKEN",'), `${text}{}`, text.slice(0, -1),
                text.replace('"service"', '"servic\\u0065":"NETWORK_TOKEN","service"'), '', 'null', '5',
                text.replace('NETWORK_TOKEN', 'NETWORK_TOKEN\\u0000')]) {
                assertJuspayRefusal(await juspay.post('/generateToken', bad), 400, 'INVALID_INPUT');
            }
            assertJuspayRefusal(await juspay.post('/generateToken', juspay.body('A'.repeat(1 << 20))), 413,
                'INVALID_INPUT');
        });
    });
});

describe('the envelope of a Paytm request', () => {
    test('a checksum with bad padding, as every other bad checksum, is 1002', async () => {
        await leavesNoRow(async () => {
            const body = paytm.dataBody(token);
            const good = Buffer.from(await paytm.sign(JSON.stringify(body)), 'base64');
            for (const at of [63, 79, 0, 32]) {
                const damaged = good.map((byte, i) => (i === at ? byte ^ 0x80 : byte));
                const signature = Buffer.from(damaged).toString('base64');
                assertResult(await paytm.call('generateTokenData', body, { head: { signature } }),
                    '1002', 'FAILED', 'CheckSum Validation Failure');
            }
        });
    });

    test('duplicate and escaped names of body and head are refused, whichever the signature covers', async () => {
        const text = JSON.stringify(paytm.dataBody(token));
        const other = JSON.stringify(paytm.dataBody(token, { paymentType: 'SUBS' }));
        await leavesNoRow(async () => {
            for (const envelope of [
                (head) => `{"head":${JSON.stringify(head)},"body":${text},"body":${text}}`,
                (head) => `{"head":${JSON.stringify(head)},"body":${text},"body":${other}}`,
                (head) => `{"head":${JSON.stringify(head)},"body":${other},"body":${text}}`,
                (head) => `{"head":${JSON.stringify(head)},"bod\\u0079":${text}}`,
                (head) => `{"head":${JSON.stringify(head)},"bod\\u0079":${other},"body":${text}}`,
                (head) => `{"head":${JSON.stringify(head)},"body":${text},"bod\\u0079":${other}}`,
                (head) => `{"head":${JSON.stringify(head)},"head":${JSON.stringify(head)},"body":${text}}`,
                (head) => `{"h\\u0065ad":${JSON.stringify(head)},"body":${text}}`,
                (head) => `{"head":${JSON.stringify(head)},"body":${text}}x`,
                (head) => `{"head":${JSON.stringify(head)},"body":${text}`,
                (head) => `[{"head":${JSON.stringify(head)},"body":${text}}]`,
            ])
                assertResult(await paytm.raw('generateTokenData', text, { envelope }), ...BAD_REQUEST);
        });
    });

    test('duplicate names inside the body are refused', async () => {
        await leavesNoRow(async () => {
            const text = JSON.stringify(paytm.dataBody(token)).replace('{', '{"mid":"other",');
            assertResult(await paytm.raw('generateTokenData', text), ...BAD_REQUEST);
        });
    });

    test('a mid that differs between path and body is 407', async () => {
        await leavesNoRow(async () => {
            assertResult(await paytm.generateTokenData(token, { mid: 'OTHERMID' }), '407', 'FAILED', 'Incorrect mid');
        });
    });

    test('a missing version or timestamp, or one that is none, is refused', async () => {
        await leavesNoRow(async () => {
            for (const [result, head] of [[MISSING, { version: undefined }], [MISSING, { requestTimestamp: undefined }],
                [MISSING, { version: '' }], [MISSING, { requestTimestamp: '' }], [INCORRECT, { version: 'v2' }],
                [INCORRECT, { requestTimestamp: 'yesterday' }], [INCORRECT, { requestTimestamp: -1 }],
                [INCORRECT, { requestTimestamp: '99999999999999999999' }], [BAD_REQUEST, { version: 1 }]])
                assertResult(await paytm.generateTokenData(token, {}, { head }), ...result);
        });
    });

    test('a body of a megabyte is refused in the envelope', async () => {
        await leavesNoRow(async () => {
            const answer = await server.request({ method: 'POST', path: paytm.where('generateTokenData', freshId()),
                body: JSON.stringify({ head: {}, body: { x: 'A'.repeat(1 << 20) } }) });
            assert.equal(answer.status, 413, answer.text);
            assert.equal(answer.json.body.resultInfo.resultCode, '400', answer.text);
        });
    });

    test('what is no text where text belongs is 400', async () => {
        await leavesNoRow(async () => {
            for (const changes of [{ tokenIndexNumber: 5 }, { userInfo: 'x' }, { userInfo: [] },
                { 'userInfo.custId': {} }, { paymentType: ['ECOM'] }]) {
                const answer = await paytm.generateTokenData(token, changes);
                assertResult(answer, ...BAD_REQUEST);
                paytm.assertSigned(answer);
            }
        });
    });
});
