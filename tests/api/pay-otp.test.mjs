// One-time passwords: wrong, late, sent again, too often, and from one address too often.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer, until } from './harness.mjs';
import { advance, assertRefused, card, OTP, Shopper } from './paying.mjs';

let server, shopper;
before(async () => {
    server = await startServer();
    shopper = new Shopper(server);
});
after(() => server.close());

describe('an OTP', () => {
    test('wrong twice and right then: paid', async () => {
        const { order, id } = await shopper.begin(card());
        for (let i = 0; i < 2; i++) {
            const { data } = await shopper.otp(id, '123456');
            assert.deepEqual([data.authenticate_status, data.payment_message], ['FAILED', 'otp is invalid']);
        }
        assert.equal((await shopper.otp(id)).data.authenticate_status, 'SUCCESS');
        assert.equal(await shopper.status(order), 'PAID');
    });

    test('wrong three times: over, and another attempt may pay', async () => {
        const { order, id } = await shopper.begin(card());
        for (let i = 0; i < 3; i++)
            assert.equal((await shopper.otp(id, '123456')).data.authenticate_status, 'FAILED');
        await assertRefused(shopper.otp(id), 400, 'request_invalid');
        const { data } = await shopper.pay(order, card());
        assert.equal((await shopper.otp(data.cf_payment_id)).data.authenticate_status, 'SUCCESS');
        assert.deepEqual((await shopper.payments(order)).map((p) => p.payment_status), ['SUCCESS', 'FAILED']);
    });

    test('is stood for by a simulated success, and the card is saved where that was asked for', async () => {
        for (const save_instrument of [false, true]) {
            const buyer = new Shopper(server);
            const { order, id } = await buyer.begin(card(), { save_instrument });
            const { status, text } = await server.pg('POST', '/simulate', { entity: 'PAYMENTS', entity_id: id,
                entity_simulation: { payment_status: 'SUCCESS' } });
            assert.equal(status, 200, text);
            assert.equal((await buyer.outcome(order)).payment_status, 'SUCCESS');
            if (save_instrument)
                await until('it is saved', async () => (await buyer.instruments())[0]?.instrument_status === 'ACTIVE');
            else
                assert.deepEqual(await buyer.instruments(), []);
        }
    });

    test('given again after success', async () => {
        const { id } = await shopper.paid(card());
        await assertRefused(shopper.otp(id), 400, 'request_invalid', /Transaction is already processed/);
    });

    test('as a bare number, and what is none', async () => {
        const { id } = await shopper.begin(card());
        for (const otp of ['12', 'abcdef', '1234567890', true])
            await assertRefused(shopper.otp(id, otp), 400, 'otp_invalid');
        await assertRefused(shopper.otp(id, ''), 400, 'otp_missing');
        await assertRefused(shopper.sdk.PGOrderAuthenticatePayment(id, { action: 'GUESS' }), 400, 'action_invalid');
        assert.equal((await shopper.otp(id, Number(OTP))).data.authenticate_status, 'SUCCESS');
    });

    test('sent again: after thirty seconds, and twice', async () => {
        const { id } = await shopper.begin(card());
        await assertRefused(shopper.resend(id), 400, 'request_invalid', /30 seconds/);
        for (let i = 0; i < 2; i++) {
            await advance(server, 31);
            const { data } = await shopper.resend(id);
            assert.deepEqual([data.action, data.authenticate_status], ['RESEND_OTP', 'SUCCESS']);
        }
        await advance(server, 31);
        await assertRefused(shopper.resend(id), 400, 'request_invalid', /Exceeded retry attempts/);
        assert.equal((await shopper.otp(id)).data.authenticate_status, 'SUCCESS');
    });

    test('five minutes later', async () => {
        const { order, id } = await shopper.begin(card());
        await advance(server, 5 * 60 + 1);
        await assertRefused(shopper.otp(id), 400, 'otp_expired_failed');
        assert.equal(await shopper.status(order), 'ACTIVE');
    });
});

test('one address may give so many in a minute, whoever\'s payments they are for', async () => {
    const limited = await startServer({ args: ['--rate-otp', '5', '--rate-pay', '3'] });
    try {
        const buyer = new Shopper(limited);
        const attempts = [await buyer.begin(card()), await buyer.begin(card()), await buyer.begin(card())];
        await assertRefused(buyer.pay(await buyer.order(), card()), 429, 'request_failed',
            /Too many requests from IP/);
        for (let i = 0; i < 5; i++)
            await buyer.otp(attempts[i % 3].id, '123456');
        const { data, headers } = await assertRefused(buyer.otp(attempts[0].id), 429, 'request_failed');
        assert.equal(data.type, 'rate_limit_error');
        assert.equal(headers['x-ratelimit-type'], 'ip');
        assert.equal(headers['x-ratelimit-limit'], '5');
        assert.ok(Number(headers['x-ratelimit-retry']) > 0);
        assert.equal(await buyer.status(attempts[0].order), 'ACTIVE');
    } finally {
        await limited.close();
    }
});
