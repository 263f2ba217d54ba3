// Whatever the acquirer, the network, a crash or a hasty payer does: an order is charged once or not at all, and in the
// end our record and the acquirer's are the same.

import assert from 'node:assert/strict';
import net from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { freshId, refused, sleep, startServer, until } from './harness.mjs';
import { advance, assertRefused, card, MASTERCARD, OTP, Shopper, upi } from './paying.mjs';

const AT_ONCE = 20, OPEN_MAX = 10;
/* Longer than a question is left to whoever asked it; then the sweeper asks. */
const LEASE_S = 20;
const SETTLED_MS = 20_000;

let server, shopper;
before(async () => { server = await startServer(); shopper = new Shopper(server); });
after(() => server.close());
afterEach(async () => {
    await server.admin('POST', '/sandbox/clock', { system: true });
    await acquirer('well');
    await network('well');
});

async function acquirer(manner, ms) {
    const answer = await server.admin('POST', '/sandbox/acquirer/behaviour', { manner, ...(ms ? { ms } : {}) });
    assert.equal(answer.status, 200, answer.text);
}

async function network(manner) {
    const answer = await server.admin('POST', '/sandbox/network/behaviour', { scheme: 'all', manner });
    assert.equal(answer.status, 200, answer.text);
}

const counts = async () => (await server.admin('GET', '/sandbox/acquirer')).json;
const entryOf = async (id) => (await server.admin('GET', '/sandbox/acquirer/payments')).json.payments
    .find((one) => one.cf_payment_id === id);

/** A function that tells how many payments were charged and reversed since. */
async function moneySince() {
    const from = await counts();
    return async () => {
        const now = await counts();
        return { charged: now.charged - from.charged, reversed: now.reversed - from.reversed };
    };
}

const ONCE = { charged: 1, reversed: 0 }, NEVER = { charged: 0, reversed: 0 };

/** The only payment of this order, once `is` holds of its row and the acquirer's. */
const onlyPayment = (order, is) => until('the payment is settled', async () => {
    const all = await shopper.payments(order);
    assert.ok(all.length < 2, JSON.stringify(all));
    return all.length === 1 && await is(all[0]) && all[0];
}, SETTLED_MS);

const isPaid = (order) => until('the order is PAID', async () => await shopper.status(order) === 'PAID', SETTLED_MS);

/** What the official client got, be it a refusal. */
const told = (promise) => promise.then(({ data }) => data, (error) => {
    if (!error.response)
        throw error;
    return error.response.data;
});

/** Sends a request and does not wait for its answer; the socket stays open. */
function sendOff(path, body) {
    const { hostname, port } = new URL(server.base);
    const text = JSON.stringify(body);
    return new Promise((done, fail) => {
        const socket = net.connect(Number(port), hostname, () => {
            socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\nx-api-version: 2025-01-01\r\n` +
                `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
                () => done(socket));
        });
        socket.on('error', (error) => (['ECONNRESET', 'EPIPE'].includes(error.code) ? null : fail(error)));
    });
}

async function killGateway() {
    const { gateway } = server.children();
    process.kill(gateway, 'SIGKILL');
    await until('another gateway', () => (server.children().gateway ?? gateway) !== gateway, SETTLED_MS);
    server.agent.destroy();
    await until('ready again', async () => {
        const answer = await server.admin('GET', '/readyz').catch(() => null);
        return answer?.status === 200;
    }, SETTLED_MS);
}

