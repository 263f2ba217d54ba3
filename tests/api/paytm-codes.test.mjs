// Every result code of Paytm's page, each from a cause of its own: what was sent, what became of the token, or what the
// card network did.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPartner, assertResult, Paytm, paytmCard } from './cards.mjs';
import { freshId, startServer, until } from './harness.mjs';

const WORDS = {
    '00': ['SUCCESS', 'SUCCESS'], 100: ['PENDING', 'PENDING'], 150: ['PENDING', 'SYSTEM_ERROR'],
    400: ['FAILED', 'BAD_REQUEST'], 401: ['FAILED', 'FAILURE'], 405: ['FAILED', 'Invalid Token Index Number'],
    406: ['FAILED', 'Invalid request id'], 407: ['FAILED', 'Incorrect mid'], 408: ['FAILED', 'Incorrect User ID'],
    409: ['FAILED', 'Incorrect details passed'], 410: ['FAILED', 'Mandatory fields missing'],
    440: ['FAILED', 'Operation not supported by network'], 442: ['FAILED', 'Unable to found TRID'],
    443: ['FAILED', 'TRID is not in Active state'], 500: ['FAILED', 'INTERNAL_SYSTEM_ERROR'],
    502: ['FAILED', 'SYSTEM_ERROR'], 700: ['FAILED', 'Bad Request from card Network'],
    701: ['FAILED', 'Failure from card network'], 702: ['FAILED', 'Error from Network'],
    708: ['FAILED', 'Error connecting with card network'], 709: ['FAILED', 'Error communicating with card network'],
    714: ['FAILED', 'Further operations for this card are not allowed'],
    715: ['FAILED', 'Requested action for the token not allowed or token is invalid'],
    721: ['FAILED', 'Error with Network'], 723: ['FAILED', 'Error While connecting to card network'],
    724: ['FAILED', 'TOKEN_NOT_FOUND'], 726: ['FAILED', 'TOKEN_INVALID_STATE'], 727: ['FAILED', 'INVALID_AUTHREFNO'],
    728: ['FAILED', 'TOKEN_SUSPENDED'], 729: ['FAILED', 'TOKEN_EXPIRED'], 730: ['FAILED', 'Error from card network'],
    750: ['FAILED', 'REQUIRE_ADDITIONAL_AUTHENTICATION'], 801: ['PENDING', 'Awaiting response from the network'],
    1001: ['FAILED', 'Signature Validation Failure'], 1002: ['FAILED', 'CheckSum Validation Failure'],
    1003: ['FAILED', 'Jwt Validation Failure'], 1004: ['FAILED', 'Merchant Id is missing'],
    1005: ['FAILED', 'Signature type is missing'], 1006: ['FAILED', 'Head is missing'],
    1400: ['FAILED', 'Signature Type is invalid'],
};

/* Of causes that no caller can bring about: a failure of the server's own. It is walked in the unit tests. */
const NOT_FROM_OUTSIDE = ['500'];

let server, paytm, token;
before(async () => {
    server = await startServer({ args: ['--network-wait', '500'] });
    paytm = new Paytm(server);
    token = await paytm.make();
});
after(() => server.close());

const tokenize = (number, changes) => () => paytm.tokenizeCard(paytmCard(number), changes);
const data = (changes, options) => () => paytm.generateTokenData(token, changes, options);
const send = async (envelope, mid) => paytm.judge(await server.request({
    method: 'POST', path: paytm.where('generateTokenData', 'r', mid), body: envelope }));

/** Tell the sandbox something; gives what it says. */
async function sandbox(where, body, method = 'POST') {
    const answer = await server.admin(method, `/sandbox/${where}`, body);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
}

/** While the network behaves so. */
async function whileNetwork(manner, work) {
    await sandbox('network/behaviour', { scheme: 'all', manner });
    try {
        return await work();
    } finally {
        await sandbox('network/behaviour', { scheme: 'all', manner: 'well' });
    }
}

/** The requestor's id of the card, as the network's list has it. */
async function tridOf({ tokenIndexNumber }) {
    const { tokens } = await sandbox('network/tokens', undefined, 'GET');
    return tokens.find((one) => one.token === tokenIndexNumber).trid;
}

