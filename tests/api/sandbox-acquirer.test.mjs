// What runs a sandbox tells the simulated acquirer: how to behave, and what becomes of a payment that waits.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { refused, smallOrder, startServer, until } from './harness.mjs';
import { card, collect, Shopper, upi } from './paying.mjs';

let server, shopper;
before(async () => {
    server = await startServer({ args: ['--acquirer-wait', '400'] });
    shopper = new Shopper(server);
});
after(() => server.close());

const BANK = { netbanking: { channel: 'link', netbanking_bank_code: 3333 } };
const ACCOUNT = { customer_id: 'c_account', customer_phone: '9908734801',
    customer_bank_account_number: '5555666677', customer_bank_ifsc: 'TEST0001234' };

const acquirer = async () => (await server.admin('GET', '/sandbox/acquirer')).json;
const list = async () => (await server.admin('GET', '/sandbox/acquirer/payments')).json.payments;
const behave = (manner, ms) => server.admin('POST', '/sandbox/acquirer/behaviour', { manner, ms });
const decide = (payment, decision, reason) =>
    server.admin('POST', '/sandbox/acquirer/decisions', { payment: String(payment), decision, reason });
const referenceOf = async (id) => (await list()).find((one) => one.cf_payment_id === id)?.reference;

describe('manners', () => {
    afterEach(() => behave('well'));

    test('well, and counted: one payment, one question of each kind', async () => {
        const before = await acquirer();
        const { order, id } = await shopper.paid(card());
        const now = await acquirer();
        assert.deepEqual([now.payments, now.charged, now.asked.pay, now.asked.otp],
            [before.payments, before.charged, before.asked.pay, before.asked.otp].map((n) => n + 1));
        assert.equal(now.asked.refund, before.asked.refund, 'nothing else happened');
        const shown = (await list()).find((one) => one.cf_payment_id === id);
        assert.deepEqual([shown.state, shown.amount_minor, shown.captured_minor, shown.refunded_minor],
            ['CHARGED', 1015, 1015, 0]);
        assert.match(shown.reference, /^[0-9a-f]{32}$/);
        assert.equal(await shopper.status(order), 'PAID');
    });

    test('slow is waited for', async () => {
        assert.deepEqual((await behave('slow', 200)).json, { manner: 'slow', ms: 200 });
        const began = Date.now();
        await shopper.begin(card());
        assert.ok(Date.now() - began >= 200, `${Date.now() - began} ms`);
        assert.equal((await acquirer()).ms, 200);
    });

    test('down: refused at once, and nothing was charged', async () => {
        const before = await acquirer();
        await behave('down');
        const order = await shopper.order();
        const answer = await refused(shopper.pay(order, card()));
        assert.equal(answer.status, 502, JSON.stringify(answer.data));
        assert.equal((await acquirer()).payments, before.payments);
        await behave('well');
        const { data } = await shopper.pay(order, card());
        assert.equal((await shopper.otp(data.cf_payment_id)).data.authenticate_status, 'SUCCESS');
    });

    test('mute: charged without an answer, and found by asking', async () => {
        const before = await acquirer();
        await behave('mute');
        const order = await shopper.order();
        await refused(shopper.pay(order, collect('testsuccess')));
        await behave('well');
        assert.equal((await shopper.outcome(order)).payment_status, 'SUCCESS');
        assert.equal(await shopper.status(order), 'PAID');
        assert.equal((await acquirer()).charged, before.charged + 1);
    });

    test('deaf: it never heard of the payment, which fails', async () => {
        const before = await acquirer();
        await behave('deaf');
        const order = await shopper.order();
        await refused(shopper.pay(order, collect('testsuccess')));
        await behave('well');
        assert.equal((await shopper.outcome(order)).payment_status, 'FAILED');
        assert.equal(await shopper.status(order), 'ACTIVE');
        assert.equal((await acquirer()).charged, before.charged);
    });

    test('twice: the second answer is counted and dropped', async () => {
        const before = await acquirer();
        await behave('twice');
        await shopper.paid(card());
        await until('the second answers', async () => (await acquirer()).late_answers > before.late_answers);
        assert.equal((await acquirer()).charged, before.charged + 1);
    });

    test('what makes no sense is refused by name', async () => {
        for (const [manner, ms, field] of [['rudely', undefined, 'manner'], ['slow', undefined, 'ms'],
            ['slow', 60001, 'ms'], ['mute', 5, 'ms']]) {
            const answer = await behave(manner, ms);
            assert.deepEqual([answer.status, answer.json.field], [400, field], answer.text);
        }
        assert.equal((await acquirer()).manner, 'well');
    });
});

