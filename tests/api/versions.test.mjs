// The same order through every API version: which fields and types differ.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { smallOrder, startServer } from './harness.mjs';

const VERSIONS = ['2021-05-21', '2022-01-01', '2022-09-01', '2023-08-01', '2025-01-01', '2026-01-01'];

let server;
before(async () => { server = await startServer(); });
after(() => server.close());

for (const version of VERSIONS)
    test(`${version}: the entity has this version's ids, handles and links`, async () => {
        const order = smallOrder();
        const created = await server.createOrder(order, { version });
        assert.equal(created.status, 200, created.text);
        assert.equal(created.headers['x-api-version'], version);
        const { json } = created;
        assert.equal(json.entity, 'order');
        assert.equal(json.order_amount, 10.15);
        assert.equal(json.customer_details.customer_phone, '9908734801');

        if (version >= '2023-08-01') {
            assert.match(json.cf_order_id, /^[1-9]\d*$/);
            for (const name of ['payments', 'refunds', 'settlements'])
                assert.equal(json[name], undefined, name);
        } else {
            assert.ok(Number.isSafeInteger(json.cf_order_id), `cf_order_id ${json.cf_order_id}`);
            for (const name of ['payments', 'refunds', 'settlements'])
                assert.match(json[name].url, new RegExp(`^https?://.+/orders/${order.order_id}/${name}$`));
        }
        if (version <= '2022-01-01') {
            assert.match(json.order_token, /^[A-Za-z0-9_-]{20}$/);
            assert.match(json.payment_link, /^https?:\/\//);
        } else {
            assert.equal(json.order_token, undefined);
            assert.equal(json.payment_link, undefined);
            assert.match(json.payment_session_id, /^session_[A-Za-z0-9_-]{40,120}$/);
        }
        assert.equal('products' in json, version >= '2025-01-01');

        const fetched = await server.fetchOrder(order.order_id, { version });
        assert.deepEqual(fetched.json, json, 'fetching shows the same entity');
    });

test('one order read through every version is one order', async () => {
    const order = smallOrder();
    await server.createOrder(order);
    const ids = new Set();
    for (const version of VERSIONS)
        ids.add(String((await server.fetchOrder(order.order_id, { version })).json.cf_order_id));
    assert.equal(ids.size, 1);
});

test('without customer_details only the newest version takes an order', async () => {
    for (const version of VERSIONS) {
        const answer = await server.createOrder(smallOrder({ customer_details: undefined }), { version });
        assert.equal(answer.status, version >= '2026-01-01' ? 200 : 400, `${version}: ${answer.text}`);
        if (answer.status === 400)
            assert.equal(answer.json.code, 'customer_details_missing');
    }
});

test('older versions need placeholders in the return URL', async () => {
    const tokenAndId = 'https://shop.example/back?o={order_id}&t={order_token}';
    const idOnly = 'https://shop.example/back?o={order_id}';
    const none = 'https://shop.example/back';
    const expected = [
        ['2021-05-21', [200, 400, 400]], ['2022-01-01', [200, 400, 400]], ['2022-09-01', [200, 200, 400]],
        ['2023-08-01', [200, 200, 200]], ['2026-01-01', [200, 200, 200]],
    ];
    for (const [version, statuses] of expected)
        for (const [i, url] of [tokenAndId, idOnly, none].entries()) {
            const answer = await server.createOrder(smallOrder({ order_meta: { return_url: url } }), { version });
            assert.equal(answer.status, statuses[i], `${version} ${url}: ${answer.text}`);
            if (answer.status === 400)
                assert.equal(answer.json.code, 'return_url_value_invalid');
        }
    const { json } = await server.createOrder(smallOrder({ order_meta: { return_url: none } }),
        { version: '2021-05-21' });
    assert.equal(json.message, 'return_url : return_url must contain {order_id} and {order_token}');
});

test('a request without a version, or with one that never was, is refused', async () => {
    const missing = await server.createOrder(smallOrder(), { headers: { 'x-api-version': undefined } });
    assert.equal(missing.status, 400);
    assert.equal(missing.json.message, 'version is missing in header');
    assert.match(missing.json.code, /^(request_failed|version_missing)$/);
    assert.equal(missing.json.type, 'invalid_request_error');
    for (const version of ['2020-01-01', 'latest', '2025-13-45', '']) {
        const order = smallOrder();
        const unknown = await server.createOrder(order, { version });
        assert.equal(unknown.status, 400, version);
        assert.match(unknown.json.code, version === '' ? /./ : /^version_invalid$/, version);
        assert.equal((await server.fetchOrder(order.order_id)).status, 404);
    }
});

test('terminating and extended data work with the versions that have them', async () => {
    for (const version of VERSIONS.filter((v) => v >= '2023-08-01')) {
        const order = smallOrder();
        await server.createOrder(order, { version });
        const extended = await server.pg('GET', `/orders/${order.order_id}/extended`, undefined, { version });
        assert.equal(extended.status, 200, `${version}: ${extended.text}`);
        const ended = await server.pg('PATCH', `/orders/${order.order_id}`, { order_status: 'TERMINATED' },
            { version });
        assert.equal(ended.json.order_status, 'TERMINATED', version);
    }
});