/* [code, what brings it about, how] */
const CAUSES = [
    ['00', 'all is well', data()],
    ['100', 'the token becomes active later', async () => {
        const body = paytm.tokenizeBody(paytmCard('4111110000000013'));
        const made = await paytm.call('tokenizeCard', body);
        assertResult(made, '100', ...WORDS[100]);
        return paytm.generateTokenData({ tokenIndexNumber: made.body.tokenInfo.tokenIndexNumber,
            custId: body.userInfo.custId });
    }],
    ['150', 'an answer to the making of a token makes no sense', async () => {
        const answer = await paytm.tokenizeCard(paytmCard('4111110000000096'));
        paytm.assertSigned(answer);
        assert.equal(answer.body.tokenInfo, undefined);
        return answer;
    }],
    ['400', 'no JSON', () => send('{"head":')],
    ['401', 'the customer did not consent', tokenize(undefined, { tokenizationConsent: { userConsent: 0 } })],
    ['405', 'no such token', data({ tokenIndexNumber: '0'.repeat(32) })],
    ['406', 'a request id that was used', async () => {
        const requestId = freshId('request');
        await paytm.generateTokenData(token, {}, { head: { requestId } });
        return paytm.generateTokenData(token, {}, { head: { requestId } });
    }],
    ['407', 'another mid in the body', data({ mid: 'OTHERMID' })],
    ['408', 'another customer', data({ 'userInfo.custId': freshId('customer') })],
    ['409', 'a value that is none of the list', data({ paymentType: 'CASH' })],
    ['410', 'a field is missing', data({ tokenIndexNumber: undefined })],
    ['440', 'no cryptograms for subscriptions', async () => {
        const made = await paytm.make(paytmCard('4111110000000161'));
        assertResult(await paytm.generateTokenData(made), '00', ...WORDS['00']);
        return paytm.generateTokenData(made, { paymentType: 'SUBS' });
    }],
    ['442', 'the merchant has no requestor id', async () => {
        const other = await whileNetwork('down', () => addPartner(server));
        return other.paytm.tokenizeCard(paytmCard());
    }],
    ['443', 'the requestor id is out of force', async () => {
        const trid = await tridOf(token);
        await sandbox('network/requestors', { trid, active: false });
        try {
            return await paytm.generateTokenData(token);
        } finally {
            await sandbox('network/requestors', { trid, active: true });
        }
    }],
    ['700', 'the network finds the request bad', tokenize('4111110000000062')],
    ['701', 'the issuer declines', tokenize('4111110000000039')],
    ['702', 'the network fails', tokenize('4111110000000088')],
    ['708', 'no connection', tokenize('4111110000000120')],
    ['709', 'the connection breaks', tokenize('4111110000000146')],
    ['714', 'the card is blocked', async () =>
        paytm.generateTokenData(await paytm.make(paytmCard('4111110000000153')))],
    ['715', 'a token that is dead is to be resumed', async () => {
        const made = await paytm.make();
        await paytm.modify(made, 'DEAD');
        return paytm.modify(made, 'ACTIVE');
    }],
    ['721', 'an answer to a disclosure makes no sense', () => whileNetwork('fault', data())],
    ['723', 'no route', tokenize('4111110000000138')],
    ['724', 'the network has forgotten the token', async () =>
        paytm.generateTokenData(await paytm.make(paytmCard('4111110000000179')))],
    ['726', 'the token is dead', async () => {
        const made = await paytm.make();
        await paytm.modify(made, 'DEAD');
        return paytm.generateTokenData(made);
    }],
    ['727', 'the authentication reference is refused', tokenize('4111110000000070')],
    ['728', 'the issuer suspended it', async () => {
        const made = await paytm.make();
        await sandbox('network/events', { token: made.tokenIndexNumber, event: 'suspend' });
        return until('the issuer\'s suspension', async () => {
            const answer = await paytm.generateTokenData(made);
            return answer.result.resultCode !== '00' && answer;
        });
    }],
    ['729', 'the token has expired', async () => {
        const made = await paytm.make(paytmCard('4111110000000187'));
        await sandbox('clock', { advance_seconds: 40 * 24 * 3600 });
        try {
            return await paytm.generateTokenData(made, {},
                { head: { requestTimestamp: String(Date.now() + 40 * 24 * 3600_000) } });
        } finally {
            await sandbox('clock', { system: true });
        }
    }],
    ['730', 'the card cannot have a token', tokenize('4111110000000047')],
    ['750', 'the network wants additional authentication', tokenize('4111110000000054')],
    ['801', 'the network does not answer', tokenize('4111110000000112')],
    ['1001', 'an empty signature', data({}, { head: { signature: '' } })],
    ['1002', 'a checksum of something else', async () =>
        paytm.generateTokenData(token, {}, { head: { signature: await paytm.sign('{}') } })],
    ['1003', 'a JWT of another key', async () => {
        const requestId = freshId('jwt');
        const claims = { iat: Math.floor(Date.now() / 1000), mid: paytm.mid, custId: token.custId, requestId };
        const under = (key) => paytm.generateTokenData(token, {},
            { head: { requestId, signatureType: 'JWT', signature: paytm.jwt(claims, key) } });
        const refused = await under('another_key_1234');
        assertResult(await under(paytm.who.merchant_key), '00', ...WORDS['00']);
        return refused;
    }],
    ['1004', 'a path without a mid', data({ mid: undefined }, { mid: '%20' })],
    ['1005', 'no signature type', data({}, { head: { signatureType: undefined } })],
    ['1006', 'no head', () => send('{"body":{}}')],
    ['1400', 'an unknown signature type', data({}, { head: { signatureType: 'MD5' } })],
];

