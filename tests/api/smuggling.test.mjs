// Requests that two readers may cut differently: to us directly, and to the proxy of docs/proxy/nginx.conf before us.
// Nothing of them is stored, and nothing is answered that was hidden in them.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import tls from 'node:tls';
import { smallOrder, startServer, temporaryFolder, until } from './harness.mjs';

const CONF = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../docs/proxy/nginx.conf');
const HOST = 'pay.example.com';
const NGINX = ['/usr/sbin/nginx', '/usr/bin/nginx'].find(existsSync);

let server, auth;
before(async () => {
    server = await startServer({ args: ['--host', `api.example.com, ${HOST}`] });
    auth = Object.entries(server.auth()).map(([name, value]) => `${name}: ${value}\r\n`).join('');
});
after(() => server.close());

/** All that is said until the other side closes, or is silent for a while, as a good connection is. */
const talk = (open, bytes) => new Promise((done, failed) => {
    let text = '';
    const socket = open(() => socket.write(bytes, 'latin1'));
    socket.setTimeout(1500, () => socket.destroy());
    socket.on('data', (piece) => { text += piece.toString('latin1'); });
    socket.on('close', () => done(text));
    socket.on('error', (error) => (text || ['ECONNRESET', 'EPIPE'].includes(error.code) ? done(text) : failed(error)));
});
const tell = (bytes, url = server.base) => talk((then) => connect(new URL(url).port, '127.0.0.1', then), bytes);

const count = (text, what) => text.split(what).length - 1;

/* A body that is an order, with another request behind it. */
const hidden = () => {
    const order = smallOrder(), text = JSON.stringify(order);
    return { order, text, n: text.length, chunk: `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n` };
};

/* What differs: lines of the head, and the body behind it. `direct`: we see it, and say 400 ourselves. */
const doubts = [
    ['two lengths', ({ n, text }) => [`Content-Length: ${n}\r\nContent-Length: 0\r\n`, text]],
    ['two lengths in one line', ({ n, text }) => [`Content-Length: ${n}, ${n}\r\n`, text]],
    ['two equal lengths', ({ n, text }) => [`Content-Length: ${n}\r\nContent-Length: ${n}\r\n`, text]],
    ['a length with a sign', ({ n, text }) => [`Content-Length: +${n}\r\n`, text]],
    ['a length with a blank inside', ({ n, text }) => [`Content-Length: ${n} 0\r\n`, text]],
    ['a length in hexadecimal', ({ n, text }) => [`Content-Length: 0x${n.toString(16)}\r\n`, text]],
    ['a length that overflows', ({ text }) => ['Content-Length: 18446744073709551617\r\n', text]],
    ['length and coding', ({ n, chunk }) => [`Content-Length: ${n}\r\nTransfer-Encoding: chunked\r\n`, chunk]],
    ['coding and length', ({ chunk }) => ['Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', chunk]],
    ['identity', ({ chunk }) => ['Transfer-Encoding: identity\r\n', chunk]],
    ['chunked twice', ({ chunk }) => ['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', chunk]],
    ['chunked and identity', ({ chunk }) => ['Transfer-Encoding: chunked, identity\r\n', chunk]],
    ['xchunked', ({ chunk }) => ['Transfer-Encoding: xchunked\r\n', chunk]],
    ['chunked in quotes', ({ chunk }) => ['Transfer-Encoding: "chunked"\r\n', chunk]],
    ['a vertical tab before chunked', ({ chunk }) => ['Transfer-Encoding: \x0bchunked\r\n', chunk]],
    ['a blank before the colon', ({ n, chunk }) => [`Content-Length: ${n}\r\nTransfer-Encoding : chunked\r\n`, chunk]],
    ['a tab before the colon', ({ n, text }) => [`Content-Length\t: ${n}\r\n`, text]],
    ['a folded coding', ({ chunk }) => ['Transfer-Encoding:\r\n chunked\r\n', chunk]],
    ['a folded line', ({ n, text }) => [`X: a\r\n b\r\nContent-Length: ${n}\r\n`, text]],
    ['a carriage return alone', ({ n, text }) =>
        [`X: a\rTransfer-Encoding: chunked\r\nContent-Length: ${n}\r\n`, text]],
    ['a NUL', ({ n, text }) => [`X: a\x00b\r\nContent-Length: ${n}\r\n`, text]],
    ['two hosts', ({ n, text }) => [`Host: evil.example\r\nContent-Length: ${n}\r\n`, text]],
    ['a name with a slash', ({ n, text }) => [`Content/Length: 5\r\nContent-Length: ${n}\r\n`, text]],
];

/* What is wrong with the chunks themselves; the head is good. */
const chunks = [
    ['a size with a sign', ({ n, text }) => `+${n.toString(16)}\r\n${text}\r\n0\r\n\r\n`],
    ['a size with 0x', ({ n, text }) => `0x${n.toString(16)}\r\n${text}\r\n0\r\n\r\n`],
    ['a size that is none', ({ text }) => `zz\r\n${text}\r\n0\r\n\r\n`],
    ['a size that overflows', ({ text }) => `fffffffffffffffff1\r\n${text}\r\n0\r\n\r\n`],
    ['no size', ({ text }) => `\r\n${text}\r\n0\r\n\r\n`],
    ['a chunk longer than its size', ({ n, text }) => `${(n - 3).toString(16)}\r\n${text}\r\n0\r\n\r\n`],
];

const request = (lines, body, host = 'localhost') => 'POST /pg/orders HTTP/1.1\r\n'
    + `Host: ${host}\r\n${auth}Content-Type: application/json\r\n${lines}\r\n${body}`
    + `GET /pg/orders/hidden HTTP/1.1\r\nHost: ${host}\r\n${auth}\r\n`;

