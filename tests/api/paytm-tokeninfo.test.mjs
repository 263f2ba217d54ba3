// Paytm's Get Token Info by the id of the request that made the token, signed as the official library signs.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import PaytmChecksum from 'paytmchecksum';
import { assertResult, Paytm, paytmCard } from './cards.mjs';
import { freshId, startServer, until } from './harness.mjs';

const DONE = ['00', 'SUCCESS', 'SUCCESS'];
const NO_TOKEN = ['405', 'FAILED', 'Invalid Token Index Number'];

let server, paytm;
before(async () => { server = await startServer(); paytm = new Paytm(server); });
after(() => server.close());

/** Ask with these parameters in the query; `signed` is what the checksum covers beside the rest. */
async function ask(parameters, signed = parameters) {
    const requestId = freshId('request');
    const headers = { version: 'v1', requestTimestamp: String(Date.now()) };
    const signature = await PaytmChecksum.generateSignature(
        { mid: paytm.mid, requestId, ...signed, ...headers }, paytm.who.merchant_key);
    return paytm.judge(await server.request({
        method: 'GET', path: `${paytm.where('tokenInfo', requestId)}&${new URLSearchParams(parameters)}`,
        headers: { ...headers, requestId, signatureType: 'CHECKSUM', signature },
    }));
}

/** A token made under a request id that is known before its answer. */
async function tokenize(operation = 'tokenizeCard') {
    const requestId = freshId('request');
    return { requestId, answer: await paytm.call(operation, paytm.tokenizeBody(paytmCard()), { head: { requestId } }) };
}

describe('Get Token Info by a request id', () => {
    test('tells the token that the request made', async () => {
        const { requestId, answer } = await tokenize();
        assertResult(answer, ...DONE);
        const info = await ask({ 'request-id': requestId });
        assertResult(info, ...DONE);
        assert.deepEqual(info.body.tokenInfo, answer.body.tokenInfo);
    });

    test('tells how an asynchronous one comes along', async () => {
        const { requestId, answer } = await tokenize('tokenizeCardAsync');
        await until('the token is active', async () => {
            const { tokenInfo } = (await ask({ 'request-id': requestId })).body;
            assert.equal(tokenInfo.tokenIndexNumber, answer.body.tokenIndexNumber);
            return tokenInfo.tokenStatus === 'ACTIVE';
        });
    });

    test('knows no request that made none, and no id that was not signed', async () => {
        const { requestId } = await tokenize();
        assertResult(await ask({ 'request-id': freshId('request') }), ...NO_TOKEN);
        assertResult(await ask({ 'request-id': requestId }, {}), '1002', 'FAILED', 'CheckSum Validation Failure');
        assertResult(await ask({}), '410', 'FAILED', 'Mandatory fields missing');
        assertResult(await ask({ orderId: requestId }, {}), '410', 'FAILED', 'Mandatory fields missing');
    });

    test('an index that comes with it counts', async () => {
        const [one, other] = [await tokenize(), await tokenize()];
        const { tokenIndexNumber } = other.answer.body.tokenInfo;
        const both = await ask({ 'request-id': one.requestId, tokenIndexNumber });
        assertResult(both, ...DONE);
        assert.equal(both.body.tokenInfo.tokenIndexNumber, tokenIndexNumber);
    });
});