describe('decisions', () => {
    const rows = [
        ['success', undefined, 'SUCCESS'], ['fail', undefined, 'FAILED'],
        ['fail', 'NO_FUNDS', 'FAILED', 'insufficient_funds'],
        ['fail', 'TPV', 'FAILED', 'account_mismatch'], ['drop', undefined, 'USER_DROPPED'],
    ];

    test('each, by the id of the payment and by the reference of the acquirer', async () => {
        for (const [decision, reason, status, why] of rows) {
            for (const name of [(id) => id, referenceOf]) {
                const { order, id } = await shopper.begin(BANK);
                const answer = await decide(await name(id), decision, reason);
                assert.equal(answer.status, 200, answer.text);
                const outcome = await shopper.outcome(order);
                assert.equal(outcome.payment_status, status);
                if (why)
                    assert.equal(outcome.error_details.error_reason, why);
                assert.equal((await decide(id, 'success')).status, 409, 'it is over');
            }
        }
    });

    test('held, and released or rejected', async () => {
        for (const [decision, status] of [['release', 'SUCCESS'], ['reject', 'FAILED']]) {
            const { order, id } = await shopper.begin(BANK);
            assert.equal((await decide(id, decision)).status, 409, 'it is not held');
            assert.equal((await decide(id, 'hold')).status, 200);
            assert.equal((await decide(id, decision)).status, 200);
            assert.equal((await shopper.outcome(order)).payment_status, status);
        }
    });

    test('pending: it goes on waiting', async () => {
        const { order, id } = await shopper.begin(upi('link'));
        assert.equal((await decide(id, 'pending')).status, 200);
        assert.equal((await shopper.payments(order))[0].payment_status, 'PENDING');
        assert.equal((await decide(id, 'success')).status, 200);
        assert.equal((await shopper.outcome(order)).payment_status, 'SUCCESS');
    });

    test('from another account than the only one that may pay', async () => {
        for (const method of [BANK, upi('link'), upi('qrcode')]) {
            const own = await shopper.begin(method, {}, { customer_details: ACCOUNT });
            assert.equal((await decide(own.id, 'other-account')).status, 200);
            const outcome = await shopper.outcome(own.order);
            assert.deepEqual([outcome.payment_status, outcome.error_details.error_reason],
                ['FAILED', 'account_mismatch']);
            const right = await shopper.begin(method, {}, { customer_details: ACCOUNT });
            assert.equal((await decide(right.id, 'success')).status, 200);
            assert.equal((await shopper.outcome(right.order)).payment_status, 'SUCCESS');
            const any = await shopper.begin(method);
            assert.equal((await decide(any.id, 'other-account')).status, 409, 'any account may pay');
        }
    });

    test('the page of the bank offers another account where only one may pay', async () => {
        for (const customer_details of [ACCOUNT, { customer_id: 'c_any', customer_phone: '9908734801' }]) {
            const { order, data } = await shopper.begin(BANK, {}, { customer_details });
            const path = new URL(data.data.url).pathname;
            const page = await server.request({ path });
            const offers = customer_details === ACCOUNT;
            assert.equal(page.text.includes('value="other"'), offers);
            assert.equal(page.text.includes('Success, from the registered account'), offers);
            const said = await server.request({ method: 'POST', path, body: 'decision=other',
                headers: { 'content-type': 'application/x-www-form-urlencoded', origin: server.base } });
            assert.equal(said.status, 303, said.text);
            if (offers)
                assert.equal((await shopper.outcome(order)).error_details.error_reason, 'account_mismatch');
            else
                assert.equal((await shopper.payments(order))[0].payment_status, 'PENDING');
        }
    });

    test('the simulation of the official client says the same', async () => {
        const { order, id } = await shopper.begin(BANK, {}, { customer_details: ACCOUNT });
        const answer = await server.pg('POST', '/simulate', { entity: 'PAYMENTS', entity_id: id,
            entity_simulation: { payment_status: 'FAILED', payment_error_code: 'TPV' } });
        assert.equal(answer.status, 200, answer.text);
        assert.equal((await shopper.outcome(order)).error_details.error_reason, 'account_mismatch');
    });

    test('what makes no sense is refused, and nothing was decided', async () => {
        const { order, id } = await shopper.begin(BANK);
        assert.equal((await decide(id, 'melt')).json.field, 'decision');
        assert.equal((await decide(id, 'fail', 'BAD_WEATHER')).json.field, 'reason');
        assert.equal((await decide('nobody', 'success')).status, 404);
        assert.equal((await decide('9007199254740991', 'success')).status, 404);
        assert.equal((await shopper.payments(order))[0].payment_status, 'PENDING');
    });
});

test('an instant refund is paid out at once, a standard one later', async () => {
    const before = (await acquirer()).refunded;
    const { order } = await shopper.paid(card());
    const refund = async (refund_id, refund_speed) => {
        const answer = await server.pg('POST', `/orders/${order.order_id}/refunds`,
            { refund_amount: 1, refund_id, refund_speed });
        assert.equal(answer.status, 200, answer.text);
        return answer.json;
    };
    const instant = await refund('refund_now', 'INSTANT');
    assert.deepEqual([instant.refund_status, instant.refund_mode], ['SUCCESS', 'INSTANT']);
    assert.deepEqual(instant.refund_speed,
        { requested: 'INSTANT', accepted: 'INSTANT', processed: 'INSTANT', message: null });
    assert.ok(instant.processed_at);
    assert.match(instant.refund_arn, /^\d{23}$/);
    const standard = await refund('refund_later', 'STANDARD');
    assert.deepEqual([standard.refund_status, standard.refund_mode], ['PENDING', null]);
    assert.equal((await acquirer()).refunded, before + 1);
});

test('none of it without the admin token, and none of it on the public listener', async () => {
    for (const path of ['/sandbox/acquirer', '/sandbox/acquirer/payments']) {
        assert.equal((await server.admin('GET', path, undefined, {})).status, 401, path);
        assert.equal((await server.request({ path })).status, 404, path);
    }
    for (const path of ['/sandbox/acquirer/behaviour', '/sandbox/acquirer/decisions'])
        assert.equal((await server.admin('POST', path, { manner: 'down' }, {})).status, 401, path);
    assert.equal((await acquirer()).manner, 'well');
});

test('a sandbox without an acquirer says so', async (t) => {
    const bare = await startServer({ args: ['--acquirer', 'none'] });
    t.after(() => bare.close());
    for (const path of ['/sandbox/acquirer', '/sandbox/acquirer/payments']) {
        const answer = await bare.admin('GET', path);
        assert.deepEqual([answer.status, answer.json.error], [409, 'no_acquirer']);
    }
    assert.equal((await bare.createOrder(smallOrder())).status, 200, 'orders need none');
});
