// Requests that are wrong in every way we could think of: a clear error in the dialect's shape, nothing stored,
// and the server none the worse.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshId, smallOrder, startServer, until } from './harness.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.close());

const isPgError = (answer, statuses) => {
    assert.ok(statuses.includes(answer.status), `${answer.status} is none of ${statuses}: ${answer.text}`);
    for (const name of ['message', 'code', 'type'])
        assert.ok(typeof answer.json?.[name] === 'string' && answer.json[name], `${name} in ${answer.text}`);
    assert.match(answer.headers['content-type'], /^application\/json/i);
};

const isTokenError = (answer, statuses) => {
    assert.ok(statuses.includes(answer.status), `${answer.status} is none of ${statuses}: ${answer.text}`);
    assert.equal(answer.json?.status, 'ERROR', answer.text);
    assert.equal(answer.json.subCode, String(answer.status));
    assert.ok(answer.json.message);
};

const nothingStored = async (id) => assert.equal((await server.fetchOrder(id)).status, 404, `${id} was stored`);

test('an unknown route says so, under either prefix and outside both', async () => {
    for (const [method, where] of [['GET', '/nothing'], ['POST', '/orders/a/b/c/d'], ['GET', '/'],
        ['GET', '/orders/']]) {
        const answer = await server.pg(method, where, method === 'POST' ? {} : undefined);
        isPgError(answer, [404]);
    }
    const unknown = await server.pg('GET', '/nothing');
    assert.equal(unknown.json.message, 'endpoint or method is not valid, please check api documentation');
    assert.equal(unknown.json.code, 'request_failed');
    assert.equal(unknown.json.type, 'api_connection_error');
    isTokenError(await server.request({ method: 'POST', path: '/api/v2/cftoken/nothing', body: {},
        headers: server.auth() }), [404]);
    assert.equal((await server.request({ path: '/elsewhere' })).status, 404);
    const bearer = { authorization: `Bearer ${server.adminToken}` };
    assert.equal((await server.request({ path: '/admin/merchants', headers: bearer })).status, 404,
        'the public listener has no admin routes');
    assert.equal((await server.request({ path: '/metrics' })).status, 404);
});

test('a known path with the wrong method says so', async () => {
    for (const [method, where] of [['DELETE', '/orders'], ['GET', '/orders'], ['POST', '/orders/abc'],
        ['PUT', '/customers']])
        isPgError(await server.pg(method, where, {}), [404, 405]);
    isTokenError(await server.request({ method: 'GET', path: '/api/v2/cftoken/order', headers: server.auth() }),
        [404, 405]);
    assert.equal((await server.pg('HEAD', '/orders/abc')).text, '');
});

test('a body of another type is refused', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
        const order = smallOrder();
        isPgError(await server.createOrder(order, { headers: { 'content-type': type } }), [400, 415]);
        await nothingStored(order.order_id);
    }
    isTokenError(await server.orderToken({ orderId: freshId(), orderAmount: 1 },
        { headers: { 'content-type': 'text/plain' } }), [400, 415]);
});

test('the type may carry a charset and be written in capitals', async () => {
    for (const type of ['application/json;charset=UTF-8', 'Application/JSON; charset=utf-8'])
        assert.equal((await server.createOrder(smallOrder(), { headers: { 'content-type': type } })).status, 200);
});

