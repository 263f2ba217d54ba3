// Every documented limit of Create Order: what is refused, with which code and message, and what is just inside.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshId, smallOrder, startServer } from './harness.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.close());

const customer = (changes) =>
    ({ customer_details: { customer_id: 'customer_1', customer_phone: '9908734801', ...changes } });
const meta = (changes) => ({ order_meta: changes });
const terminal = (changes) => ({ terminal: { terminal_type: 'SPOS', terminal_phone_no: '6309291183', ...changes } });
const tags = (n) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`tag${i}`, 'x']));
const url = (length) => 'https://shop.example/'.padEnd(length, 'a');
const condition = (changes) => ({ products: { one_click_checkout: { enabled: true,
    conditions: [{ action: 'ALLOW', key: 'features', values: ['a'], ...changes }] } } });

const MISSING = (field) => [`${field}_missing`, `${field} : is missing in the request. Value received: `];
const ALNUM = (field, got) => [`${field}_invalid`,
    `${field} : should be alpha numeric and may contain underscore or hypens. Value received: ${got}`];
const INVALID = (field) => [`${field}_invalid`, new RegExp(`^${field.replaceAll('.', '\\.')} ?: `)];
const AMOUNT = ['order_amount_invalid', 'order_amount : Invalid amount entered '];
const CURRENCY = (got) => ['order_currency_invalid',
    `order_currency : is not valid or not enabled. Value received: ${got}`];
const LATE = ['order_expiry_time_invalid',
    'order_expiry_time : Expiry time should be more than 15 min and less than 30 days'];
const ISO = ['order_expiry_time_invalid',
    'time should be ISO8601 string. Example 2021-07-02T10:20:12+05:30 for IST, 2021-07-02T10:20:12Z for UTC'];
const fromNow = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();

