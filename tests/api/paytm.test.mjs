// Paytm's generateTokenData and the envelope it comes in: signed by the official library, answered with a signature
// that the same library verifies. Decisions 12 to 17 are the numbered choices that let existing clients work.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import PaytmChecksum from 'paytmchecksum';
import {
    addPartner, assertResult, BAD_REQUEST, changed, INCORRECT, isLuhnValid, MISSING, NUMBERS, Paytm, paytmCard, tool,
} from './cards.mjs';
import { freshId, startServer, until } from './harness.mjs';

let server, paytm, token;
before(async () => {
    server = await startServer();
    paytm = new Paytm(server);
    token = await paytm.make();
});
after(() => server.close());

/** How serialisers of other languages write a body. */
const spaced = (value) => JSON.stringify(value, null, 1).replace(/\n */g, ' ').replace(/([[{]) /g, '$1')
    .replace(/ ([\]}])/g, '$1');
const escapedSlashes = (value) => JSON.stringify(value).replaceAll('/', '\\/');

describe('generateTokenData', () => {
    test('the answer has the members of the page, all of them text', async () => {
        const answer = await paytm.generateTokenData(token, { orderID: 'order-1' });
        assertResult(answer, '00', 'SUCCESS', 'SUCCESS');
        const { body } = answer;
        assert.equal(body.mid, paytm.mid);
        assert.equal(body.paymentType, 'ECOM');
        assert.equal(body.tokenIndexNumber, token.tokenIndexNumber);
        assert.match(body.cardToken, /^\d{16}$/);
        assert.ok(isLuhnValid(body.cardToken));
        assert.ok(body.tavv.length <= 40);
        assert.equal(Buffer.from(body.tavv, 'base64').length, 20);
        const info = body.tokenInfo;
        assert.equal(info.tokenIndexNumber, token.tokenIndexNumber);
        assert.equal(info.cardScheme, 'VISA');
        assert.match(info.tokenExpiry, /^(0[1-9]|1[0-2])20\d\d$/);
        assert.equal(info.issuingBankName, 'Test Bank');
        assert.equal(info.cardSuffix, '1111');
        assert.equal(typeof info.tokenUniqueReference, 'string');
        assert.match(info.panUniqueReference, /^[0-9A-Za-z]{29}$/);
        assert.equal(info.cardType, 'CC');
        assert.equal(typeof info.displayName, 'string');
        assert.equal(info.tokenSuffix, body.cardToken.slice(-4));
        assert.equal(info.tokenStatus, 'ACTIVE');
        assert.equal(info.tokenRequestorId, undefined, 'of Diners alone');
        const texts = [body.mid, body.paymentType, body.cardToken, body.tavv, ...Object.values(info),
            ...Object.values(body.resultInfo)];
        for (const value of texts)
            assert.equal(typeof value, 'string');
        assert.ok(!answer.text.includes(NUMBERS.visa));
    });

    test("the head repeats the request and is signed with the merchant's key", async () => {
        const answer = await paytm.generateTokenData(token, {}, { head: { requestId: freshId('mine') } });
        assert.equal(answer.head.version, 'v1');
        assert.match(answer.head.requestId, /^mine/);
        assert.ok(Math.abs(Number(answer.head.responseTimestamp) - Date.now()) < 60_000, answer.head.responseTimestamp);
        assert.equal(answer.head.clientId, paytm.who.client_id);
    });

    test("every scheme: its word, its length, and the requestor's id with Diners alone", async () => {
        for (const [scheme, number] of Object.entries(NUMBERS)) {
            const made = await paytm.make(paytmCard(number));
            const answer = await paytm.generateTokenData(made);
            assertResult(answer, '00', 'SUCCESS', 'SUCCESS');
            assert.equal(answer.body.tokenInfo.cardScheme,
                { visa: 'VISA', mastercard: 'MASTER', rupay: 'RUPAY', amex: 'AMEX', diners: 'DINERS' }[scheme]);
            assert.equal(answer.body.cardToken.length, number.length);
            assert.equal(answer.body.tokenInfo.cardSuffix, number.slice(-4));
            if (scheme === 'diners')
                assert.match(answer.body.tokenInfo.tokenRequestorId, /^\d{11}$/);
            else
                assert.equal(answer.body.tokenInfo.tokenRequestorId, undefined);
        }
    });

    test('each call has a fresh cryptogram, for ECOM and for SUBS', async () => {
        const seen = new Set();
        for (let i = 0; i < 10; i++)
            for (const paymentType of ['ECOM', 'SUBS'])
                seen.add((await paytm.generateTokenData(token, { paymentType })).body.tavv);
        assert.equal(seen.size, 20);
    });

    test("the page's own request, without a mid in its body, takes it from the path", async () => {
        assertResult(await paytm.generateTokenData(token, { mid: undefined }), '00', 'SUCCESS', 'SUCCESS');
    });

    test('userInfoCoft is a name of userInfo, Version of version, orderId of orderID', async () => {
        const body = changed(paytm.dataBody(token, { orderId: 'order-2' }),
            { userInfo: undefined, userInfoCoft: { custId: token.custId } });
        assertResult(await paytm.call('generateTokenData', body), '00', 'SUCCESS', 'SUCCESS');
        const upper = { version: undefined, Version: 'v1' };
        assertResult(await paytm.generateTokenData(token, {}, { head: upper }), '00', 'SUCCESS', 'SUCCESS');
    });
});