describe('an acquirer that does not answer', () => {
    test('an attempt that it heard goes on under its own id, once we know', async () => {
        const money = await moneySince(), order = await shopper.order();
        await acquirer('mute');
        await assertRefused(shopper.pay(order, card()), 502, 'bank_processing_failure');
        await acquirer('well');
        await advance(server, LEASE_S);
        const { cf_payment_id: id } = await onlyPayment(order, async (one) =>
            (await told(shopper.otp(one.cf_payment_id))).authenticate_status === 'SUCCESS');
        await isPaid(order);
        assert.equal((await entryOf(id)).state, 'CHARGED');
        assert.deepEqual(await money(), ONCE);
    });

    test('an attempt that it never heard of fails, and cannot come to life later', async () => {
        const money = await moneySince(), order = await shopper.order();
        await acquirer('deaf');
        await assertRefused(shopper.pay(order, card()), 502, 'bank_processing_failure');
        await assertRefused(shopper.pay(order, card()), 409, 'orderpay_already_exists');
        await acquirer('well');
        await advance(server, LEASE_S);
        const { cf_payment_id: id } = await onlyPayment(order, (one) => one.payment_status === 'FAILED');
        await refused(shopper.otp(id));
        assert.deepEqual(await money(), NEVER);
        const { data } = await shopper.pay(order, card());
        await shopper.otp(data.cf_payment_id);
        await isPaid(order);
        assert.deepEqual(await money(), ONCE);
    });

    test('a charge without an answer pays the order, once', async () => {
        const money = await moneySince(), { order, id } = await shopper.begin(card());
        await acquirer('mute');
        assert.notEqual((await told(shopper.otp(id))).authenticate_status, 'SUCCESS');
        assert.notEqual((await told(shopper.otp(id))).authenticate_status, 'SUCCESS', 'it is busy');
        await acquirer('well');
        await advance(server, LEASE_S);
        await isPaid(order);
        await refused(shopper.otp(id));
        assert.equal((await onlyPayment(order, () => true)).payment_status, 'SUCCESS');
        assert.deepEqual(await money(), ONCE);
    });

    test('an OTP that it never heard of can be given again', async () => {
        const money = await moneySince(), { order, id } = await shopper.begin(card());
        await acquirer('deaf');
        await told(shopper.otp(id));
        await acquirer('well');
        await advance(server, LEASE_S);
        await until('the OTP is taken', async () => (await told(shopper.otp(id))).authenticate_status === 'SUCCESS',
            SETTLED_MS);
        await isPaid(order);
        assert.deepEqual(await money(), ONCE);
    });

    test('an answer that comes too late is no second charge', async () => {
        const money = await moneySince(), { order, id } = await shopper.begin(card());
        await acquirer('slow', 3600);
        await told(shopper.otp(id));
        await acquirer('well');
        await advance(server, LEASE_S);
        await isPaid(order);
        await sleep(1000);
        assert.equal((await onlyPayment(order, () => true)).payment_status, 'SUCCESS');
        assert.deepEqual(await money(), ONCE);
    });
});

describe('an acquirer that behaves otherwise', () => {
    test('slow: it is waited for', async () => {
        const money = await moneySince();
        await acquirer('slow', 400);
        const { order } = await shopper.paid(card());
        await isPaid(order);
        assert.deepEqual(await money(), ONCE);
    });

    test('down at the attempt: it has failed, and nothing was charged', async () => {
        const money = await moneySince(), order = await shopper.order();
        await acquirer('down');
        await assertRefused(shopper.pay(order, card()), 502, 'bank_processing_failure');
        await onlyPayment(order, (one) => one.payment_status === 'FAILED');
        assert.deepEqual(await money(), NEVER);
        await acquirer('well');
        const { data } = await shopper.pay(order, card());
        assert.equal((await shopper.otp(data.cf_payment_id)).data.authenticate_status, 'SUCCESS');
        assert.deepEqual(await money(), ONCE);
    });

    test('down at the OTP: no try is lost, however often', async () => {
        const money = await moneySince(), { order, id } = await shopper.begin(card());
        await acquirer('down');
        for (let i = 0; i < 4; i++)
            assert.notEqual((await told(shopper.otp(id))).authenticate_status, 'SUCCESS');
        await acquirer('well');
        assert.equal((await shopper.otp(id)).data.authenticate_status, 'SUCCESS');
        await isPaid(order);
        assert.deepEqual(await money(), ONCE);
    });

    test('answering twice: once is enough', async () => {
        const money = await moneySince();
        await acquirer('twice');
        const { order, id } = await shopper.paid(card(), { save_instrument: true });
        await isPaid(order);
        assert.equal((await onlyPayment(order, () => true)).cf_payment_id, id);
        assert.deepEqual(await money(), ONCE);
    });
});

