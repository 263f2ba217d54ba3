// The official Node client, unchanged, against our server: the status of each call is what its own tests expect.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshId, refused, smallOrder, startServer } from './harness.mjs';

let server, sdk;
before(async () => { server = await startServer(); sdk = server.sdk(); });
after(() => server.close());

test('creates an order and fetches it again', async () => {
    const order = smallOrder({ order_note: 'Test order' });
    const { status, data } = await sdk.PGCreateOrder(order);
    assert.equal(status, 200);
    assert.equal(data.order_id, order.order_id);
    assert.equal(data.entity, 'order');
    assert.equal(data.order_status, 'ACTIVE');
    assert.equal(data.order_amount, 10.15);
    assert.match(data.cf_order_id, /^\d+$/);
    assert.match(data.payment_session_id, /^session_[A-Za-z0-9_-]+$/);
    const fetched = await sdk.PGFetchOrder(order.order_id);
    assert.equal(fetched.status, 200);
    assert.deepEqual(fetched.data, data);
});

test('makes an order id when none is given', async () => {
    const { order_id: _, ...order } = smallOrder();
    const { data } = await sdk.PGCreateOrder(order);
    assert.match(data.order_id, /^order_[A-Za-z0-9]+$/);
    assert.ok(data.order_id.length <= 45);
    assert.equal((await sdk.PGFetchOrder(data.order_id)).data.cf_order_id, data.cf_order_id);
});

test('the same order id twice is a conflict', async () => {
    const order = smallOrder();
    await sdk.PGCreateOrder(order);
    const { status, data } = await refused(sdk.PGCreateOrder(order));
    assert.equal(status, 409);
    assert.equal(data.code, 'order_already_exists');
    assert.equal(data.message, 'order with same id is already present');
    assert.equal(data.type, 'invalid_request_error');
});

test('an unknown currency is a bad request', async () => {
    const { status, data } = await refused(sdk.PGCreateOrder(smallOrder({ order_currency: 'XYZ' })));
    assert.equal(status, 400);
    assert.equal(data.code, 'order_currency_invalid');
    assert.equal(data.message, 'order_currency : is not valid or not enabled. Value received: XYZ');
});

test('a missing amount, currency or phone is a bad request', async () => {
    const cases = [
        [smallOrder({ order_amount: undefined }), /^order_amount_/],
        [smallOrder({ order_currency: undefined }), /^order_currency_missing$/],
        [smallOrder({ customer_details: { customer_id: 'abc' } }), /^customer_details\.customer_phone_missing$/],
    ];
    for (const [order, code] of cases) {
        const { status, data } = await refused(sdk.PGCreateOrder(order));
        assert.equal(status, 400);
        assert.match(data.code, code);
        assert.equal((await refused(sdk.PGFetchOrder(order.order_id))).status, 404, 'nothing was stored');
    }
});

test('a wrong client id or secret is not authorised', async () => {
    for (const wrong of [{ clientId: 'TEST123' }, { clientSecret: 'cfsk_ma_test_0000' }]) {
        const { status, data } = await refused(server.sdk(wrong).PGCreateOrder(smallOrder()));
        assert.equal(status, 401);
        assert.deepEqual(data, { message: 'authentication Failed', code: 'request_failed',
            type: 'authentication_error' });
    }
});

test('an unknown order is not found, in every call that names one', async () => {
    const id = freshId('nobody');
    const calls = [
        () => sdk.PGFetchOrder(id),
        () => sdk.PGTerminateOrder(id, { order_status: 'TERMINATED' }),
        () => sdk.PGFetchOrderExtendedData(id),
        () => sdk.PGUpdateOrderExtendedData(id, { order_delivery_status: { status: 'SHIPPED' } }),
        () => sdk.PGOrderFetchPayments(id),
    ];
    for (const call of calls) {
        const { status, data } = await refused(call());
        assert.equal(status, 404);
        assert.equal(data.code, 'order_not_found');
        assert.equal(data.message, 'Order Reference Id does not exist');
        assert.equal(data.type, 'invalid_request_error');
    }
});

test('an order id with a space and a slash reaches us decoded and is simply not found', async () => {
    const { status, data } = await refused(sdk.PGFetchOrder('a b/1'));
    assert.ok([400, 404].includes(status), `status ${status}`);
    assert.match(data.code, /^order_(not_found|id_invalid)$/);
});

test('an order can be terminated once, and stays so', async () => {
    const order = smallOrder();
    await sdk.PGCreateOrder(order);
    const { status, data } = await sdk.PGTerminateOrder(order.order_id, { order_status: 'TERMINATED' });
    assert.equal(status, 200);
    assert.equal(data.order_status, 'TERMINATED');
    assert.equal((await sdk.PGFetchOrder(order.order_id)).data.order_status, 'TERMINATED');
    const again = await refused(sdk.PGTerminateOrder(order.order_id, { order_status: 'TERMINATED' }));
    assert.equal(again.status, 400);
    assert.equal(again.data.code, 'order_inactive');
});

test('only TERMINATED can be asked of an order', async () => {
    const order = smallOrder();
    await sdk.PGCreateOrder(order);
    const { status, data } = await refused(sdk.PGTerminateOrder(order.order_id, { order_status: 'PAID' }));
    assert.equal(status, 400);
    assert.equal(data.code, 'order_status_invalid');
    assert.equal((await sdk.PGFetchOrder(order.order_id)).data.order_status, 'ACTIVE');
});