describe('signatures', () => {
    test('decision 12: the checksum is over the bytes of body as they came, in any serialisation', async () => {
        const body = paytm.dataBody(token, { 'userInfo.firstName': 'आशा', orderID: 'a/b' });
        const texts = [
            JSON.stringify(body), spaced(body), escapedSlashes(body), JSON.stringify(body, null, 4),
            JSON.stringify(body).replace('आशा', '\\u0906\\u0936\\u093e'),
            `{ "paymentType" : "ECOM",\t"tokenIndexNumber":"${token.tokenIndexNumber}",\n`
                + `"userInfo":{"custId":"${token.custId}"} }`,
        ];
        for (const text of texts) {
            const answer = await paytm.raw('generateTokenData', text);
            assert.equal(answer.result.resultCode, '00', `${text}\n${answer.text}`);
        }
    });

    test('decision 12: wherever body stands in the envelope, and whatever stands around it', async () => {
        const text = JSON.stringify(paytm.dataBody(token));
        for (const envelope of [
            (head) => `{"body":${text},"head":${JSON.stringify(head)}}`,
            (head) => ` { "head" : ${JSON.stringify(head, null, 2)} , "body" : ${text} } `,
            (head) => `{"more":{"body":"\\"body\\":{}"},"head":${JSON.stringify(head)},"body":${text},"x":["body",{}]}`,
        ])
            assertResult(await paytm.raw('generateTokenData', text, { envelope }), '00', 'SUCCESS', 'SUCCESS');
    });

    test('decision 12: one more blank, or the same values written otherwise, is another body', async () => {
        const text = JSON.stringify(paytm.dataBody(token));
        for (const sent of [text.replace(',', ', '), text.replace('"ECOM"', '"\\u0045COM"'),
            `${text.slice(0, -1)} }`]) {
            const answer = await paytm.raw('generateTokenData', text,
                { envelope: (head) => `{"head":${JSON.stringify(head)},"body":${sent}}` });
            assertResult(answer, '1002', 'FAILED', 'CheckSum Validation Failure');
        }
    });

    test('decision 13: answers are compact JSON whose body bytes are what was signed', async () => {
        const made = await paytm.make();
        for (let i = 0; i < 20; i++) {
            const answer = await paytm.generateTokenData(made);
            const { head, body } = JSON.parse(answer.text);
            assert.ok(answer.text.includes(`"body":${JSON.stringify(body)}`), answer.text);
            assert.equal(answer.text, JSON.stringify(JSON.parse(answer.text)), 'compact, and nothing escaped in vain');
            assert.ok(!answer.text.includes('\\/') && !answer.text.includes('\\u'), answer.text);
            const all = JSON.stringify(answer.json, (key, value) => (value !== null && typeof value !== 'object' &&
                typeof value !== 'string' ? assert.fail(`${key} is no text: ${answer.text}`) : value));
            assert.ok(all);
            assert.ok(PaytmChecksum.verifySignature(JSON.stringify(body), paytm.who.merchant_key, head.signature));
            assert.ok(!PaytmChecksum.verifySignature(`${JSON.stringify(body)} `, paytm.who.merchant_key,
                head.signature));
        }
    });

    test('decision 14: every answer that a key is known for is signed, failures too', async () => {
        for (const answer of [await paytm.generateTokenData(token),
            await paytm.generateTokenData(token, { tokenIndexNumber: '0'.repeat(32) }),
            await paytm.generateTokenData(token, { paymentType: 'CASH' }),
            await paytm.tokenizeCard(paytmCard('4111110000000039'))]) {
            assert.equal(answer.head.signature?.length, 108, answer.text);
            assert.ok(PaytmChecksum.verifySignature(JSON.stringify(answer.body), paytm.who.merchant_key,
                answer.head.signature));
        }
    });

    test('decision 15: HTTP 200 for every outcome, whatever its code', async () => {
        for (const [code, operation, body] of [['410', 'generateTokenData', {}],
            ['407', 'generateTokenData', { mid: 'other' }],
            ['708', 'tokenizeCard', paytm.tokenizeBody(paytmCard('4111110000000120'))]]) {
            const answer = await paytm.call(operation, body);
            assert.deepEqual([answer.status, answer.result.resultCode], [200, code], answer.text);
        }
        for (const [code, text] of [['400', ''], ['400', '{'], ['400', '[]'], ['400', 'null'], ['400', '{"head":{}}'],
            ['1006', '{"body":{}}'], ['1005', '{"head":{},"body":{}}'], ['400', 'x'.repeat(1000)]]) {
            const answer = await server.request({ method: 'POST', body: text,
                path: paytm.where('generateTokenData', 'r') });
            assert.deepEqual([answer.status, paytm.judge(answer).result.resultCode], [200, code], text);
        }
    });

    test('decision 16: a timestamp in seconds or milliseconds, as text or as a number', async () => {
        for (const requestTimestamp of [String(Date.now()), Date.now(), String(Math.floor(Date.now() / 1000)),
            Math.floor(Date.now() / 1000)])
            assertResult(await paytm.generateTokenData(token, {}, { head: { requestTimestamp } }),
                '00', 'SUCCESS', 'SUCCESS');
    });

    test("decision 17: the table's words by default, S, F and U by setting", async () => {
        const short = await startServer({ args: ['--paytm-short-status'] });
        try {
            const there = new Paytm(short);
            const made = await there.call('tokenizeCard', there.tokenizeBody(paytmCard()));
            assertResult(made, '00', 'S', 'SUCCESS');
            assert.equal((await there.generateTokenData({ tokenIndexNumber: '0'.repeat(32), custId: 'x' }))
                .result.resultStatus, 'F');
            const later = await there.call('tokenizeCard', there.tokenizeBody(paytmCard('4111110000000013')));
            assert.equal(later.result.resultStatus, 'U', later.text);
        } finally {
            await short.close();
        }
    });

    test('a wrong, damaged, empty or foreign signature discloses nothing', async () => {
        const body = paytm.dataBody(token);
        const good = await paytm.sign(JSON.stringify(body));
        const flipped = (where) =>
            Buffer.from(good, 'base64').map((byte, at) => (at === where ? byte ^ 1 : byte)).toString('base64');
        const cases = [
            ['1002', await paytm.sign('{}')], ['1002', await paytm.sign(JSON.stringify(body), 'another_key_1234')],
            ['1002', flipped(0)], ['1002', flipped(40)], ['1002', flipped(79)],
            ['1002', good.slice(0, -4)], ['1002', `${good}AAAA`], ['1002', 'AAAA'],
            ['1002', '!'.repeat(108)], ['1002', `${good.slice(0, 107)} `],
            ['1002', 'd7186f022c5a44cc8915bf74e4e8c9f61534487392716'],
            ['1001', ''], ['1001', undefined], ['1001', null], ['1001', 12345], ['1001', [good]],
        ];
        for (const [code, signature] of cases) {
            const answer = await paytm.call('generateTokenData', body, { head: { signature } });
            assert.equal(answer.result.resultCode, code, `${JSON.stringify(signature)}: ${answer.text}`);
            assert.equal(answer.body.cardToken, undefined);
            assert.equal(answer.body.tavv, undefined);
        }
        assertResult(await paytm.call('generateTokenData', body, { head: { signature: good } }),
            '00', 'SUCCESS', 'SUCCESS');
    });
});

