// What runs a sandbox from the other side: its clock, and the simulated card network. All of it on the admin listener.

import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { Juspay, juspayCard, NUMBERS, Paytm, paytmCard } from './cards.mjs';
import { sleep, smallOrder, startServer, temporaryFolder, until } from './harness.mjs';

let server, paytm, juspay;
before(async () => {
    server = await startServer();
    paytm = new Paytm(server);
    juspay = new Juspay(server);
});
after(() => server.close());

const clock = (body) => server.admin('POST', '/sandbox/clock', body);
const behave = (manner, more = {}) => server.admin('POST', '/sandbox/network/behaviour',
    { scheme: 'all', manner, ...more });
const happen = (token, event) => server.admin('POST', '/sandbox/network/events', { token, event });
const verify = (body) => server.admin('POST', '/sandbox/network/verify', body);
const network = async (of = server) => (await of.admin('GET', '/sandbox/network')).json;
const tokens = async () => (await server.admin('GET', '/sandbox/network/tokens')).json.tokens;
const statusOf = async (token) => (await paytm.tokenInfo(token.tokenIndexNumber)).body.tokenInfo.tokenStatus;

describe('the clock', () => {
    after(() => clock({ system: true }));

    test('what is made after it was set carries its date', async () => {
        const set = await clock({ now: '2031-05-06T07:08:09Z' });
        assert.equal(set.status, 200, set.text);
        assert.match(set.json.now, /^2031-05-06T07:08:(09|1)/);
        const order = await server.createOrder(smallOrder());
        assert.match(order.json.created_at, /^2031-05-06T12:38:(09|1)/, 'Indian time');
    });

    test('it is advanced, shown and put back', async () => {
        await clock({ system: true });
        assert.equal((await clock({ advance_seconds: 3600 })).json.ahead_seconds, 3600);
        assert.equal((await server.admin('GET', '/sandbox/clock')).json.ahead_seconds, 3600);
        assert.equal((await clock({ system: true })).json.ahead_seconds, 0);
    });

    test('it stands still while it is frozen, and runs on', async () => {
        await clock({ system: true });
        assert.equal((await clock({ freeze: true })).json.frozen, true);
        const { now } = (await server.admin('GET', '/sandbox/clock')).json;
        await sleep(30);
        assert.equal((await server.admin('GET', '/sandbox/clock')).json.now, now);
        const moved = await clock({ advance_seconds: 60 });
        assert.equal(Date.parse(moved.json.now), Date.parse(now) + 60_000);
        assert.equal(moved.json.frozen, true);
        assert.equal((await clock({ resume: true })).json.frozen, false);
        await until('it runs', async () =>
            Date.parse((await server.admin('GET', '/sandbox/clock')).json.now) > Date.parse(moved.json.now));
        assert.equal((await clock({ freeze: true, resume: true })).status, 400);
        assert.equal((await clock({ system: true })).json.ahead_seconds, 0);
    });

    test('a token ends with its expiry', async () => {
        const token = await juspay.make(juspayCard());
        assert.equal((await juspay.get(token)).status, 200);
        await clock({ advance_seconds: 20 * 366 * 86400 });
        assert.notEqual((await juspay.get(token)).status, 200);
        await clock({ system: true });
        assert.equal((await juspay.get(token)).status, 200, 'only the clock had moved');
    });

    test('a time that makes no sense is refused by name', async () => {
        const answer = await clock({ now: 'soon' });
        assert.equal(answer.status, 400);
        assert.equal(answer.json.error, 'bad_input');
        assert.equal(answer.json.field, 'now');
    });
});