const JSON_TROUBLE = [
    ['an empty body', () => ''],
    ['a body cut off in the middle', (text) => text.slice(0, -10)],
    ['a list', (text) => `[${text}]`],
    ['a bare word', () => 'null'],
    ['a trailing comma', (text) => text.replace(/}$/, ',}')],
    ['a comment', (text) => `/* hello */${text}`],
    ['trailing garbage', (text) => `${text}x`],
    ['two objects', (text) => text + text],
    ['a duplicate key', (text) => text.replace('{', '{"order_amount":5,')],
    ['a duplicate key deep inside', (text) => text.replace('"customer_id"', '"customer_id":"other","customer_id"')],
    ['objects nested a thousand deep',
        (text) => text.replace(/}$/, `,"x":${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}}`)],
    ['lists nested ten thousand deep', (text) => text.replace(/}$/, `,"x":${'['.repeat(10000)}${']'.repeat(10000)}}`)],
    ['an escaped NUL in a string', (text) => text.replace(/}$/, ',"order_note":"abc\\u0000def"}')],
    ['an escaped NUL in a key', (text) => text.replace(/}$/, ',"order_\\u0000note":"abc"}')],
    ['a raw NUL', (text) => text.replace(/}$/, ',"order_note":"abc\0def"}')],
    ['a raw control character', (text) => text.replace(/}$/, ',"order_note":"abc\u0001def"}')],
    ['invalid UTF-8', (text) => Buffer.from(text.replace(/}$/, ',"order_note":"abc\xffdef"}'), 'latin1')],
    ['UTF-8 written too long', (text) => Buffer.from(text.replace(/}$/, ',"order_note":"abc\xc0\xafdef"}'), 'latin1')],
    ['half a surrogate pair', (text) => text.replace(/}$/, ',"order_note":"abc\\ud800def"}')],
    ['a number too large for anything', (text) => text.replace('10.15', '1e400')],
    ['a number of a thousand digits', (text) => text.replace('10.15', '1'.repeat(1000))],
    ['NaN', (text) => text.replace('10.15', 'NaN')],
    ['a leading zero', (text) => text.replace('10.15', '010.15')],
    ['a hexadecimal number', (text) => text.replace('10.15', '0x10')],
    ['single quotes', (text) => text.replaceAll('"', "'")],
    ['a byte order mark', (text) => `\ufeff${text}`],
];
for (const [what, spoil] of JSON_TROUBLE)
    test(`refused and not stored: ${what}`, async () => {
        const order = smallOrder();
        isPgError(await server.createOrder(spoil(JSON.stringify(order))), [400]);
        await nothingStored(order.order_id);
        const token = JSON.stringify({ orderId: freshId(), orderAmount: 10.15,
            order_amount: 5, x: { customer_id: 'a' } });
        isTokenError(await server.orderToken(spoil(token)), [400, 413, 422]);
    });

test('too large a body is refused before it is read', async () => {
    const order = smallOrder();
    const head = Object.entries(server.auth()).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const answer = await server.raw(`POST /pg/orders HTTP/1.1\r\nHost: localhost\r\n${head}`
        + `content-type: application/json\r\n`
        + `content-length: 100000000\r\n\r\n${JSON.stringify(order)}`);
    assert.match(answer, /^HTTP\/1\.1 4(00|13) /);
    assert.match(answer, /"message"/);
    await nothingStored(order.order_id);
});

test('a body that turns out too large is refused', async () => {
    const order = smallOrder({ cart_details: { customer_note: 'x'.repeat(2_000_000) } });
    try {
        isPgError(await server.createOrder(order), [400, 413]);
    } catch (error) {
        if (!['ECONNRESET', 'EPIPE'].includes(error.code))
            throw error;                // closing on a sender who does not stop is fine too
    }
    await nothingStored(order.order_id);
});

test('a chunked body is an ordinary body', async () => {
    const order = smallOrder();
    const text = JSON.stringify(order);
    const head = Object.entries(server.auth()).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const chunk = (part) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`;
    const answer = await server.raw(`POST /pg/orders HTTP/1.1\r\nHost: localhost\r\n${head}`
        + `content-type: application/json\r\n`
        + `transfer-encoding: chunked\r\n\r\n${chunk(text.slice(0, 20))}${chunk(text.slice(20))}0\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.equal((await server.fetchOrder(order.order_id)).status, 200);
});

test('a chunked body larger than the limit is refused however it is cut', async () => {
    const order = smallOrder();
    const head = Object.entries(server.auth()).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const filler = `${'x'.repeat(0x8000)}`;
    const answer = await server.raw(`POST /pg/orders HTTP/1.1\r\nHost: localhost\r\n${head}`
        + `content-type: application/json\r\n`
        + `transfer-encoding: chunked\r\n\r\n${`8000\r\n${filler}\r\n`.repeat(64)}0\r\n\r\n`);
    assert.match(answer, /^(HTTP\/1\.1 4(00|13) |$)/);
    await nothingStored(order.order_id);
});

test('a sender who leaves in the middle of the body leaves nothing behind', async () => {
    const order = smallOrder();
    const text = JSON.stringify(order);
    const head = Object.entries(server.auth()).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    await server.raw(`POST /pg/orders HTTP/1.1\r\nHost: localhost\r\n${head}`
        + `content-type: application/json\r\n`
        + `content-length: ${text.length + 50}\r\n\r\n${text}`, { quietMs: 300, end: true });
    await nothingStored(order.order_id);
});