const refusedOrders = [
    ['order_id of 2 characters', { order_id: 'ab' }, INVALID('order_id')],
    ['order_id of 46 characters', { order_id: 'a'.repeat(46) }, INVALID('order_id')],
    ['order_id with a space', { order_id: 'a b c' }, ALNUM('order_id', 'a b c')],
    ['order_id with a dot', { order_id: 'a.b.c' }, ALNUM('order_id', 'a.b.c')],
    ['order_id in another script', { order_id: 'आदेश' }, ['order_id_invalid', /^order_id : /]],
    ['no order_amount', { order_amount: undefined }, [/^order_amount_(missing|invalid)$/, /^order_amount : /]],
    ['order_amount of null', { order_amount: null }, [/^order_amount_(missing|invalid)$/, /^order_amount : /]],
    ['order_amount below 1', { order_amount: 0.99 }, AMOUNT],
    ['order_amount of zero', { order_amount: 0 }, AMOUNT],
    ['order_amount below zero', { order_amount: -10 }, AMOUNT],
    ['order_amount with three decimals', { order_amount: 10.155 }, AMOUNT],
    ['order_amount above a million', { order_amount: 1000000.01 }, AMOUNT],
    ['no order_currency', { order_currency: undefined }, MISSING('order_currency')],
    ['unknown order_currency', { order_currency: 'XYZ' }, CURRENCY('XYZ')],
    ['order_currency in small letters', { order_currency: 'inr' }, CURRENCY('inr')],
    ['no customer_details', { customer_details: undefined }, MISSING('customer_details')],
    ['no customer_id', customer({ customer_id: undefined }), MISSING('customer_details.customer_id')],
    ['customer_id that is an e-mail address', customer({ customer_id: 'a@b.in' }),
        ALNUM('customer_details.customer_id', 'a@b.in')],
    ['customer_id of 2 characters', customer({ customer_id: 'ab' }), INVALID('customer_details.customer_id')],
    ['customer_id of 51 characters', customer({ customer_id: 'a'.repeat(51) }),
        INVALID('customer_details.customer_id')],
    ['no customer_phone', customer({ customer_phone: undefined }), MISSING('customer_details.customer_phone')],
    ['customer_phone of 9 digits', customer({ customer_phone: '990873480' }),
        INVALID('customer_details.customer_phone')],
    ['customer_phone of 11 digits', customer({ customer_phone: '99087348011' }),
        INVALID('customer_details.customer_phone')],
    ['customer_phone with letters', customer({ customer_phone: '99087348ab' }),
        INVALID('customer_details.customer_phone')],
    ['customer_email of 2 characters', customer({ customer_email: 'ab' }), INVALID('customer_details.customer_email')],
    ['customer_email of 101 characters', customer({ customer_email: `${'a'.repeat(95)}@b.com` }),
        INVALID('customer_details.customer_email')],
    ['customer_name of 2 characters', customer({ customer_name: 'ab' }), INVALID('customer_details.customer_name')],
    ['customer_name of 101 characters', customer({ customer_name: 'a'.repeat(101) }),
        INVALID('customer_details.customer_name')],
    ['customer_bank_account_number of 2 characters', customer({ customer_bank_account_number: '12' }),
        INVALID('customer_details.customer_bank_account_number')],
    ['customer_bank_account_number of 21 characters', customer({ customer_bank_account_number: '1'.repeat(21) }),
        INVALID('customer_details.customer_bank_account_number')],
    ['order_note of 2 characters', { order_note: 'ab' }, INVALID('order_note')],
    ['order_note of 201 characters', { order_note: 'a'.repeat(201) }, INVALID('order_note')],
    ['eleven order_tags', { order_tags: tags(11) }, ['order_tags_invalid', /^order_tags ?: /]],
    ['an empty tag', { order_tags: { a: '' } }, [/^order_tags/, /^order_tags/]],
    ['a tag of 256 characters', { order_tags: { a: 'x'.repeat(256) } }, [/^order_tags/, /^order_tags/]],
    ['a tag that is a number', { order_tags: { a: 1 } }, [/^order_tags/, /./]],
    ['return_url of 251 characters', meta({ return_url: url(251) }), INVALID('order_meta.return_url')],
    ['return_url that is no URL', meta({ return_url: 'thank you' }),
        ['order_meta.return_url_invalid', 'order_meta.return_url : invalid url entered. Value received: thank you']],
    ['return_url of another scheme', meta({ return_url: 'javascript:alert(1)' }),
        ['order_meta.return_url_invalid', /^order_meta\.return_url : /]],
    ['notify_url of 251 characters', meta({ notify_url: url(251) }), INVALID('order_meta.notify_url')],
    ['notify_url that is no URL', meta({ notify_url: 'nowhere' }),
        ['order_meta.notify_url_invalid', 'order_meta.notify_url : invalid url entered. Value received: nowhere']],
    ['unknown payment method', meta({ payment_methods: 'cc,shells' }), INVALID('order_meta.payment_methods')],
    ['order_expiry_time in the past', { order_expiry_time: '2021-07-02T10:20:12+05:30' }, LATE],
    ['order_expiry_time in 14 minutes', { order_expiry_time: fromNow(14 * 60) }, LATE],
    ['order_expiry_time in 31 days', { order_expiry_time: fromNow(31 * 86400) }, LATE],
    ['order_expiry_time that is no time', { order_expiry_time: 'tomorrow' }, ISO],
    ['order_expiry_time on 30 February', { order_expiry_time: '2031-02-30T10:20:12Z' }, ISO],
    ['a split with amount and percentage', { order_splits: [{ vendor_id: 'john', amount: 1, percentage: 10 }] },
        [/^order_splits/, /./]],
    ['a split without a vendor', { order_splits: [{ amount: 1 }] }, [/^order_splits/, /./]],
    ['a split with neither amount nor percentage', { order_splits: [{ vendor_id: 'john' }] }, [/^order_splits/, /./]],
    ['splits above the order amount', { order_splits: [{ vendor_id: 'john', amount: 11 }] }, [/./, /split/i]],
    ['a terminal without its type', { terminal: { terminal_phone_no: '6309291183' } },
        MISSING('terminal.terminal_type')],
    ['a terminal with neither phone nor number', { terminal: { terminal_type: 'SPOS' } },
        [/^terminal\./, /^terminal\./]],
    ['terminal_type of 3 characters', terminal({ terminal_type: 'POS' }), INVALID('terminal.terminal_type')],
    ['terminal_type of 11 characters', terminal({ terminal_type: 'STOREFRONTS' }), INVALID('terminal.terminal_type')],
    ['terminal_id of 2 characters', terminal({ terminal_id: 'ab' }), INVALID('terminal.terminal_id')],
    ['terminal_id of 101 characters', terminal({ terminal_id: 'a'.repeat(101) }), INVALID('terminal.terminal_id')],
    ['a product condition key of 51 characters', condition({ key: 'k'.repeat(51) }), [/^products/, /./]],
    ['a product condition with eleven values', condition({ values: Array(11).fill('v') }), [/^products/, /./]],
    ['a product condition of unknown action', condition({ action: 'MAYBE' }), [/^products/, /./]],
    ['order_amount as a string of letters', { order_amount: 'ten' }, [/^order_amount_invalid$|^request_failed$/, /./]],
    ['customer_details as a string', { customer_details: 'me' }, [/^customer_details|^request_failed$/, /./]],
    ['order_meta as a list', { order_meta: [] }, [/^order_meta|^request_failed$/, /./]],
    ['order_note as a number', { order_note: 12345 }, [/^order_note|^request_failed$/, /./]],
];

const matches = (got, want, what) =>
    (want instanceof RegExp ? assert.match(got, want, what) : assert.equal(got, want, what));

for (const [what, changes, [code, message]] of refusedOrders)
    test(`refused: ${what}`, async () => {
        const order = smallOrder(changes);
        const answer = await server.createOrder(order);
        assert.equal(answer.status, 400, answer.text);
        matches(answer.json.code, code, answer.text);
        matches(answer.json.message, message, answer.text);
        assert.equal(answer.json.type, 'invalid_request_error');
        if (/^[A-Za-z0-9_-]{3,45}$/.test(order.order_id))
            assert.equal((await server.fetchOrder(order.order_id)).status, 404, 'nothing was stored');
    });