describe('request ids and replays', () => {
    test('a request id used twice is 406, also after a restart', async () => {
        const requestId = freshId('request');
        assertResult(await paytm.generateTokenData(token, {}, { head: { requestId } }), '00', 'SUCCESS', 'SUCCESS');
        assertResult(await paytm.generateTokenData(token, {}, { head: { requestId } }),
            '406', 'FAILED', 'Invalid request id');
        await server.restart();
        assertResult(await paytm.generateTokenData(token, {}, { head: { requestId } }),
            '406', 'FAILED', 'Invalid request id');
    });

    test('a signature that was seen is refused under a new request id', async () => {
        const text = JSON.stringify(paytm.dataBody(token));
        const signature = await paytm.sign(text);
        assertResult(await paytm.raw('generateTokenData', text, { head: { signature } }), '00', 'SUCCESS', 'SUCCESS');
        const again = await paytm.raw('generateTokenData', text, { head: { signature } });
        assertResult(again, '406', 'FAILED', 'Invalid request id');
        assert.equal(again.body.cardToken, undefined);
    });

    test('of ten at once with one request id, one is served', async () => {
        const requestId = freshId('request');
        const answers = await Promise.all(Array.from({ length: 10 },
            () => paytm.generateTokenData(token, {}, { head: { requestId } })));
        assert.deepEqual(answers.map(({ result }) => result.resultCode).sort(), ['00', ...Array(9).fill('406')]);
    });

    test('a request id that the query says otherwise, or that neither says, is 406', async () => {
        assertResult(await paytm.generateTokenData(token, {}, { requestId: 'another' }),
            '406', 'FAILED', 'Invalid request id');
        assertResult(await paytm.generateTokenData(token, {}, { head: { requestId: undefined }, requestId: '' }),
            '406', 'FAILED', 'Invalid request id');
    });
});