test('payments of an unpaid order are an empty list', async () => {
    const order = smallOrder();
    await sdk.PGCreateOrder(order);
    const { status, data } = await sdk.PGOrderFetchPayments(order.order_id);
    assert.equal(status, 200);
    assert.deepEqual(data, []);
});

test('extended data shows addresses and the cart, and keeps a delivery status and shipments', async () => {
    const address = { full_name: 'John Doe', country: 'India', city: 'Bangalore', state: 'Karnataka', pincode: '560034',
        address_1: '123 Main St', address_2: '2nd floor' };
    const order = smallOrder({ cart_details: {
        cart_name: 'my cart', shipping_charge: 10, customer_shipping_address: address,
        customer_billing_address: address,
        cart_items: [{ item_id: 'item_1', item_name: 'Laptop', item_original_unit_price: 10.15, item_currency: 'INR',
            item_quantity: 1 }] } });
    const created = await sdk.PGCreateOrder(order);

    const { status, data } = await sdk.PGFetchOrderExtendedData(order.order_id);
    assert.equal(status, 200);
    assert.equal(data.order_id, order.order_id);
    assert.equal(data.cf_order_id, created.data.cf_order_id);
    assert.equal(data.order_amount, 10.15);
    assert.equal(data.order_currency, 'INR');
    assert.equal(data.customer_details.customer_phone, '9908734801');
    assert.equal(data.charges.shipping_charges, 10);
    assert.equal(data.cart.name, 'my cart');
    assert.equal(data.cart.items[0].item_id, 'item_1');
    assert.equal(data.shipping_address.name, 'John Doe');
    assert.equal(data.shipping_address.pin_code, '560034');
    assert.equal(data.billing_address.city, 'Bangalore');

    const update = {
        shipment_details: [{ tracking_company: 'Bluedart', tracking_urls: ['https://track.example/1'],
            tracking_numbers: ['1234'] }],
        order_delivery_status: { status: 'AWAITING_PICKUP', reason: 'packed' },
    };
    const updated = await sdk.PGUpdateOrderExtendedData(order.order_id, update);
    assert.equal(updated.status, 200);
    assert.equal(updated.data.order_id, order.order_id);
    assert.deepEqual(updated.data.shipment_details, update.shipment_details);
    assert.deepEqual(updated.data.order_delivery_status, update.order_delivery_status);

    const only = await sdk.PGUpdateOrderExtendedData(order.order_id, { order_delivery_status: { status: 'SHIPPED' } });
    assert.equal(only.status, 200);
    assert.equal(only.data.order_delivery_status.status, 'SHIPPED');
});

test('an update of extended data needs one of its parts and a known status', async () => {
    const order = smallOrder();
    await sdk.PGCreateOrder(order);
    const bodies = [{}, { order_delivery_status: { status: 'LOST_IN_SPACE' } }, { order_delivery_status: {} },
        { shipment_details: [{ tracking_company: 'x' }] }];
    for (const body of bodies) {
        const { status } = await refused(sdk.PGUpdateOrderExtendedData(order.order_id, body));
        assert.equal(status, 400, JSON.stringify(body));
    }
});

test('a customer is made once per phone number', async () => {
    const customer = { customer_phone: '9908734801', customer_email: 'john@cashfree.com', customer_name: 'John Doe' };
    const first = await sdk.PGCreateCustomer(customer);
    assert.equal(first.status, 200);
    assert.ok(first.data.customer_uid.length > 8);
    assert.equal(first.data.customer_phone, '9908734801');
    assert.equal(first.data.customer_email, 'john@cashfree.com');
    assert.equal(first.data.customer_name, 'John Doe');
    const second = await sdk.PGCreateCustomer({ customer_phone: '9908734801' });
    assert.equal(second.data.customer_uid, first.data.customer_uid);
    const other = await sdk.PGCreateCustomer({ customer_phone: '9908734802' });
    assert.notEqual(other.data.customer_uid, first.data.customer_uid);
});

test('a customer needs a phone number of ten digits', async () => {
    const missing = await refused(sdk.PGCreateCustomer({ customer_email: 'a@b.example' }));
    assert.equal(missing.status, 400);
    assert.equal(missing.data.code, 'customer_phone_missing');
    const short = await refused(sdk.PGCreateCustomer({ customer_phone: '12345' }));
    assert.equal(short.status, 400);
    assert.equal(short.data.code, 'customer_phone_invalid');
});

test('another merchant sees neither the order nor the customer', async () => {
    const order = smallOrder();
    await sdk.PGCreateOrder(order);
    const { data: mine } = await sdk.PGCreateCustomer({ customer_phone: '9908734809' });
    const stranger = server.sdk(await server.addMerchant('INR'));
    assert.equal((await refused(stranger.PGFetchOrder(order.order_id))).status, 404);
    assert.equal((await refused(stranger.PGTerminateOrder(order.order_id, { order_status: 'TERMINATED' }))).status,
        404);
    const { data: theirs } = await stranger.PGCreateOrder({ ...order, order_amount: 99 });
    assert.equal(theirs.order_amount, 99, 'order ids are per merchant');
    assert.equal((await sdk.PGFetchOrder(order.order_id)).data.order_amount, 10.15);
    const { data: other } = await stranger.PGCreateCustomer({ customer_phone: '9908734809' });
    assert.notEqual(other.customer_uid, mine.customer_uid);
});
