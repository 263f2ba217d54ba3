// A crash between our intent and the network's answer: what became of each token is settled by asking, and no card has
// two tokens for one owner.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isLuhnValid, Juspay, juspayCard, NUMBERS } from './cards.mjs';
import { freshId, sleep, startServer, until } from './harness.mjs';

const ROUNDS = 4;
const CARDS = [NUMBERS.visa, NUMBERS.mastercard, NUMBERS.rupay, NUMBERS.diners, '4012888888881881', '5105105105105100'];

let server, juspay;
before(async () => { server = await startServer(); juspay = new Juspay(server); });
after(() => server.close());

async function behave(manner) {
    const answer = await server.admin('POST', '/sandbox/network/behaviour', { scheme: 'all', ...manner });
    assert.equal(answer.status, 200, answer.text);
}

/** The network's own tokens, by the id that the merchant knows. */
async function networksTokens() {
    const answer = await server.admin('GET', '/sandbox/network/tokens');
    assert.equal(answer.status, 200, answer.text);
    return answer.json.tokens;
}

test('power cuts while tokens are made leave one token for each card and owner, in both books', async () => {
    const owners = CARDS.map((number) => ({ number, customerId: freshId('customer') }));
    const make = ({ number, customerId }) =>
        juspay.generateToken(juspayCard(number), { 'orderData.customerId': customerId });
    const told = new Map();
    for (let round = 0; round < ROUNDS; round++) {
        await behave({ manner: 'slow', ms: 150 });
        const asked = owners.map(async (owner) => {
            const answer = await make(owner).catch(() => null);
            if (answer?.status !== 200)
                return;
            const { cardReference } = await juspay.open(answer.json.payload);
            assert.equal(told.get(owner) ?? cardReference, cardReference, 'a reference that was told stays');
            told.set(owner, cardReference);
        });
        await sleep(60 + 50 * round);
        await server.killGroup();
        await Promise.all(asked);
        await server.start();
    }
    const settled = await Promise.all(owners.map((owner) => until('a token in the end', async () => {
        const answer = await make(owner);
        return answer.status === 200 && { owner, ...await juspay.open(answer.json.payload) };
    }, 20_000)));
    for (const { owner, cardReference, token, tokenStatus } of settled) {
        assert.equal(tokenStatus, 'ACTIVE');
        assert.ok(isLuhnValid(token));
        assert.equal(told.get(owner) ?? cardReference, cardReference);
    }
    await until('no token at the network that is alive and not ours', async () => {
        const alive = (await networksTokens()).filter(({ status }) => status === 'ACTIVE').map(({ token }) => token);
        const ours = settled.map(({ cardReference }) => cardReference.slice('token_'.length));
        return alive.length === ours.length && ours.every((token) => alive.includes(token));
    }, 20_000).catch(async (error) => {
        throw new Error(`${error.message}\nours: ${JSON.stringify(settled.map((one) => one.cardReference))}\n` +
            `the network's: ${JSON.stringify((await networksTokens()).map(({ token, status }) => [token, status]))}`);
    });
});

test('a network that answers twice, or too late, makes no second token and no second answer', async () => {
    for (const behaviour of [{ manner: 'twice' }, { manner: 'slow', ms: 3500 }]) {
        await behave(behaviour);
        const owner = { 'orderData.customerId': freshId('customer') };
        const before = (await networksTokens()).length;
        await juspay.generateToken(juspayCard(), owner);
        await behave({ manner: 'well' });
        const made = await until('the token', async () => {
            const answer = await juspay.generateToken(juspayCard(), owner);
            return answer.status === 200 && juspay.open(answer.json.payload);
        }, 20_000);
        assert.equal((await networksTokens()).length, before + 1);
        assert.equal((await juspay.get(made)).json.authentication_details.token, made.token);
    }
});
