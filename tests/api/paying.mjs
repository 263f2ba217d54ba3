// A shopper: orders, Order Pay and its one-time passwords, through the official client.

import assert from 'node:assert/strict';
import { freshId, refused, smallOrder, until } from './harness.mjs';

export const OTP = '111000';
export const VISA = '4706131211212123';
export const MASTERCARD = '5105105105105100';

export const card = (changes = {}) => ({ card: { channel: 'post', card_number: VISA, card_holder_name: 'Anna',
    card_expiry_mm: '03', card_expiry_yy: '28', card_cvv: '123', ...changes } });
export const upi = (channel, changes = {}) => ({ upi: { channel, ...changes } });
export const collect = (name) => upi('collect', { upi_id: `${name}@gocash` });

export class Shopper {
    constructor(server, { version, sdk } = {}) {
        this.server = server;
        this.sdk = sdk ?? server.sdk({ version });
        this.customer = freshId('customer');
    }

    async order(changes = {}) {
        const { data } = await this.sdk.PGCreateOrder(smallOrder({
            customer_details: { customer_id: this.customer, customer_phone: '9908734801' }, ...changes,
        }));
        return data;
    }

    pay(order, payment_method, more = {}) {
        return this.sdk.PGPayOrder({ payment_session_id: order.payment_session_id, payment_method, ...more });
    }

    /** A new order, paid with it as far as the answer. */
    async begin(payment_method, more, changes) {
        const order = await this.order(changes);
        const { data } = await this.pay(order, payment_method, more);
        return { order, data, id: data.cf_payment_id };
    }

    otp(id, otp = OTP) { return this.sdk.PGOrderAuthenticatePayment(id, { action: 'SUBMIT_OTP', otp }); }

    resend(id) { return this.sdk.PGOrderAuthenticatePayment(id, { action: 'RESEND_OTP' }); }

    /** Paid to the end. */
    async paid(payment_method, more, changes) {
        const attempt = await this.begin(payment_method, more, changes);
        const { data } = await this.otp(attempt.id);
        assert.equal(data.authenticate_status, 'SUCCESS', JSON.stringify(data));
        return attempt;
    }

    async status(order) { return (await this.sdk.PGFetchOrder(order.order_id)).data.order_status; }

    async payments(order) { return (await this.sdk.PGOrderFetchPayments(order.order_id)).data; }

    async instruments() { return (await this.sdk.PGCustomerFetchInstruments(this.customer, 'card')).data; }

    /** A card saved with consent and a second factor. */
    async saved(payment_method = card()) {
        const attempt = await this.paid(payment_method, { save_instrument: true });
        const [instrument] = await until('the instrument is ACTIVE', async () => {
            const all = await this.instruments();
            return all.length > 0 && all[0].instrument_status === 'ACTIVE' && all;
        });
        return { ...attempt, instrument };
    }

    /** What the last attempt of that order came to, once it is over. */
    outcome(order) {
        return until('the payment is over', async () => {
            const [last] = await this.payments(order);
            return last && last.payment_status !== 'PENDING' && last;
        });
    }
}

/** Moves the sandbox's clock on. */
export async function advance(server, seconds) {
    const { status, text } = await server.admin('POST', '/sandbox/clock', { advance_seconds: seconds });
    assert.equal(status, 200, text);
}

export async function assertRefused(promise, status, code, message) {
    const answer = await refused(promise);
    assert.deepEqual([answer.status, answer.data.code], [status, code], JSON.stringify(answer.data));
    if (message)
        assert.match(answer.data.message, message);
    return answer;
}
