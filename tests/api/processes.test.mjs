// Four processes, each replaceable: what happens when one dies, and how it all ends.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { NUMBERS, Paytm, paytmCard } from './cards.mjs';
import { sleep, smallOrder, startServer, temporaryFolder, until } from './harness.mjs';

const restarts = (text, role) => {
    const line = text.split('\n').find((one) => !one.startsWith('#') && /restart/.test(one) && one.includes(role));
    return line ? Number(line.slice(line.lastIndexOf(' ') + 1)) : NaN;
};

const tried = (call) => call().then((answer) => answer.status, () => 0);

/** SIGSTOP reaches one thread after the other. */
async function freeze(pid) {
    process.kill(pid, 'SIGSTOP');
    await until('all its threads to stop', () => readdirSync(`/proc/${pid}/task`).every((thread) => {
        const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
        return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
    }));
}

async function replaced(server, role, old) {
    return until(`a new ${role}`, () => {
        const now = server.children()[role];
        return now && now !== old ? now : null;
    }, 15_000);
}

test('supervisor, keyholder, gateway and courier are four processes of one group, each its own', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const { keyholder, gateway, courier } = server.children();
    assert.ok(keyholder && gateway && courier);
    for (const pid of [keyholder, gateway, courier]) {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        assert.equal(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]), server.pid, 'process group');
    }
});

test('a keyholder that is killed is started again, the log says so, and service goes on', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const order = smallOrder();
    assert.equal((await server.createOrder(order)).status, 200);
    const { keyholder, gateway } = server.children();
    process.kill(keyholder, 'SIGKILL');
    await replaced(server, 'keyholder', keyholder);
    await until('orders again', async () => await tried(() => server.createOrder(smallOrder())) === 200, 15_000);
    assert.equal(server.children().gateway, gateway, 'the gateway is the same');
    const fetched = await server.fetchOrder(order.order_id);
    assert.equal(fetched.status, 200);
    assert.equal(fetched.json.customer_details.customer_phone, '9908734801',
        'sealed parts open with the new keyholder');
    assert.equal((await server.admin('GET', '/readyz')).status, 200);
    await until('a log line about it', () => /keyholder/i.test(server.log())
        && /restart|again|died|ended/i.test(server.log()));
    await until('the metric counts it', async () => restarts(await server.metrics(), 'keyholder') === 1);
});

test('a keyholder that is started again serves the card network too, which keeps its tokens', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const paytm = new Paytm(server);
    const token = await paytm.make();
    const { keyholder } = server.children();
    process.kill(keyholder, 'SIGKILL');
    await replaced(server, 'keyholder', keyholder);
    await until('cards again', async () => (await paytm.tokenizeCard(paytmCard())).result.resultCode === '00', 15_000);
    assert.equal((await paytm.generateTokenData(token)).result.resultCode, '00', 'its numbers are under the same keys');
});

test('a gateway that is killed takes no token with it, neither the vault\'s nor the network\'s', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const paytm = new Paytm(server);
    const token = await paytm.make();
    const { body } = await paytm.generateTokenData(token);
    const { gateway } = server.children();
    process.kill(gateway, 'SIGKILL');
    await replaced(server, 'gateway', gateway);
    await until('the gateway again', async () => await tried(() => server.admin('GET', '/readyz')) === 200, 15_000);
    const after = await paytm.generateTokenData(token);
    assert.equal(after.result.resultCode, '00', after.text);
    assert.equal(after.body.cardToken, body.cardToken, 'the same number');
    assert.notEqual(after.body.tavv, body.tavv, 'and another cryptogram');
});