describe('a network that does not answer', () => {
    test('the payment stands, and its card is saved later', async () => {
        const other = new Shopper(server), money = await moneySince();
        await network('mute');
        const { order } = await other.paid(card(), { save_instrument: true });
        assert.equal(await other.status(order), 'PAID', 'at once');
        assert.ok((await other.instruments()).every((one) => one.instrument_status !== 'ACTIVE'));
        await sleep(3500);
        await network('well');
        await until('the card is saved', async () => {
            await advance(server, LEASE_S);
            return (await other.instruments()).filter((one) => one.instrument_status === 'ACTIVE').length === 1;
        }, SETTLED_MS);
        assert.deepEqual(await money(), ONCE);
    });

    test('a saved card without a cryptogram pays nothing', async () => {
        const other = new Shopper(server), { instrument } = await other.saved(), money = await moneySince();
        const method = { card: { channel: 'post', instrument_id: instrument.instrument_id } };
        await network('deaf');
        const order = await other.order();
        const answer = await refused(other.pay(order, method));
        assert.equal(answer.status, 502, JSON.stringify(answer.data));
        assert.equal((await other.outcome(order)).payment_status, 'FAILED');
        assert.deepEqual(await money(), NEVER);
        await network('well');
        const { data } = await other.pay(order, method);
        await other.otp(data.cf_payment_id);
        assert.equal(await other.status(order), 'PAID');
        assert.deepEqual(await money(), ONCE);
    });
});

describe('a gateway that is killed', () => {
    for (const ms of [3, 12])
        test(`${ms} ms after an attempt was sent: the order can be paid, once`, async () => {
            const money = await moneySince(), order = await shopper.order();
            await acquirer('slow', 20);
            const socket = await sendOff('/pg/orders/sessions',
                { payment_session_id: order.payment_session_id, payment_method: card() });
            await sleep(ms);
            await killGateway();
            socket.destroy();
            await advance(server, LEASE_S);
            const begun = await until('another attempt', async () => {
                const answer = await told(shopper.pay(order, card()));
                return answer.cf_payment_id && answer;
            }, SETTLED_MS);
            await shopper.otp(begun.cf_payment_id);
            await isPaid(order);
            assert.deepEqual(await money(), ONCE);
        });

    for (const ms of [2, 25])
        test(`${ms} ms after an OTP was sent: paid with it or with the next, once`, async () => {
            const money = await moneySince(), { order, id } = await shopper.begin(card());
            await acquirer('slow', 20);
            const socket = await sendOff(`/pg/orders/pay/authenticate/${id}`, { action: 'SUBMIT_OTP', otp: OTP });
            await sleep(ms);
            await killGateway();
            socket.destroy();
            await advance(server, LEASE_S);
            await until('the order is PAID', async () => {
                await told(shopper.otp(id));
                return await shopper.status(order) === 'PAID';
            }, SETTLED_MS);
            assert.deepEqual(await money(), ONCE);
            assert.equal((await entryOf(id)).state, 'CHARGED');
        });
});