for (const [code, cause, bring] of CAUSES)
    test(`result code ${code} comes when ${cause}`, async () => {
        assertResult(await bring(), code, ...WORDS[code]);
    });

test('result code 502 comes when the server has no card network', async () => {
    const alone = await startServer({ args: ['--network', 'none'] });
    try {
        const there = new Paytm(alone);
        const answer = await there.tokenizeCard(paytmCard());
        assertResult(answer, '502', ...WORDS[502]);
        there.assertSigned(answer);
    } finally {
        await alone.close();
    }
});

test("every code of the page is walked here but the one that is a failure of the server's own", () => {
    const walked = [...CAUSES.map(([code]) => code), '502', ...NOT_FROM_OUTSIDE];
    assert.deepEqual(walked.sort(), Object.keys(WORDS).sort());
    assert.equal(walked.length, 40);
});

test("what the network fails at in a disclosure is told, and nothing is disclosed", async () => {
    for (const [manner, code] of [['down', '708'], ['no-route', '723'], ['broken', '709'], ['error', '702'],
        ['fault', '721'], ['mute', '801'], ['deaf', '801']]) {
        const answer = await whileNetwork(manner, () => paytm.generateTokenData(token));
        assertResult(answer, code, ...WORDS[code]);
        assert.equal(answer.body.cardToken, undefined);
        assert.equal(answer.body.tavv, undefined);
    }
    assertResult(await whileNetwork('twice', () => paytm.generateTokenData(token)), '00', ...WORDS['00']);
    assertResult(await paytm.generateTokenData(token), '00', ...WORDS['00']);
});

test('what an issuer suspended no requestor resumes', async () => {
    const made = await paytm.make();
    await sandbox('network/events', { token: made.tokenIndexNumber, event: 'suspend' });
    await until('the suspension', async () =>
        (await paytm.tokenInfo(made.tokenIndexNumber)).body.tokenInfo.tokenStatus === 'SUSPENDED');
    assertResult(await paytm.modify(made, 'ACTIVE'), '715', ...WORDS[715]);
    await sandbox('network/events', { token: made.tokenIndexNumber, event: 'resume' });
    await until('it is active again', async () => (await paytm.generateTokenData(made)).result.resultCode === '00');
});

test('a presented cryptogram is good once, for its token alone', async () => {
    const { cardToken: number, tavv } = (await paytm.generateTokenData(token)).body;
    const other = (await paytm.generateTokenData(await paytm.make(paytmCard('4012888888881881')))).body.cardToken;
    const verify = async (body) => (await sandbox('network/verify', body)).verdict;
    assert.match(await verify({ number: other, tavv }), /WRONG/);
    assert.match(await verify({ number, tavv: Buffer.alloc(20, 7).toString('base64') }), /WRONG/);
    assert.match(await verify({ number, tavv }), /DONE|GOOD/);
    assert.match(await verify({ number, tavv }), /REPLAYED/);
});
