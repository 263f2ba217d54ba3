// Every field of Create Order with the example values of the API page comes back as it was sent.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshId, startServer } from './harness.mjs';

let server, sdk;
before(async () => { server = await startServer(); sdk = server.sdk({ version: '2025-01-01' }); });
after(() => server.close());

const customer = {
    customer_id: '7112AAA812234',
    customer_email: 'john@cashfree.com',
    customer_phone: '9908734801',
    customer_name: 'John Doe',
    customer_bank_account_number: '1518121112',
    customer_bank_ifsc: 'XITI0000001',
    customer_bank_code: 3333,
    customer_uid: '54deabb4-ba45-4a60-9e6a-9c016fe7ab10',
};

const terminal = {
    terminal_phone_no: '6309291183',
    terminal_id: 'terminal-123',
    terminal_type: 'SPOS',
    added_on: '2023-08-04T13:12:58+05:30',
    cf_terminal_id: '31051123',
    last_updated_on: '2023-09-06T14:07:00+05:30',
    terminal_address: 'Banglore',
    terminal_name: 'test',
    terminal_note: 'POS vertical',
    terminal_status: 'ACTIVE',
};

const address = {
    full_name: 'John Doe', country: 'India', city: 'Bangalore', state: 'Karnataka', pincode: '560034',
    address_1: '123 Main St', address_2: 'Flat 4',
};

const cart = {
    customer_note: 'call before delivery',
    shipping_charge: 10.5,
    cart_name: 'my cart',
    customer_shipping_address: address,
    customer_billing_address: { ...address, city: 'Mysore' },
    cart_items: [{
        item_id: 'item_1', item_name: 'Laptop', item_description: 'light', item_tags: ['new', 'blue'],
        item_details_url: 'https://shop.example/1', item_image_url: 'https://shop.example/1.png',
        item_original_unit_price: 12.15, item_discounted_unit_price: 10.15, item_currency: 'INR', item_quantity: 1,
    }],
};

const inAnHour = () => new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000);
const inIst = (date) => new Date(date.getTime() + 330 * 60_000).toISOString().slice(0, 19) + '+05:30';

function fullOrder() {
    return {
        order_id: freshId('your-order-id'),
        order_amount: 10.15,
        order_currency: 'INR',
        customer_details: customer,
        cart_details: cart,
        terminal,
        order_meta: {
            return_url: 'https://www.cashfree.com/devstudio/thankyou',
            notify_url: 'https://shop.example/notify',
            payment_methods: 'cc,dc',
        },
        order_expiry_time: inIst(inAnHour()),
        order_note: 'Test order',
        order_tags: { name: 'John Doe', city: 'Bangalore', product: 'Laptop', shipping_address: '123 Main St' },
        order_splits: [{ amount: 10, vendor: 'john' }],
        products: {
            one_click_checkout: { enabled: true,
                conditions: [{ action: 'ALLOW', key: 'features', values: ['checkoutCollectAddress'] }] },
            verify_pay: { enabled: false, conditions: [] },
        },
    };
}

test('every documented field is accepted and comes back', async () => {
    const order = fullOrder();
    const { status, data } = await sdk.PGCreateOrder(order);
    assert.equal(status, 200);
    assert.equal(data.order_id, order.order_id);
    assert.equal(data.order_amount, 10.15);
    assert.equal(data.order_currency, 'INR');
    assert.equal(data.order_note, 'Test order');
    assert.deepEqual(data.order_tags, order.order_tags);
    assert.equal(data.order_expiry_time, order.order_expiry_time);
    assert.deepEqual(data.customer_details, customer);
    for (const [name, value] of Object.entries(order.order_meta))
        assert.equal(data.order_meta[name], value, name);
    assert.equal(data.order_splits.length, 1);
    assert.equal(data.order_splits[0].amount, 10);
    assert.equal(data.order_splits[0].vendor ?? data.order_splits[0].vendor_id, 'john');
    assert.equal(data.products.one_click_checkout.enabled, true);
    assert.deepEqual(data.products.one_click_checkout.conditions, order.products.one_click_checkout.conditions);
    assert.equal(data.products.verify_pay.enabled, false);
    assert.equal(typeof data.cart_details, 'object');
    assert.ok(data.cart_details.cart_id);
    assert.equal(data.terminal_data.terminal_type, 'SPOS');
    assert.equal(data.terminal_data.cf_terminal_id, 31051123);
    assert.equal(data.terminal_data.merchant_terminal_id, 'terminal-123');
    assert.equal(data.terminal_data.agent_mobile_number, '6309291183');
    assert.match(data.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30$/);
    assert.ok(Math.abs(Date.parse(data.created_at) - Date.now()) < 60_000);

    assert.deepEqual((await sdk.PGFetchOrder(order.order_id)).data, data);
    const extended = (await sdk.PGFetchOrderExtendedData(order.order_id)).data;
    assert.equal(extended.charges.shipping_charges, 10.5);
    assert.equal(extended.billing_address.city, 'Mysore');
    assert.equal(extended.cart.items[0].item_name, 'Laptop');
    assert.deepEqual(extended.cart.items[0].item_tags, ['new', 'blue']);
});