describe('the order in which a request is looked at', () => {
    const send = (envelope, mid) => server.request({
        method: 'POST', path: paytm.where('generateTokenData', 'r', mid), body: JSON.stringify(envelope),
    }).then((answer) => paytm.judge(answer));

    test('no head, no signature type, an unknown one: 1006, 1005, 1400', async () => {
        const body = paytm.dataBody(token);
        const head = await paytm.head(JSON.stringify(body));
        assertResult(await send({ body }), '1006', 'FAILED', 'Head is missing');
        assertResult(await send({ head: null, body }), '1006', 'FAILED', 'Head is missing');
        assertResult(await send({ head: changed(head, { signatureType: undefined }), body }),
            '1005', 'FAILED', 'Signature type is missing');
        assertResult(await send({ head: changed(head, { signatureType: 'MD5' }), body }),
            '1400', 'FAILED', 'Signature Type is invalid');
        assertResult(await send({ head }), '400', 'FAILED', 'BAD_REQUEST');
    });

    test("a path without a mid is 1004, one of nobody or other than the body's 407", async () => {
        const answer = await paytm.generateTokenData(token, { mid: undefined }, { mid: 'NOSUCHMID' });
        assertResult(answer, '407', 'FAILED', 'Incorrect mid');
        assertResult(await paytm.generateTokenData(token, { mid: 'NOSUCHMID' }), '407', 'FAILED', 'Incorrect mid');
        assertResult(await paytm.generateTokenData(token, { mid: '' }, { mid: '%20' }),
            '1004', 'FAILED', 'Merchant Id is missing');
    });

    test('what is missing is 410, what is none of the values 409', async () => {
        for (const changes of [{ paymentType: undefined }, { tokenIndexNumber: undefined }, { userInfo: undefined },
            { 'userInfo.custId': undefined }, { 'userInfo.custId': '' }])
            assertResult(await paytm.generateTokenData(token, changes), ...MISSING);
        for (const paymentType of ['ecom', 'CARD', ' ECOM'])
            assertResult(await paytm.generateTokenData(token, { paymentType }), ...INCORRECT);
        const mistyped = await paytm.generateTokenData(token, { paymentType: 7 });
        assertResult(mistyped, ...BAD_REQUEST);
        paytm.assertSigned(mistyped);
    });

    test("an unknown token is 405, another customer's 408", async () => {
        for (const tokenIndexNumber of ['0'.repeat(32), 'no token', '61af6a68f2108f05055755e9'])
            assertResult(await paytm.generateTokenData(token, { tokenIndexNumber }),
                '405', 'FAILED', 'Invalid Token Index Number');
        assertResult(await paytm.generateTokenData({ ...token, custId: freshId('customer') }),
            '408', 'FAILED', 'Incorrect User ID');
    });

    test('the state of a token: 100 while INIT, 728 suspended, 726 when it is dead', async () => {
        const body = paytm.tokenizeBody(paytmCard('4111110000000013'));
        const made = await paytm.call('tokenizeCard', body);
        assertResult(made, '100', 'PENDING', 'PENDING');
        const early = { tokenIndexNumber: made.body.tokenInfo.tokenIndexNumber, custId: body.userInfo.custId };
        assertResult(await paytm.generateTokenData(early), '100', 'PENDING', 'PENDING');
        await until('the token is active', async () =>
            (await paytm.generateTokenData(early)).result.resultCode === '00');

        const other = await paytm.make();
        assertResult(await paytm.modify(other, 'SUSPENDED'), '00', 'SUCCESS', 'SUCCESS');
        assertResult(await paytm.generateTokenData(other), '728', 'FAILED', 'TOKEN_SUSPENDED');
        assertResult(await paytm.modify(other, 'ACTIVE'), '00', 'SUCCESS', 'SUCCESS');
        assertResult(await paytm.generateTokenData(other), '00', 'SUCCESS', 'SUCCESS');
        assertResult(await paytm.modify(other, 'DEAD'), '00', 'SUCCESS', 'SUCCESS');
        assertResult(await paytm.generateTokenData(other), '726', 'FAILED', 'TOKEN_INVALID_STATE');
    });
});