describe('the network', () => {
    after(() => behave('well'));

    test('it tells what it was asked and which tokens it has', async () => {
        const before = await network();
        const token = await paytm.make();
        const now = await network();
        assert.equal(now.tokens, before.tokens + 1);
        assert.equal(now.operations.provision.asked, before.operations.provision.asked + 1);
        assert.equal(now.operations.cryptogram.asked, before.operations.cryptogram.asked, 'nothing else happened');
        const shown = (await tokens()).find((one) => one.token === token.tokenIndexNumber);
        assert.equal(shown.status, 'ACTIVE');
        assert.equal(shown.scheme, 'VISA');
        assert.equal(shown.reference, token.info.tokenUniqueReference);
        assert.ok(!JSON.stringify(shown).includes(NUMBERS.visa));
    });

    test('one scheme is down and the others are not', async () => {
        assert.equal((await behave('down', { scheme: 'VISA' })).status, 200);
        const down = await paytm.tokenizeCard(paytmCard());
        assert.equal(down.result.resultCode, '708', down.text);
        await paytm.make(paytmCard(NUMBERS.mastercard));
        await behave('well', { scheme: 'VISA' });
        await paytm.make();
    });

    test('an answer that comes twice is taken once', async () => {
        const before = await network();
        await behave('twice');
        await paytm.make();
        await behave('well');
        await until('the second answer', async () => (await network()).late_answers > before.late_answers);
        assert.equal((await network()).tokens, before.tokens + 1);
    });

    test('a slow answer is waited for', async () => {
        await behave('slow', { ms: 300 });
        const began = Date.now();
        await paytm.make();
        await behave('well');
        assert.ok(Date.now() - began >= 300, `${Date.now() - began} ms`);
    });

    test('an issuer suspends and resumes by any name of the token', async () => {
        const token = await paytm.make();
        const hex = token.tokenIndexNumber;
        const names = [hex, `token_${hex}`, token.info.tokenUniqueReference,
            hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')];
        for (const name of names) {
            assert.equal((await happen(name, 'suspend')).status, 200, name);
            await until('suspended', async () => await statusOf(token) === 'SUSPENDED');
            assert.equal((await happen(name, 'resume')).status, 200, name);
            await until('active', async () => await statusOf(token) === 'ACTIVE');
        }
    });

    test('an event may name its token in the path', async () => {
        const token = await paytm.make();
        const at = (name, event) => server.admin('POST', `/sandbox/tokens/${name}/events`, { event });
        for (const name of [token.tokenIndexNumber, `token_${token.tokenIndexNumber}`]) {
            assert.equal((await at(name, 'suspend')).status, 200, name);
            await until('suspended', async () => await statusOf(token) === 'SUSPENDED');
            assert.equal((await at(name, 'resume')).status, 200, name);
            await until('active', async () => await statusOf(token) === 'ACTIVE');
        }
        assert.equal((await at('nobody', 'suspend')).status, 404);
        assert.equal((await at(token.tokenIndexNumber, 'melt')).status, 400);
        assert.equal((await server.admin('POST', `/sandbox/tokens/${token.tokenIndexNumber}/events`,
            { event: 'suspend' }, {})).status, 401);
        assert.equal((await at(token.tokenIndexNumber, 'delete')).status, 200);
        assert.equal((await at(token.tokenIndexNumber, 'suspend')).status, 409);
    });

    test('events that cannot be are refused', async () => {
        const token = await paytm.make();
        assert.equal((await happen('nobody', 'suspend')).status, 404);
        assert.equal((await happen(token.tokenIndexNumber, 'melt')).status, 400);
        assert.equal((await happen(token.tokenIndexNumber, 'delete')).status, 200);
        assert.equal((await happen(token.tokenIndexNumber, 'suspend')).status, 409);
    });

    test('a requestor out of force makes no tokens', async () => {
        await paytm.make();
        const { trid } = (await tokens())[0];
        const put = (active) => server.admin('POST', '/sandbox/network/requestors', { trid, active });
        assert.equal((await put(false)).status, 200);
        const refused = await paytm.tokenizeCard(paytmCard());
        assert.equal(refused.result.resultCode, '443', refused.text);
        assert.equal((await put(true)).status, 200);
        await paytm.make();
    });

    test('a cryptogram is good once', async () => {
        const { body } = await paytm.generateTokenData(await paytm.make());
        const presented = { number: body.cardToken, tavv: body.tavv };
        assert.deepEqual(Object.entries((await verify(presented)).json).slice(0, 2),
            [['good', true], ['verdict', 'DONE']]);
        assert.equal((await verify(presented)).json.verdict, 'REPLAYED');
        assert.equal((await verify({ ...presented, tavv: Buffer.alloc(20, 7).toString('base64') })).json.good, false);
    });
});

test('none of it without the admin token, and none of it on the public listener', async () => {
    for (const path of ['/sandbox/clock', '/sandbox/network', '/sandbox/network/tokens']) {
        assert.equal((await server.admin('GET', path, undefined, {})).status, 401, path);
        assert.equal((await server.request({ path })).status, 404, path);
    }
});

test('a live server has none of it', async (t) => {
    const data = await temporaryFolder();
    const live = await startServer({ data, command: 'serve', args: ['--behind-proxy', '--network', 'simulated'] });
    t.after(async () => {
        await live.close();
        await rm(data, { recursive: true, force: true });
    });
    assert.equal((await live.admin('GET', '/sandbox/clock')).status, 404);
    assert.equal((await live.admin('POST', '/sandbox/network/behaviour', { scheme: 'all', manner: 'down' })).status, 404);
});

test('a sandbox without a network says so', async (t) => {
    const bare = await startServer({ args: ['--network', 'none'] });
    t.after(() => bare.close());
    const answer = await bare.admin('GET', '/sandbox/network');
    assert.equal(answer.status, 409);
    assert.equal(answer.json.error, 'no_network');
    assert.equal((await bare.createOrder(smallOrder())).status, 200, 'orders need none');
});

test('a mute network holds up no stop, and who waits for it is answered', async (t) => {
    const mute = await startServer({ args: ['--network-wait', '20000'] });
    t.after(() => mute.close());
    const merchant = new Paytm(mute);
    const token = await merchant.make();
    const before = (await network(mute)).operations.cryptogram.asked;
    assert.equal((await mute.admin('POST', '/sandbox/network/behaviour', { scheme: 'all', manner: 'mute' })).status, 200);
    const waiting = merchant.generateTokenData(token);
    await until('the question', async () => (await network(mute)).operations.cryptogram.asked > before);
    const began = Date.now();
    assert.deepEqual(await mute.terminate(), { code: 0, signal: null });
    assert.ok(Date.now() - began < 6000, `${Date.now() - began} ms`);
    const answer = await waiting;
    assert.equal(answer.result.resultCode, '801', answer.text);
});