test('it all survives a restart, sealed parts included', async () => {
    const order = fullOrder();
    const { data } = await sdk.PGCreateOrder(order);
    await server.restart();
    sdk = server.sdk({ version: '2025-01-01' });
    assert.deepEqual((await sdk.PGFetchOrder(order.order_id)).data, data);
});

test('a split names its vendor either way', async () => {
    for (const split of [{ amount: 5, vendor: 'john' }, { amount: 5, vendor_id: 'john' },
        { percentage: 50, vendor_id: 'john' }]) {
        const { data } = await sdk.PGCreateOrder({ ...fullOrder(), order_splits: [split] });
        assert.equal(data.order_splits.length, 1);
        const [kept] = data.order_splits;
        assert.equal(kept.vendor ?? kept.vendor_id, 'john');
        assert.equal(kept.amount ?? null, split.amount ?? null);
        assert.equal(kept.percentage ?? null, split.percentage ?? null);
    }
});

test('absent parts are shown as null or empty, never left to chance', async () => {
    const { data } = await sdk.PGCreateOrder({
        order_id: freshId(), order_amount: 1, order_currency: 'INR',
        customer_details: { customer_id: 'abc', customer_phone: '9908734801' },
    });
    assert.equal(data.order_note, null);
    assert.equal(data.order_tags, null);
    assert.equal(data.cart_details, null);
    assert.equal(data.terminal_data, null);
    assert.deepEqual(data.order_splits, []);
    assert.equal(data.customer_details.customer_name, null);
    assert.equal(data.customer_details.customer_email, null);
    assert.equal(data.customer_details.customer_uid, null);
    assert.equal(data.order_meta.return_url, null);
    assert.equal(data.order_meta.notify_url, null);
    assert.equal(data.order_meta.payment_methods, null);
});

test('text in any script comes back byte for byte', async () => {
    const note = 'तिजोरी “quoted” \\ back / slash \t tab 🔒';
    const order = { ...fullOrder(), order_note: note, order_tags: { 'क्रम': 'एक', quote: '"' } };
    const { data } = await sdk.PGCreateOrder(order);
    assert.equal(data.order_note, note);
    assert.deepEqual(data.order_tags, order.order_tags);
    assert.equal((await sdk.PGFetchOrder(order.order_id)).data.order_note, note);
});

const METHODS = { action: 'ALLOW', values: ['debit_card', 'credit_card', 'upi'] };
const filtersOf = {
    '2025-01-01': { card_bins: { action: 'ALLOW', values: ['411111'] },
        card_schemes: { action: 'ALLOW', values: ['visa'] },
        card_suffix: { action: 'ALLOW', values: ['1111'] }, card_issuing_bank: { action: 'ALLOW', values: ['hdfc'] } },
    '2026-01-01': { card_bins: [411111], card_schemes: ['visa'], card_suffix: [1111],
        card_issuing_bank: ['hdfc'], card_emi_schemes: ['visa'] },
};
for (const [version, filters] of Object.entries(filtersOf))
    test(`payment method filters of ${version} are kept and shown`, async () => {
        const order = fullOrder();
        order.order_meta = { ...order.order_meta, payment_methods_filters: { methods: METHODS, filters } };
        const { status, json, text } = await server.createOrder(order, { version });
        assert.equal(status, 200, text);
        const kept = json.order_meta.payment_methods_filters;
        assert.deepEqual(kept.methods, METHODS);
        for (const [name, value] of Object.entries(filters))
            assert.deepEqual(kept.filters[name], value, name);
    });

test('offer filters and the order of UPI apps are taken from 2026 on', async () => {
    const order = fullOrder();
    order.order_meta.offer_filters = { action: 'ALLOW', values: ['offer_1'] };
    order.order_meta.upi_app_priority = ['gpay', 'phonepe'];
    const { status, json, text } = await server.createOrder(order, { version: '2026-01-01' });
    assert.equal(status, 200, text);
    assert.deepEqual(json.order_meta.offer_filters, order.order_meta.offer_filters);
    assert.deepEqual(json.order_meta.upi_app_priority, order.order_meta.upi_app_priority);
});
