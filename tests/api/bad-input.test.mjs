// Bad input to the token interfaces: each a clear error in the shape of its dialect, and no row written for it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import nodeJose from 'node-jose';
import {
    assertJuspayRefusal, assertResult, freshKeyPair, Juspay, juspayCard, NUMBERS, Paytm, paytmCard, rowCounts,
    withBadLuhn,
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

/* Tables in which a refusal may leave something: who was refused, and which requests a signature was spent on. */
const MAY_GROW = /audit|refus|request|signature|idempotency/i;

/** Nothing but those tables has more or fewer rows after `work`. */
async function leavesNoRow(work) {
    const before = await rowCounts(server);
    await work();
    const after = await rowCounts(server);
    for (const [table, rows] of Object.entries(after))
        if (!MAY_GROW.test(table))
            assert.equal(rows, before[table] ?? 0, `rows of ${table}`);
}

test('the rows that are counted do change when a token is made', async () => {
    const before = await rowCounts(server);
    await juspay.make();
    const after = await rowCounts(server);
    const grown = Object.keys(after).filter((table) => after[table] > (before[table] ?? 0) && !MAY_GROW.test(table));
    assert.ok(grown.some((table) => table.startsWith('tijori.db ')), grown.join());
    assert.ok(grown.some((table) => table.startsWith('network.db ')), grown.join());
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

    /** Every way in which a JWE can be wrong gives 400 INVALID_INPUT, writes no row, and says the same to clients. */
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
                assert.equal(answer.status, 400, answer.text);
                assert.match(answer.json.error_info.code, /^(INVALID_INPUT|MISSING_MANDATORY_PARAMETER)$/);
                assertJuspayRefusal(answer, 400, answer.json.error_info.code);
            });
        });

    test('segments of a megabyte are refused, each of them, and the server goes on', async () => {
        const s = await segments();
        await leavesNoRow(async () => {
            for (let at = 0; at < 5; at++) {
                const long = s.map((one, i) => (i === at ? 'A'.repeat(1 << 20) : one)).join('.');
                const answer = await juspay.post('/generateToken', juspay.body(long));
                assert.ok([400, 413].includes(answer.status), answer.text);
                assertJuspayRefusal(answer, answer.status, answer.json.error_info.code);
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
    const cases = {
        'a wrong check digit': [{ cardNumber: withBadLuhn(NUMBERS.visa) }, /luhn|check digit|card ?number/i],
        'letters in the number': [{ cardNumber: '4111x11111111111' }, /number/i],
        'a number that is too short': [{ cardNumber: '4111111' }, /number/i],
        'a number that is too long': [{ cardNumber: '41111111111111111111' }, /number/i],
        'no number': [{ cardNumber: undefined }, /number/i],
        'a number as a number': [{ cardNumber: 4111111111111111 }, /./],
        'an expired card': [{ expYear: '2020' }, /expired/i],
        'month 13': [{ expMonth: '13' }, /month/i],
        'month 00': [{ expMonth: '00' }, /month/i],
        'no month': [{ expMonth: undefined }, /month/i],
        'a month in words': [{ expMonth: 'Oct' }, /month/i],
        'no year': [{ expYear: undefined }, /year/i],
        'a year of three digits': [{ expYear: '203' }, /year/i],
        'a security code of two digits': [{ cardSecurityCode: '12' }, /code/i],
        'a security code in letters': [{ cardSecurityCode: 'abc' }, /code/i],
        'an unknown scheme': [{ cardNumber: '9111111111111111'.slice(0, 15) + '1' }, /./],
    };
    for (const [name, [changes, words]] of Object.entries(cases)) {
        test(`Juspay says what is wrong: ${name}`, async () => {
            const card = juspayCard(NUMBERS.visa, changes);
            await leavesNoRow(async () => {
                const answer = await juspay.generateToken(card);
                assert.equal(answer.status, 400, answer.text);
                assertJuspayRefusal(answer, 400, answer.json.error_info.code, words);
                if (typeof card.cardNumber === 'string')
                    assert.ok(!answer.text.includes(card.cardNumber));
            });
        });
        test(`Paytm refuses in its envelope: ${name}`, async () => {
            const { cardNumber = NUMBERS.visa, expMonth = '10', expYear, cardSecurityCode = '123' } =
                { ...juspayCard(), ...changes };
            const card = { cardNumber: 'cardNumber' in changes ? changes.cardNumber : cardNumber,
                expiryMonth: 'expMonth' in changes ? changes.expMonth : expMonth, expiryYear: expYear,
                securityCode: cardSecurityCode };
            await leavesNoRow(async () => {
                const answer = await paytm.tokenizeCard(card);
                assert.equal(answer.result.resultStatus, 'FAILED', answer.text);
                assert.equal(answer.body.tokenInfo, undefined);
            });
        });
    }
});

describe('consent and authentication', () => {
    test('no token without consent, through either interface', async () => {
        await leavesNoRow(async () => {
            for (const consentId of [undefined, null, '', '   ']) {
                const answer = await juspay.generateToken(juspayCard(), { 'orderData.consentId': consentId });
                assert.equal(answer.status, 400, answer.text);
                assertJuspayRefusal(answer, 400, answer.json.error_info.code, /consent/i);
            }
            for (const tokenizationConsent of [undefined, {}, { userConsent: 0 }])
                assert.equal((await paytm.tokenizeCard(paytmCard(), { tokenizationConsent })).result.resultStatus,
                    'FAILED');
        });
    });

    test('no token for American Express without an authentication reference', async () => {
        await leavesNoRow(async () => {
            assertJuspayRefusal(await juspay.generateToken(juspayCard(NUMBERS.amex), { audit: undefined }), 400,
                'MISSING_MANDATORY_PARAMETER', /authRefNo|authentication reference/i);
            const answer = await paytm.tokenizeCard(paytmCard(NUMBERS.amex), { authRefId: undefined });
            assert.equal(answer.result.resultStatus, 'FAILED', answer.text);
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
                const answer = await juspay.post('/generateToken', bad);
                assert.equal(answer.status, 400, `${bad.slice(0, 60)}: ${answer.text}`);
                assertJuspayRefusal(answer, 400, answer.json.error_info.code);
            }
            const long = await juspay.post('/generateToken', juspay.body('A'.repeat(1 << 20)));
            assert.ok([400, 413].includes(long.status), long.text);
            assertJuspayRefusal(long, long.status, long.json.error_info.code);
        });
    });
});

describe('the envelope of a Paytm request', () => {
    const refused = async (codes, answer) =>
        assert.ok(codes.includes(answer.result.resultCode), `not of ${codes}: ${answer.text}`);

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
                await refused(['400', '1006'], await paytm.raw('generateTokenData', text, { envelope }));
        });
    });

    test('duplicate names inside the body are refused', async () => {
        await leavesNoRow(async () => {
            const text = JSON.stringify(paytm.dataBody(token)).replace('{', '{"mid":"other",');
            await refused(['400'], await paytm.raw('generateTokenData', text));
        });
    });

    test('a mid that differs between path and body is 407', async () => {
        await leavesNoRow(async () => {
            assertResult(await paytm.generateTokenData(token, { mid: 'OTHERMID' }), '407', 'FAILED', 'Incorrect mid');
        });
    });

    test('a missing version or timestamp, or one that is none, is refused', async () => {
        await leavesNoRow(async () => {
            for (const head of [{ version: undefined }, { requestTimestamp: undefined }, { version: '' },
                { requestTimestamp: '' }, { requestTimestamp: 'yesterday' }, { requestTimestamp: -1 }, { version: 1 },
                { requestTimestamp: '99999999999999999999' }])
                await refused(['400', '409', '410'], await paytm.generateTokenData(token, {}, { head }));
        });
    });

    test('a body of a megabyte is refused in the envelope', async () => {
        await leavesNoRow(async () => {
            const answer = await server.request({ method: 'POST', path: paytm.where('generateTokenData', freshId()),
                body: JSON.stringify({ head: {}, body: { x: 'A'.repeat(1 << 20) } }) });
            assert.ok([200, 413].includes(answer.status), answer.text);
            assert.equal(answer.json.body.resultInfo.resultCode, '400', answer.text);
        });
    });

    test('what is no text where text belongs is 400', async () => {
        await leavesNoRow(async () => {
            for (const changes of [{ tokenIndexNumber: 5 }, { userInfo: 'x' }, { userInfo: [] },
                { 'userInfo.custId': {} }, { paymentType: ['ECOM'] }])
                await refused(['400', '410'], await paytm.generateTokenData(token, changes));
        });
    });
});