/** A merchant's receiver of webhooks, at /hook; a request for /slow is answered when somebody lets it. */
async function startReceiver(t) {
    const receiver = { bodies: [], held: [] };
    const http = createServer((request, response) => {
        const parts = [];
        request.on('data', (part) => parts.push(part));
        request.on('end', () => {
            if (request.url === '/slow') {
                receiver.held.push(response);
                return;
            }
            receiver.bodies.push(Buffer.concat(parts).toString());
            response.end('ok');
        });
    });
    await new Promise((done) => http.listen(0, '127.0.0.1', done));
    receiver.url = (where) => `http://127.0.0.1:${http.address().port}${where}`;
    t.after(() => { http.closeAllConnections(); http.close(); });
    return receiver;
}

const merchantOf = async (server) => (await server.admin('GET', '/admin/merchants')).json.merchants[0];

const addEndpoint = async (server, url) => {
    const added = await server.admin('POST', `/admin/merchants/${(await merchantOf(server)).merchant_id}/webhooks`,
        { url, kind: 'paytm' });
    assert.equal(added.status, 200, added.text);
};

test('the courier has no file of the data folder, and one socket to the gateway', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const { courier } = server.children();
    await until('the courier is joined', async () => (await server.admin('GET', '/readyz')).json.courier === 'up');
    const open = readdirSync(`/proc/${courier}/fd`).filter((fd) => Number(fd) > 2)
        .map((fd) => { try { return readlinkSync(`/proc/${courier}/fd/${fd}`); } catch { return ''; } });
    assert.ok(open.every((what) => !what || /^(socket|anon_inode|pipe):/.test(what)), open.join(' '));
    assert.ok(!open.some((what) => what.includes(server.data)));
    const text = await server.metrics();
    assert.match(text, /^tijori_courier_up 1$/m);
});

test('a courier that is killed is started again, the log says so, and deliveries go on', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const receiver = await startReceiver(t);
    await addEndpoint(server, receiver.url('/hook'));
    const paytm = new Paytm(server);
    await paytm.make();
    await until('the first delivery', () => receiver.bodies.length > 0, 15_000);
    const { courier, gateway, keyholder } = server.children();
    process.kill(courier, 'SIGKILL');
    await replaced(server, 'courier', courier);
    const before = receiver.bodies.length;
    await paytm.make(paytmCard(NUMBERS.mastercard));
    await until('another delivery', () => receiver.bodies.length > before, 15_000);
    assert.deepEqual([server.children().gateway, server.children().keyholder], [gateway, keyholder]);
    assert.equal((await server.admin('GET', '/readyz')).json.courier, 'up');
    await until('a log line about it', () => /the courier died and was restarted/.test(server.log()));
    await until('the metric counts it', async () => restarts(await server.metrics(), 'courier') === 1);
});

test('what a courier had on its way when it was killed is sent again by its successor', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const receiver = await startReceiver(t);
    await addEndpoint(server, receiver.url('/slow'));
    await new Paytm(server).make();
    await until('a delivery on its way', () => receiver.held.length === 1, 15_000);
    const { courier } = server.children();
    process.kill(courier, 'SIGKILL');
    await replaced(server, 'courier', courier);
    assert.equal((await server.admin('POST', '/sandbox/clock', { advance_seconds: 3600 })).status, 200);
    await until('it comes again', () => receiver.held.length >= 2, 15_000);
    assert.match(await server.metrics(), /^tijori_courier_requests_total\{outcome="LOST"\} 1$/m);
    for (const response of receiver.held)
        response.end('ok');
});

test('a receiver that hangs does not hold up a stop, and hears it again after the next start', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const receiver = await startReceiver(t);
    await addEndpoint(server, receiver.url('/slow'));
    await new Paytm(server).make();
    await until('a delivery on its way', () => receiver.held.length === 1, 15_000);
    const began = Date.now();
    assert.deepEqual(await server.terminate(), { code: 0, signal: null });
    assert.ok(Date.now() - began < 6000, `it took ${Date.now() - began} ms`);
    await server.start();
    await until('it comes again', () => receiver.held.length >= 2, 15_000);
    for (const response of receiver.held)
        response.end('ok');
});