test('bytes that are not HTTP do no harm', async () => {
    for (const bytes of ['\0\0\0\0\r\n\r\n', 'GET\r\n\r\n', 'GET /pg/orders/a HTTP/9.9\r\n\r\n',
        '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
        `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, `GET / HTTP/1.1\r\n${'x: y\r\n'.repeat(20_000)}\r\n`,
        `GET / HTTP/1.1\r\nx: ${'y'.repeat(200_000)}\r\n\r\n`,
        'POST /pg/orders HTTP/1.1\r\nHost: x\r\ncontent-length: -5\r\n\r\n',
        'POST /pg/orders HTTP/1.1\r\nHost: x\r\ncontent-length: 99999999999999999999999\r\n\r\n'])
        assert.doesNotMatch(await server.raw(Buffer.from(bytes, 'latin1'), { quietMs: 500 }),
            /^HTTP\/1\.\d (2|500|503)/, JSON.stringify(bytes.slice(0, 40)));
    assert.equal((await server.createOrder(smallOrder())).status, 200);
});

test('strange order ids in a path are not found and reach nothing else', async () => {
    for (const id of ['%00', 'a%00b', '..%2f..%2fetc', '%2e%2e', '%zz', '%', "'%20or%201=1--",
        '%f0%9f%94%92', 'a'.repeat(3000)]) {
        const answer = await server.pg('GET', `/orders/${id}`);
        assert.ok([400, 404, 414].includes(answer.status), `${id}: ${answer.status} ${answer.text}`);
        assert.ok(answer.json?.message, answer.text);
    }
});

test('a header that would split the answer does not', async () => {
    const head = Object.entries(server.auth()).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const answer = await server.raw(`GET /pg/orders/nobody HTTP/1.1\r\nHost: localhost\r\n${head}`
        + `x-request-id: a\tb\x01\xffc\r\n\r\n`);
    const echoed = /\r\nx-request-id: ([^\r]*)\r\n/i.exec(answer);
    if (echoed)
        assert.match(echoed[1], /^[\x20-\x7e]*$/);
    assert.match(answer, /^HTTP\/1\.1 4/);
});

test('credentials are checked before the body is judged', async () => {
    isPgError(await server.createOrder('{"broken', { clientSecret: 'wrong' }), [401]);
});

test('after all that, the store holds exactly the orders that were acknowledged', async () => {
    const order = smallOrder();
    assert.equal((await server.createOrder(order)).status, 200);
    assert.equal((await server.fetchOrder(order.order_id)).json.order_status, 'ACTIVE');
    assert.match(await server.metrics(), /POST \/pg\/orders/);
    const roles = server.children();
    assert.ok(roles.gateway && roles.keyholder);
    assert.doesNotMatch(server.log(), /restart/i, 'no process fell over');
});

test('a head that leaves the end of a request in doubt is refused in the dialect and followed by nothing', async () => {
    const order = smallOrder();
    const text = JSON.stringify(order);
    const head = Object.entries(server.auth()).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const smuggled = `GET /pg/orders/x HTTP/1.1\r\nHost: localhost\r\n${head}\r\n`;
    for (const lines of [`content-length: ${text.length}\r\ncontent-length: ${text.length}`,
        'transfer-encoding: gzip, chunked', `content-length : ${text.length}`, `content-length:\r\n ${text.length}`,
        'transfer-encoding:\r\n\tchunked', `content-length: ${text.length}\x000`, 'host: elsewhere', 'x\x01: y',
        'x: \x7f', ': y', 'x: y\r\n z']) {
        const answer = await server.raw(`POST /pg/orders HTTP/1.1\r\nHost: localhost\r\n${head}`
            + `content-type: application/json\r\n${lines}\r\n\r\n${text}${smuggled}`);
        assert.match(answer, /^HTTP\/1\.1 400 [^]*\r\nconnection: close\r\n[^]*"code":"request_failed"/i, lines);
        assert.equal(answer.split('HTTP/1.1 ').length, 2, `one answer: ${answer}`);
    }
    await nothingStored(order.order_id);
});

test('a doubtful head is refused in the shape of the order token too, and one that is too large with 431', async () => {
    const doubtful = await server.raw('POST /api/v2/cftoken/order HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
    assert.match(doubtful, /^HTTP\/1\.1 400 [^]*"status":"ERROR","subCode":"400"/);
    for (const [where, shape] of [['/pg/orders/x', /"code":"request_failed"/], ['/api/v2/cftoken/order', /"431"/]]) {
        const large = await server.raw(`GET ${where} HTTP/1.1\r\nHost: a\r\nx: ${'y'.repeat(17_000)}\r\n\r\n`);
        assert.match(large, /^HTTP\/1\.1 431 /);
        assert.match(large, shape);
    }
});

test('what the HTTP library answers itself is in the journal', async () => {
    assert.match(await server.raw('GET /pg/orders/x HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 400 /);
    await until('its line', () => server.journal().some((line) => line.route === 'unmatched' && line.status === 400));
});