const acceptedOrders = [
    ['order_id of 3 characters', { order_id: freshId('x').slice(-3) }],
    ['order_id of 45 characters', { order_id: freshId().padEnd(45, '-') }],
    ['order_amount of 1', { order_amount: 1 }],
    ['order_amount of a million', { order_amount: 1000000 }],
    ['order_currency left empty', { order_currency: '' }],
    ['customer_id of 3 characters', customer({ customer_id: 'a-_' })],
    ['customer_id of 50 characters', customer({ customer_id: 'a'.repeat(50) })],
    ['customer_name of 3 characters', customer({ customer_name: 'Jo ' })],
    ['customer_name of 100 characters', customer({ customer_name: 'a'.repeat(100) })],
    ['customer_bank_account_number of 20 characters', customer({ customer_bank_account_number: '1'.repeat(20) })],
    ['order_note of 3 characters', { order_note: 'abc' }],
    ['order_note of 200 characters', { order_note: 'a'.repeat(200) }],
    ['order_note of 200 characters in another script', { order_note: 'त'.repeat(200) }],
    ['ten order_tags', { order_tags: tags(10) }],
    ['a tag of 255 characters', { order_tags: { a: 'x'.repeat(255) } }],
    ['return_url of 250 characters', meta({ return_url: url(250) })],
    ['return_url with a placeholder', meta({ return_url: 'https://shop.example/back?order={order_id}' })],
    ['return_url over plain http, in the sandbox', meta({ return_url: 'http://localhost:3000/back' })],
    ['every payment method',
        meta({ payment_methods: 'cc,dc,ccc,ppc,nb,upi,paypal,app,paylater,cardlessemi,dcemi,ccemi,banktransfer' })],
    ['no payment method named', meta({ payment_methods: '' })],
    ['order_expiry_time in 16 minutes', { order_expiry_time: fromNow(16 * 60) }],
    ['order_expiry_time in 29 days', { order_expiry_time: fromNow(29 * 86400) }],
    ['a terminal by its number only', { terminal: { terminal_type: 'SPOS', cf_terminal_id: '31051123' } }],
    ['fields nobody has heard of', { some_new_field: { a: 1 } }],
    ['optional fields that are null', { order_note: null, order_meta: null, order_tags: null,
        cart_details: null, terminal: null,
        order_expiry_time: null, order_splits: null, products: null }],
];

for (const [what, changes] of acceptedOrders)
    test(`accepted: ${what}`, async () => {
        const order = smallOrder(changes);
        const answer = await server.createOrder(order);
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json.order_currency, 'INR');
        assert.equal((await server.fetchOrder(order.order_id)).status, 200);
    });

test('a phone number from abroad is accepted from 2026 on, with its plus', async () => {
    const order = smallOrder(customer({ customer_phone: '+447700900123' }));
    const answer = await server.createOrder(order, { version: '2026-01-01' });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.customer_details.customer_phone, '+447700900123');
    for (const phone of ['+12', '+44 7700 900123', '+abc', '447700900123', `+${'4'.repeat(40)}`]) {
        const bad = await server.createOrder(smallOrder(customer({ customer_phone: phone })),
            { version: '2026-01-01' });
        assert.equal(bad.status, 400, phone);
        assert.equal(bad.json.code, 'customer_details.customer_phone_invalid', phone);
    }
});

test('the first bad field in the documented order is the answer, and help comes with it from 2025 on', async () => {
    const order = smallOrder({ order_amount: 0, order_currency: 'XYZ' });
    const answer = await server.createOrder(order, { version: '2025-01-01' });
    assert.equal(answer.status, 400);
    assert.match(answer.json.code, /^order_(amount|currency)_invalid$/);
    assert.equal(typeof answer.json.help, 'string');
    const older = await server.createOrder(order, { version: '2022-09-01' });
    assert.equal(older.json.help, undefined);
});

test('a card number in free text is refused, and is neither stored nor repeated', async () => {
    const card = '4111111111111111';
    const places = [
        { order_note: `paid with ${card}` },
        { order_note: 'paid with 4111 1111 1111 1111' },
        { order_note: 'paid with 4111-1111-1111-1111' },
        { order_note: 'paid with 4111\u00a01111\u00a01111\u00a01111' },
        { order_note: 'paid with 2223.0031.2200.3222' },
        { order_id: card },
        { order_meta: { return_url: `https://shop.example/?order={order_id}&card=${card}` } },
        { order_tags: { card } },
        { customer_details: { customer_id: 'abc', customer_phone: '9908734801', customer_name: `John ${card}` } },
        { cart_details: { customer_note: card } },
    ];
    for (const changes of places) {
        const order = smallOrder(changes);
        const answer = await server.createOrder(order);
        assert.equal(answer.status, 400, `${JSON.stringify(changes)}: ${answer.text}`);
        assert.match(answer.json.message, /card/i);
        assert.ok(!/4111.?1111/.test(answer.text), 'the number is not in the answer');
        assert.equal((await server.fetchOrder(order.order_id)).status, 404);
    }
    const harmless = await server.createOrder(smallOrder({ order_note: 'reference 4111111111111112' }));
    assert.equal(harmless.status, 200, 'digits that fail the check sum are no card number');
    assert.ok(!server.log().includes(card));
});