describe('JWT instead of a checksum', () => {
    const now = () => Math.floor(Date.now() / 1000);
    const claims = (changes) => ({
        iat: now(), mid: paytm.mid, custId: token.custId, requestId: freshId('jwt'), ...changes,
    });
    const send = (signature, requestId) => paytm.generateTokenData(token, {},
        { head: { signatureType: 'JWT', signature, requestId } });

    test('one signed with the merchant key is taken', async () => {
        const said = claims();
        assertResult(await send(paytm.jwt(said), said.requestId), '00', 'SUCCESS', 'SUCCESS');
    });

    test('what we sign is what the published figure says', async () => {
        const [row] = (await readFile(new URL('../vectors/paytm_jwt.tsv', import.meta.url), 'utf8')).split('\n')
            .filter((line) => line && !line.startsWith('#')).map((line) => line.split('\t'));
        const said = JSON.parse(Buffer.from(row[0], 'hex').toString('utf8'));
        assert.equal(paytm.jwt(said, '0123456789abcdef'), row[1]);
    });

    test('its time may be five minutes ago and one ahead, and its header may say less', async () => {
        for (const iat of [now() - 290, now() + 50]) {
            const said = claims({ iat });
            assertResult(await send(paytm.jwt(said), said.requestId), '00', 'SUCCESS', 'SUCCESS');
        }
        const said = claims();
        assertResult(await send(paytm.jwt(said, undefined, { alg: 'HS256' }), said.requestId),
            '00', 'SUCCESS', 'SUCCESS');
    });

    /* Each from a good JWT's claims, of which it changes one thing; `key` and `header` leave the claims as they are. */
    const signedUnder = (header) => (said) => paytm.jwt(said, undefined, { alg: 'HS256', typ: 'JWT', ...header });
    const cutting = (change) => (said) => change(...paytm.jwt(said).split('.'));
    const saying = (changes) => (said) => paytm.jwt({ ...said, ...changes() });
    const wrong = {
        'another key': (said) => paytm.jwt(said, 'another_key_1234'),
        'alg none over the same MAC': signedUnder({ alg: 'none' }),
        'alg none without a MAC': (said) => signedUnder({ alg: 'none' })(said).replace(/[^.]*$/, ''),
        'alg HS512': signedUnder({ alg: 'HS512' }),
        'alg in small letters': signedUnder({ alg: 'hs256' }),
        'no alg': signedUnder({ alg: undefined }),
        'a critical extension': signedUnder({ crit: ['exp'], exp: 4_000_000_000 }),
        'two parts': cutting((header, payload) => `${header}.${payload}`),
        'no MAC': cutting((header, payload) => `${header}.${payload}.`),
        'a MAC that is cut': cutting((header, payload, mac) => `${header}.${payload}.${mac.slice(0, 40)}`),
        'a damaged MAC': cutting((header, payload, mac) =>
            `${header}.${payload}.${mac[0] === 'A' ? 'B' : 'A'}${mac.slice(1)}`),
        'four parts': cutting((...parts) => [...parts, 'AAAA'].join('.')),
        'a second less than the MAC covers': (said) => [paytm.jwt({ ...said, iat: said.iat - 1 }).match(/.*\./)[0],
            paytm.jwt(said).split('.')[2]].join(''),
        'another mid': saying(() => ({ mid: 'OTHERMID' })), 'no mid': saying(() => ({ mid: undefined })),
        'another customer': saying(() => ({ custId: 'other' })), 'no customer': saying(() => ({ custId: undefined })),
        'another request id': saying(() => ({ requestId: freshId('other') })),
        'no request id': saying(() => ({ requestId: undefined })),
        'more than five minutes ago': saying(() => ({ iat: now() - 310 })),
        'more than a minute ahead': saying(() => ({ iat: now() + 70 })),
        'no time': saying(() => ({ iat: undefined })),
        'no JWT at all': () => 'a.b.c',
    };
    for (const [why, spoil] of Object.entries(wrong))
        test(`is 1003, and the good one with the same claims is then taken: ${why}`, async () => {
            const said = claims();
            const refused = await send(spoil(said), said.requestId);
            assertResult(refused, '1003', 'FAILED', 'Jwt Validation Failure');
            assert.equal(refused.body.cardToken, undefined);
            assertResult(await send(paytm.jwt(said), said.requestId), '00', 'SUCCESS', 'SUCCESS');
        });

    test('one that was used is 406', async () => {
        const said = claims();
        assertResult(await send(paytm.jwt(said), said.requestId), '00', 'SUCCESS', 'SUCCESS');
        assertResult(await send(paytm.jwt(said), said.requestId), '406', 'FAILED', 'Invalid request id');
    });
});

