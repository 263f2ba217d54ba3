// Expiry times in any zone, shown in IST; amounts exact to the currency's minor unit.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { smallOrder, startServer } from './harness.mjs';

let server, trader;
before(async () => {
    server = await startServer();
    trader = await server.addMerchant('INR,USD,JPY,BHD');
});
after(() => server.close());

const DAY = 86_400_000;
const seconds = (ms) => Math.floor(ms / 1000) * 1000;
const IST = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30$/;

/** `ms` as local time of a zone `minutes` east of UTC, without the zone. */
const local = (ms, minutes) => new Date(ms + minutes * 60_000).toISOString().slice(0, 19);

const writings = [
    ['UTC as Z', (ms) => `${local(ms, 0)}Z`],
    ['IST', (ms) => `${local(ms, 330)}+05:30`],
    ['New York in winter', (ms) => `${local(ms, -300)}-05:00`],
    ['Nepal', (ms) => `${local(ms, 345)}+05:45`],
    ['UTC with milliseconds', (ms) => `${local(ms, 0)}.000Z`],
    ['IST with a space for the T', (ms) => `${local(ms, 330)}+05:30`.replace('T', ' ')],
];
for (const [what, write] of writings)
    test(`an expiry written as ${what} is stored exactly and shown in IST`, async () => {
        const when = seconds(Date.now() + DAY);
        const answer = await server.createOrder(smallOrder({ order_expiry_time: write(when) }));
        assert.equal(answer.status, 200, `${write(when)}: ${answer.text}`);
        assert.match(answer.json.order_expiry_time, IST);
        assert.equal(Date.parse(answer.json.order_expiry_time), when);
    });

test('without an expiry an order lives a little less than thirty days', async () => {
    const { json } = await server.createOrder(smallOrder());
    const life = Date.parse(json.order_expiry_time) - Date.parse(json.created_at);
    assert.ok(life > 29 * DAY && life <= 30 * DAY, `${life / DAY} days`);
    assert.match(json.created_at, IST);
});

async function amountOf(order) {
    const created = await server.createOrder(order, trader);
    assert.equal(created.status, 200, created.text);
    const fetched = await server.fetchOrder(order.order_id, trader);
    const text = (answer) => /"order_amount": ?([^,}]+)/.exec(answer.text)[1];
    assert.equal(text(created), text(fetched));
    return text(created);
}

// The left side goes into the body as these very characters.
const exact = [
    ['10.15', 'INR', '10.15'], ['1', 'INR', '1'], ['1.1', 'INR', '1.1'], ['1.10', 'INR', '1.1'],
    ['170.00', 'INR', '170'],
    ['0001', 'INR', null], ['4.35', 'INR', '4.35'], ['999999.99', 'INR', '999999.99'], ['1e2', 'INR', undefined],
    ['0.99', 'INR', null], ['10.155', 'INR', null], ['10.150', 'INR', '10.15'], ['-1', 'INR', null],
    ['100', 'JPY', '100'], ['100.5', 'JPY', null], ['100.0', 'JPY', '100'], ['12.234', 'BHD', '12.234'],
    ['12.2345', 'BHD', null],
    ['9007199254740993', 'INR', null], ['2.30', 'USD', '2.3'],
];
const fate = (shown) =>
    (shown === null ? 'is refused' : shown === undefined ? 'is refused or exact' : `is kept as ${shown}`);
for (const [sent, currency, shown] of exact)
    test(`${sent} ${currency} ${fate(shown)}`, async () => {
        const order = smallOrder({ order_currency: currency, order_amount: '@' });
        const body = JSON.stringify(order).replace('"@"', sent);
        const created = await server.createOrder(body, trader);
        if (shown === undefined) {
            assert.ok([200, 400].includes(created.status), created.text);
            if (created.status === 200)
                assert.equal(created.json.order_amount, Number(sent));
            return;
        }
        if (shown === null) {
            assert.equal(created.status, 400, created.text);
            assert.equal((await server.fetchOrder(order.order_id, trader)).status, 404);
            return;
        }
        assert.equal(created.status, 200, created.text);
        const fetched = await server.fetchOrder(order.order_id, trader);
        for (const answer of [created, fetched])
            assert.equal(/"order_amount": ?([^,}]+)/.exec(answer.text)[1], shown);
    });

test('amounts that doubles get wrong are right', async () => {
    for (const amount of [0.1 + 0.2 + 1, 1.005 * 100].map((n) => n.toFixed(2))
        .concat(['8.41', '19.99', '65.40', '1.01']))
        assert.equal(await amountOf(smallOrder({ order_amount: Number(amount) })), String(Number(amount)));
});

test('a currency is enabled per merchant', async () => {
    const indian = await server.addMerchant('INR');
    const refusal = await server.createOrder(smallOrder({ order_currency: 'USD' }), indian);
    assert.equal(refusal.status, 400);
    assert.equal(refusal.json.code, 'order_currency_invalid');
    assert.equal(refusal.json.message, 'order_currency : is not valid or not enabled. Value received: USD');
    assert.equal((await server.createOrder(smallOrder({ order_currency: 'USD' }), trader)).status, 200);
});