async function nothingHappened(answer, order, what) {
    // The HTTP library writes the head of some refusals of its own twice, and closes; what was hidden has no answer.
    const statuses = new Set([...answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map((match) => match[1]));
    assert.equal(statuses.size, 1, `${what}: one answer: ${answer}`);
    assert.match(answer, /^HTTP\/1\.1 (400|413|501) [^]*\r\nconnection: close\r\n/i, what);
    assert.equal((await server.pg('GET', `/orders/${order.order_id}`)).status, 404, what);
}

for (const [what, make] of doubts)
    test(`to us: ${what}`, async () => {
        const one = hidden();
        const answer = await tell(request(...make(one)));
        await nothingHappened(answer, one.order, what);
    });

for (const [what, make] of chunks)
    test(`to us, in chunks: ${what}`, async () => {
        const one = hidden();
        const answer = await tell(request('Transfer-Encoding: chunked\r\n', make(one)));
        assert.ok(count(answer, 'HTTP/1.1 ') <= 1, answer);
        assert.doesNotMatch(answer, /^HTTP\/1\.1 2/);
        assert.equal((await server.pg('GET', `/orders/${one.order.order_id}`)).status, 404);
    });

test('to us: a host that is not ours is misdirected, in each API and on the admin listener', async () => {
    for (const [where, shape, url] of [['/pg/orders/x', /"code":"request_failed"/], ['/cards?customer_id=x', /host/],
        ['/healthz', /"host"/, server.adminUrl]]) {
        const raw = `GET ${where} HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n${auth}\r\n`;
        const answer = await tell(raw, url);
        assert.match(answer, /^HTTP\/1\.1 421 /, where);
        assert.match(answer, shape);
    }
    for (const host of ['localhost', 'LocalHost:80', '127.0.0.1', '[::1]:1', HOST, `${HOST}:443`])
        assert.match(await tell(`GET /pg/orders/nobody HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${auth}\r\n`),
            /^HTTP\/1\.1 404 /, host);
});

test('through the proxy that we ship', { skip: !NGINX && 'there is no nginx here' }, async (t) => {
    const folder = await temporaryFolder();
    const port = await new Promise((done) => {
        const probe = createServer().listen(0, '127.0.0.1', () => {
            const { port } = probe.address();
            probe.close(() => done(port));
        });
    });
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
        '-keyout', path.join(folder, 'key.pem'), '-out', path.join(folder, 'chain.pem'), '-subj', `/CN=${HOST}`],
    { stdio: 'ignore' });
    const conf = readFileSync(CONF, 'utf8')
        .replaceAll('/etc/tijori/', `${folder}/`).replace('/run/nginx.pid', `${folder}/nginx.pid`)
        .replaceAll(/listen 443/g, `listen 127.0.0.1:${port}`)
        .replaceAll('127.0.0.1:8080', new URL(server.base).host)
        .replace('http {', ['http {', ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) =>
            `${name}_temp_path ${folder}/${name};`)].join('\n'));
    writeFileSync(path.join(folder, 'nginx.conf'), conf);
    const global = process.getuid() === 0 ? 'daemon off; user root;' : 'daemon off;';
    const nginx = spawn(NGINX, ['-p', folder, '-c', path.join(folder, 'nginx.conf'), '-e', 'stderr',
        '-g', global], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    nginx.stderr.on('data', (bytes) => { said += bytes; });
    t.after(() => { nginx.kill(); rmSync(folder, { recursive: true, force: true }); });

    const speak = (bytes) => talk((then) => tls.connect(
        { port, host: '127.0.0.1', servername: HOST, rejectUnauthorized: false }, then), bytes);
    const plain = () => `GET /pg/orders/nobody HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n${auth}\r\n`;
    await until('nginx', () => speak(plain()).then((text) => /^HTTP\/1\.1 404 /.test(text), () => false), 10_000)
        .catch((error) => { throw new Error(`${error.message}\n${said}`); });

    await t.test('an ordinary order passes', async () => {
        const { text, n, order } = hidden();
        assert.match(await speak(`POST /pg/orders HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n${auth}`
            + `Content-Type: application/json\r\nContent-Length: ${n}\r\n\r\n${text}`), /^HTTP\/1\.1 200 /);
        assert.equal((await server.pg('GET', `/orders/${order.order_id}`)).status, 200);
    });
    await t.test('a chunked order passes', async () => {
        const { chunk, order } = hidden();
        assert.match(await speak(`POST /pg/orders HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n${auth}`
            + `Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`), /^HTTP\/1\.1 200 /);
        assert.equal((await server.pg('GET', `/orders/${order.order_id}`)).status, 200);
    });
    for (const [what, make] of doubts.filter(([name]) => name !== 'a name with a slash'))
        await t.test(what, async () => {
            const one = hidden();
            await nothingHappened(await speak(request(...make(one), HOST)), one.order, what);
        });
    for (const [what, make] of chunks)
        await t.test(`in chunks: ${what}`, async () => {
            const one = hidden();
            const answer = await speak(request('Transfer-Encoding: chunked\r\n', make(one), HOST));
            assert.doesNotMatch(answer, /^HTTP\/1\.1 2/);
            assert.equal((await server.pg('GET', `/orders/${one.order.order_id}`)).status, 404);
        });
    await t.test('another host is misdirected', async () => {
        assert.match(await speak(plain().replace(HOST, 'rebound.example')), /^HTTP\/1\.1 421 /);
    });
});