test('a gateway that is killed finds the same courier again', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const receiver = await startReceiver(t);
    await addEndpoint(server, receiver.url('/hook'));
    const { courier, gateway } = server.children();
    process.kill(gateway, 'SIGKILL');
    await replaced(server, 'gateway', gateway);
    await until('the gateway again', async () => await tried(() => server.admin('GET', '/readyz')) === 200, 15_000);
    await new Paytm(server).make();
    await until('a delivery', () => receiver.bodies.length > 0, 15_000);
    assert.equal(server.children().courier, courier);
});

test('a receiver whose certificate nobody vouches for is sent nothing', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const folder = await temporaryFolder();
    t.after(() => rm(folder, { recursive: true, force: true }));
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name));
    await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
        '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1',
        '-keyout', key, '-out', cert]);
    let requests = 0;
    const https = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
        requests++;
        response.end();
    });
    await new Promise((done) => https.listen(0, '127.0.0.1', done));
    t.after(() => { https.closeAllConnections(); https.close(); });
    await addEndpoint(server, `https://127.0.0.1:${https.address().port}/hook`);
    await new Paytm(server).make();
    await until('the refusal', async () =>
        /^tijori_courier_requests_total\{outcome="TLS"\} [1-9]/m.test(await server.metrics()), 15_000);
    assert.equal(requests, 0);
});

test('with webhooks off there is no courier', async (t) => {
    const server = await startServer({ args: ['--webhooks', 'off'] });
    t.after(() => server.close());
    assert.equal(server.children().courier, undefined);
    assert.equal((await server.admin('GET', '/readyz')).json.courier, 'none');
    assert.equal((await server.createOrder(smallOrder())).status, 200);
});

test('a request that meets a dead keyholder gets a clear error, never a wrong answer', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const made = [];
    let stop = false;
    const client = (async () => {
        while (!stop) {
            const order = smallOrder();
            const answer = await server.createOrder(order).catch(() => null);
            made.push([order.order_id, answer?.status ?? 0, answer?.text]);
        }
    })();
    for (let i = 0; i < 3; i++) {
        await sleep(200);
        const { keyholder } = server.children();
        if (keyholder)
            process.kill(keyholder, 'SIGKILL');
        await replaced(server, 'keyholder', keyholder);
    }
    await until('orders again', async () => await tried(() => server.createOrder(smallOrder())) === 200, 15_000);
    stop = true;
    await client;
    for (const [id, status, text] of made) {
        assert.ok(status === 200 || status >= 500, `${id}: ${status} ${text}`);
        const fetched = await server.fetchOrder(id);
        assert.equal(fetched.status, status === 200 ? 200 : fetched.status, id);
    }
    assert.ok(made.some(([, status]) => status === 200));
});

const timed = async (call) => {
    const began = Date.now();
    const { status, json } = await call();
    return { status, json, ms: Date.now() - began };
};

test('a keyholder that hangs is noticed, holds nobody twice, and is asked again when it goes on', async (t) => {
    const server = await startServer();
    const { keyholder } = server.children();
    t.after(async () => {
        try { process.kill(keyholder, 'SIGCONT'); } catch { /* it is gone */ }
        await server.close();
    });
    assert.equal((await server.createOrder(smallOrder())).status, 200);
    await freeze(keyholder);

    const ready = await timed(() => server.admin('GET', '/readyz'));
    assert.deepEqual([ready.status, ready.json], [503, { ready: false, why: 'the keyholder does not answer' }]);
    assert.ok(ready.ms < 1500, `readyz took ${ready.ms} ms`);
    const first = await timed(() => server.createOrder(smallOrder()));
    assert.ok(first.status >= 500 && first.ms < 4000, `the first: ${first.status} after ${first.ms} ms`);
    for (let i = 0; i < 10; i++) {
        const next = await timed(() => server.createOrder(smallOrder()));
        assert.ok(next.status >= 500 && next.ms < 1000, `a later one: ${next.status} after ${next.ms} ms`);
    }
    const other = await timed(() => server.pg('GET', '/nowhere'));
    assert.ok(other.status === 404 && other.ms < 1000, `without the keyholder: ${other.status} after ${other.ms} ms`);
    assert.equal((await timed(() => server.admin('GET', '/healthz'))).status, 200);

    process.kill(keyholder, 'SIGCONT');
    await until('orders again', async () => await tried(() => server.createOrder(smallOrder())) === 200);
    assert.equal((await server.admin('GET', '/readyz')).status, 200);
    const said = (what) => server.journal().filter((line) => line.what?.startsWith(what)).length;
    await until('the journal', () => said('the keyholder is asked again'));
    assert.equal(said('the keyholder does not answer'), said('the keyholder is asked again'));
    assert.equal(server.children().keyholder, keyholder);
});

