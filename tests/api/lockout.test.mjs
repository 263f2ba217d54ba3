// Who shows wrong credentials too often waits, and keeps nobody else waiting.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { Paytm } from './cards.mjs';
import { startServer, until } from './harness.mjs';

/** GET of an order from one of loopback's addresses; gives its status. */
const from = (server, localAddress, secret, id = server.clientId) => new Promise((done, failed) => {
    const { hostname, port } = new URL(server.base);
    http.get({ hostname, port, localAddress, path: '/pg/orders/nobody', agent: false, headers: {
        'x-client-id': id, 'x-client-secret': secret, 'x-api-version': '2025-01-01' } }, (answer) => {
        answer.resume();
        answer.on('end', () => done(answer.statusCode));
    }).on('error', failed);
});

const wrong = async (server, address, times, id) => {
    const seen = [];
    while (times--)
        seen.push(await from(server, address, 'wrong', id));
    return [...new Set(seen)];
};

test('three wrong secrets lock out their sender for half an hour, and no merchant elsewhere', async (t) => {
    const server = await startServer({ args: ['--lockout', '3'] });
    t.after(() => server.close());
    assert.equal(await from(server, '127.0.0.2', server.clientSecret), 404);
    assert.deepEqual(await wrong(server, '127.0.0.2', 3), [401]);
    assert.equal(await from(server, '127.0.0.2', server.clientSecret), 429, 'even with the right one');
    assert.equal(await from(server, '127.0.0.3', server.clientSecret), 404, 'the merchant asks from elsewhere');
    await until('the journal', () => server.log().includes('locked out after too many wrong credentials'));
    assert.match(server.log(), /"text":"127\.0\.0\.2"/);
});

test('success forgets the failures before it', async (t) => {
    const server = await startServer({ args: ['--lockout', '3'] });
    t.after(() => server.close());
    for (let i = 0; i < 3; i++) {
        assert.deepEqual(await wrong(server, '127.0.0.2', 2), [401]);
        assert.equal(await from(server, '127.0.0.2', server.clientSecret), 404);
    }
});

test('who tries many names is locked out of all', async (t) => {
    const server = await startServer({ args: ['--lockout', '2'] });
    t.after(() => server.close());
    for (let i = 0; i < 20; i++)
        assert.deepEqual(await wrong(server, '127.0.0.2', 1, `somebody${i}`), [401]);
    assert.deepEqual(await wrong(server, '127.0.0.2', 1, 'somebody-else'), [429]);
    assert.equal(await from(server, '127.0.0.2', server.clientSecret), 429);
});

test('a sandbox locks nobody out unless it is told to', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    assert.deepEqual(await wrong(server, '127.0.0.2', 30), [401]);
    assert.equal(await from(server, '127.0.0.2', server.clientSecret), 404);
});

test('a wrong key of the Juspay API counts for itself', async (t) => {
    const server = await startServer({ args: ['--lockout', '3'] });
    t.after(() => server.close());
    const list = (key) => server.request({ path: '/cards?customer_id=nobody', headers: {
        authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` } }).then((answer) => answer.status);
    const key = server.credentials.juspay.api_key;
    const good = await list(key);
    for (let i = 0; i < 3; i++)
        assert.equal(await list(`${key.slice(0, -4)}aaaa`), 401);
    assert.equal(await list(key), 429);
    assert.equal(await from(server, '127.0.0.1', server.clientSecret), 404);
    assert.equal(good, 200);
});

test('wrong signatures of the Paytm API count for their MID', async (t) => {
    const server = await startServer({ args: ['--lockout', '3'] });
    t.after(() => server.close());
    const paytm = new Paytm(server);
    const token = await paytm.make();
    const body = { mid: paytm.mid, paymentType: 'ECOM', tokenIndexNumber: token.tokenIndexNumber,
        userInfo: { custId: 'nobody' } };
    const codes = [];
    for (let i = 0; i < 4; i++) {
        const head = { signature: await paytm.sign('{}') };
        codes.push((await paytm.call('generateTokenData', body, { head })).result.resultCode);
    }
    assert.deepEqual(codes, ['1002', '1002', '1002', '401']);
    const right = await paytm.call('generateTokenData', body);
    assert.equal(right.result.resultCode, '401', 'even with the right one');
    assert.match(right.text, /too many wrong signatures/, 'a sandbox says why');
    assert.equal(await from(server, '127.0.0.1', server.clientSecret), 404, 'its other credentials are not of that name');
});