describe('a hasty payer', () => {
    test('one OTP on many connections at once is one charge', async () => {
        for (const manner of [['well'], ['slow', 30], ['twice']]) {
            const money = await moneySince(), { order, id } = await shopper.begin(card());
            await acquirer(...manner);
            const answers = await Promise.all([...Array(8)].map(() => told(shopper.otp(id))));
            await isPaid(order);
            assert.ok(answers.some((one) => one.authenticate_status === 'SUCCESS'), JSON.stringify(answers));
            assert.deepEqual(await money(), ONCE, JSON.stringify(manner));
        }
    });

    test('twenty attempts for one order at once, and all their OTPs: one charge', async () => {
        const money = await moneySince(), order = await shopper.order();
        const begun = (await Promise.all([...Array(AT_ONCE)].map(() => told(shopper.pay(order, card())))));
        const ids = begun.map((one) => one.cf_payment_id).filter(Boolean);
        assert.ok(ids.length >= 1 && ids.length <= OPEN_MAX, JSON.stringify(begun));
        assert.equal(new Set(ids).size, ids.length);
        assert.ok(begun.every((one) => one.cf_payment_id || one.code), JSON.stringify(begun));
        await Promise.all(ids.map((id) => told(shopper.otp(id))));
        await until('the order is PAID', async () => {
            await Promise.all(ids.map((id) => told(shopper.otp(id))));
            return await shopper.status(order) === 'PAID';
        });
        assert.deepEqual(await money(), ONCE);
        assert.equal((await shopper.payments(order)).filter((one) => one.payment_status === 'SUCCESS').length, 1);
        await assertRefused(shopper.pay(order, card()), 400, 'order_already_paid');
    });

    test('the OTP of a second attempt, after the first has paid, is refused', async () => {
        const { order, id } = await shopper.begin(card());
        const second = (await shopper.pay(order, card({ card_number: MASTERCARD }), { save_instrument: true })).data;
        const money = await moneySince();
        await shopper.otp(id);
        await assertRefused(shopper.otp(second.cf_payment_id), 400, 'order_already_paid');
        assert.deepEqual(await money(), ONCE);
        assert.notEqual((await entryOf(second.cf_payment_id)).state, 'CHARGED');
        assert.ok((await shopper.instruments()).every((one) => one.instrument_display !== 'XXXXXXXXXXXX5100'),
            'and saves nothing');
    });

    test('money that comes by UPI after a card has paid goes back', async () => {
        const { order, id: late } = await shopper.begin(upi('link'));
        const { cf_payment_id: id } = (await shopper.pay(order, card())).data, money = await moneySince();
        await shopper.otp(id);
        await isPaid(order);
        const decided = await server.admin('POST', '/sandbox/acquirer/decisions',
            { payment: late, decision: 'success' });
        assert.equal(decided.status, 200, decided.text);
        await until('it is reversed', async () => (await entryOf(late)).state === 'REVERSED', SETTLED_MS);
        assert.deepEqual(await money(), { charged: 2, reversed: 1 });
        const states = new Map((await shopper.payments(order)).map((one) => [one.cf_payment_id, one.payment_status]));
        assert.deepEqual([states.get(id), states.get(late)], ['SUCCESS', 'CANCELLED']);
        assert.equal((await entryOf(id)).state, 'CHARGED');
        const { data: refunds } = await shopper.sdk.PGOrderFetchRefunds(order.order_id);
        assert.deepEqual(refunds.map((one) => [one.cf_payment_id, one.refund_type]), [[late, 'PAYMENT_AUTO_REFUND']]);
    });

    test('a refund asked for many times at once is paid out once', async () => {
        const { order } = await shopper.paid(card(), {}, { order_amount: 100 });
        const refund = (amount, id) => told(shopper.sdk.PGOrderCreateRefund(order.order_id,
            { refund_amount: amount, refund_id: id, refund_note: 'SUCCESS' }));
        const before = (await counts()).refunded, id = freshId('refund');
        await Promise.all([...Array(8)].map(() => refund(40, id)));
        assert.equal((await counts()).refunded, before + 1);
        const more = await Promise.all([...Array(8)].map(() => refund(40, freshId('refund'))));
        assert.equal(more.filter((one) => one.refund_status === 'SUCCESS').length, 1, JSON.stringify(more));
        assert.equal((await counts()).refunded, before + 2, 'no more than was paid');
    });
});