test('a keyholder that hangs does not hold up a stop for long, and the status tells of it', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const order = smallOrder();
    assert.equal((await server.createOrder(order)).status, 200);
    const { keyholder } = server.children();
    await freeze(keyholder);
    const began = Date.now();
    assert.deepEqual(await server.terminate(), { code: 1, signal: null });
    assert.ok(Date.now() - began < 15_000, `it took ${Date.now() - began} ms`);
    assert.throws(() => process.kill(keyholder, 0), { code: 'ESRCH' });
    await server.start();
    assert.equal((await server.fetchOrder(order.order_id)).status, 200);
});

test('a gateway that is killed is started again on the same ports with everything acknowledged', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const order = smallOrder();
    assert.equal((await server.createOrder(order)).status, 200);
    const { keyholder, gateway } = server.children();
    process.kill(gateway, 'SIGKILL');
    await replaced(server, 'gateway', gateway);
    await until('orders again', async () => await tried(() => server.createOrder(smallOrder())) === 200, 15_000);
    const fetched = await server.fetchOrder(order.order_id);
    assert.equal(fetched.status, 200);
    assert.equal(fetched.json.customer_details.customer_phone, '9908734801');
    assert.equal(server.children().keyholder, keyholder, 'the keyholder is the same');
    await until('a log line about it', () => /gateway/i.test(server.log())
        && /restart|again|died|ended/i.test(server.log()));
    await until('the metric counts it', async () => restarts(await server.metrics(), 'gateway') === 1);
});

test('SIGTERM finishes what is in flight, exits 0 and leaves no process', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const orders = Array.from({ length: 200 }, () => smallOrder());
    const sent = orders.map((order) => server.createOrder(order).then((answer) => [order.order_id, answer.status],
        () => [order.order_id, 0]));
    await Promise.race(sent);           // one is answered, many are on their way
    const { keyholder, gateway, courier } = server.children();
    const how = await server.terminate();
    assert.deepEqual(how, { code: 0, signal: null });
    const results = await Promise.all(sent);
    for (const pid of [keyholder, gateway, courier])
        assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    assert.ok(results.some(([, status]) => status === 200));
    for (const [id, status] of results)
        assert.ok([200, 503, 0].includes(status), `${id}: ${status}`);
    await server.start();
    for (const [id, status] of results)
        if (status === 200)
            assert.equal((await server.fetchOrder(id)).status, 200, `${id} was acknowledged`);
});

test('a body still on its way at SIGTERM gets a true answer, and one that comes after is not served', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const order = smallOrder();
    const late = smallOrder();
    const text = JSON.stringify(order);
    const head = Object.entries(server.auth()).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const { hostname, port } = new URL(server.base);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (part) => { answer += part; });
    socket.on('error', () => {});
    await new Promise((done) => socket.write(`POST /pg/orders HTTP/1.1\r\nHost: localhost\r\n${head}`
        + `content-type: application/json\r\n`
        + `content-length: ${text.length}\r\n\r\n${text.slice(0, 20)}`, done));
    await sleep(200);
    const ended = server.terminate();
    await sleep(200);
    const refusal = server.createOrder(late, { agent: null }).then(({ status }) => status, () => 0);
    await sleep(100);
    socket.write(text.slice(20));
    assert.deepEqual(await ended, { code: 0, signal: null });
    const [, status] = /^HTTP\/1\.1 (200|503) [\s\S]*\r\n\r\n\{.*\}\n?$/.exec(answer) ?? assert.fail(answer);
    assert.ok([0, 503].includes(await refusal));
    socket.destroy();
    await server.start();
    assert.equal((await server.fetchOrder(order.order_id)).status, status === '200' ? 200 : 404);
    assert.equal((await server.fetchOrder(late.order_id)).status, 404);
});