describe('several keys of one merchant', () => {
    test('clientId and encryptionKeyVersion select the key; an unknown one is no key', async () => {
        const known = { clientId: paytm.who.client_id, encryptionKeyVersion: paytm.who.encryption_key_version };
        for (const head of [known, { clientId: undefined, encryptionKeyVersion: undefined }, { ...known, clientId: '' },
            { ...known, encryptionKeyVersion: '' }])
            assertResult(await paytm.generateTokenData(token, {}, { head }), '00', 'SUCCESS', 'SUCCESS');
        for (const head of [{ ...known, clientId: 'nobody' }, { ...known, encryptionKeyVersion: 'v99' }]) {
            const answer = await paytm.generateTokenData(token, {}, { head });
            assertResult(answer, '407', 'FAILED', 'Incorrect mid');
        }
    });

    test('a second key works beside the first, each under its name and no other', async () => {
        const partner = await addPartner(server);
        const said = await server.merchant('paytm-key', String(partner.id), '--client-id', 'shop',
            '--key-version', 'v2', '--json');
        assert.equal(said.status, 0, said.stderr);
        const added = JSON.parse(said.stdout).paytm;
        const second = new Paytm(server, { ...partner.paytm.who, ...added, encryption_key_version: 'v2' });
        assert.equal(second.mid, partner.paytm.mid);
        assert.notEqual(second.who.merchant_key, partner.paytm.who.merchant_key);
        const made = await partner.paytm.make();
        for (const who of [partner.paytm, second])
            assertResult(await who.generateTokenData(made), '00', 'SUCCESS', 'SUCCESS');
        const crossed = new Paytm(server, { ...second.who, merchant_key: partner.paytm.who.merchant_key });
        const text = JSON.stringify(second.dataBody(made));
        const head = await crossed.head(text);
        const answer = await server.request({ method: 'POST', path: second.where('generateTokenData', head.requestId),
            body: `{"head":${JSON.stringify(head)},"body":${text}}` });
        assertResult(second.judge(answer), '1002', 'FAILED', 'CheckSum Validation Failure');
    });
});

describe('the tools at the shell', () => {
    test('tijori paytm sign makes what the official library verifies and the server takes', async () => {
        const text = JSON.stringify(paytm.dataBody(token, { 'userInfo.firstName': 'आशा' }));
        for (const input of [text, `${text}\n`]) {
            const { status, stdout, stderr } = tool(server, ['paytm', 'sign'], input);
            assert.equal(status, 0, stderr);
            const signature = stdout.trim();
            assert.ok(PaytmChecksum.verifySignature(text, paytm.who.merchant_key, signature));
            assertResult(await paytm.raw('generateTokenData', text, { head: { signature } }),
                '00', 'SUCCESS', 'SUCCESS');
        }
    });

    test("tijori paytm verify takes the official library's signature, and the server's, and no other", async () => {
        const text = '{"a":"b/c"}';
        const signature = await paytm.sign(text);
        assert.equal(tool(server, ['paytm', 'verify', '--signature', signature], text).status, 0);
        assert.equal(tool(server, ['paytm', 'verify', '--signature', signature], '{"a":"b"}').status, 1);
        const answer = await paytm.generateTokenData(token);
        assert.equal(tool(server, ['paytm', 'verify', '--signature', answer.head.signature],
            JSON.stringify(answer.body)).status, 0);
    });
});