test('half-sent requests on either listener do not hold up a stop, and new connections are refused', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const half = 'POST /pg/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const sockets = [];
    for (const url of [server.base, server.adminUrl])
        for (const text of [half, `${half}Content-Length: 100\r\n\r\n{`]) {
            const { hostname, port } = new URL(url);
            const socket = connect(Number(port), hostname);
            socket.on('error', () => {});
            await new Promise((done) => socket.write(text, done));
            sockets.push(socket);
        }
    await sleep(200);
    const began = Date.now();
    const ended = server.terminate();
    await until('a refusal', () => new Promise((done) => {
        const { hostname, port } = new URL(server.base);
        const socket = connect(Number(port), hostname, () => { socket.destroy(); done(false); });
        socket.on('error', (error) => done(error.code === 'ECONNREFUSED'));
    }), 1500);
    assert.deepEqual(await ended, { code: 0, signal: null });
    assert.ok(Date.now() - began < 4000, `${Date.now() - began} ms`);
    for (const socket of sockets)
        socket.destroy();
});

/** Seconds of processor time a process has used. */
const cpuOf = (pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
};

test('more connections than files may be open leave it serving those it has, and the admin', async (t) => {
    const server = await startServer({ shell: 'ulimit -n 200', args: ['--threads', '1', '--workers', '1'] });
    t.after(() => server.close());
    const { gateway } = server.children();
    assert.equal((await server.createOrder(smallOrder())).status, 200, 'one connection is there before');
    const { hostname, port } = new URL(server.base);
    const idle = Array.from({ length: 220 }, () => connect(Number(port), hostname).on('error', () => {}));
    t.after(() => idle.forEach((socket) => socket.destroy()));
    await sleep(500);

    const began = cpuOf(gateway);
    await sleep(1000);
    assert.ok(cpuOf(gateway) - began < 0.5, `it spins: ${cpuOf(gateway) - began} s of 1`);
    for (let i = 0; i < 10; i++) {
        assert.equal((await server.createOrder(smallOrder())).status, 200);
        assert.equal((await server.admin('GET', '/readyz', undefined, { connection: 'close' })).status, 200);
    }
    assert.equal(server.children().gateway, gateway);

    idle.forEach((socket) => socket.destroy());
    assert.equal((await server.request({ path: '/pg/orders/x', agent: null })).status, 400, 'a new connection');
});

test('with room for hardly any connection nothing starts, and the least limit is named', async (t) => {
    const data = await temporaryFolder();
    t.after(() => rm(data, { recursive: true, force: true }));
    await assert.rejects(startServer({ data, shell: 'ulimit -n 100' }),
        /too few files may be open to serve anybody; the least that will do is: ulimit -n \d+/);
});

test('SIGINT ends it as well', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    server.child.kill('SIGINT');
    assert.deepEqual(await server.exited, { code: 0, signal: null });
});

test('a supervisor that is killed takes its children with it', async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const { keyholder, gateway, courier } = server.children();
    process.kill(server.pid, 'SIGKILL');
    await server.exited;
    const gone = (pid) => {
        try {
            const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
            return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
        } catch {
            return true;
        }
    };
    await until('the children gone', () => gone(keyholder) && gone(gateway) && gone(courier));
    await server.start();
    assert.equal((await server.createOrder(smallOrder())).status, 200, 'the folder can be opened again');
});
