// Custodians: a server whose key they keep starts sealed, is unsealed share by share, and is sealed again when its
// keyholder is started anew.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync, openSync, readSync, closeSync } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Juspay } from './cards.mjs';
import { BINARY, sleep, smallOrder, startServer, temporaryFolder, until } from './harness.mjs';
import { advance, card, Shopper } from './paying.mjs';

const SEALED = 'sealed: the keyholder waits for its custodians (tijori unseal)';

const tijori = (words, input = '', env = process.env) =>
    spawnSync(BINARY, words, { encoding: 'utf8', input, env, timeout: 60_000 });
const sharesOf = (said) => said.match(/tijori-share-1-[0-9A-Z-]+/g) ?? [];

/** Make a keyring for custodians; gives their shares. */
function init(data, shares = 5, threshold = 3) {
    const made = tijori(['key', 'init', '--data', data, '--shares', String(shares), '--threshold', String(threshold)]);
    assert.equal(made.status, 0, made.stdout + made.stderr);
    const all = sharesOf(made.stdout);
    assert.equal(all.length, shares, made.stdout);
    assert.equal(new Set(all).size, shares);
    assert.equal(made.stderr, '');
    return all;
}

const give = (data, share) => tijori(['unseal', '--data', data], `${share}\n`);

function giveAll(data, shares) {
    for (const share of shares.slice(0, -1))
        assert.match(give(data, share).stdout, /was taken; \d more (is|are) needed/);
    assert.match(give(data, shares.at(-1)).stdout, /the server is unsealed/);
}

const readiness = async (server) => (await server.request({ path: '/readyz', url: server.adminUrl, agent: false }));

async function untilReady(server) {
    await until('readiness', async () => (await readiness(server).catch(() => ({}))).status === 200, 30_000);
    await server.readCredentials();
}

const untilSealed = (server) => until('a sealed server',
    async () => (await readiness(server).catch(() => ({}))).json?.why === SEALED, 30_000);

async function killKeyholder(server) {
    const { keyholder } = server.children();
    process.kill(keyholder, 'SIGKILL');
    await until('a new keyholder', () => {
        const now = server.children().keyholder;
        return now && now !== keyholder;
    }, 15_000);
    await untilSealed(server);
}

const mistype = (share) => share.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));

/** Every API refuses everything, in its own words. */
async function assertAllRefused(server) {
    const post = (where, body, headers) => server.request({ method: 'POST', path: where, body, headers, agent: false });
    const get = (where, url) => server.request({ path: where, url, agent: false });

    const order = await post('/pg/orders', smallOrder(), { 'x-api-version': '2025-01-01' });
    assert.equal(order.status, 503);
    assert.deepEqual([order.json.code, order.json.type], ['request_failed', 'api_error']);
    assert.match(order.json.message, /sealed/);
    const token = await post('/api/v2/cftoken/order', { orderId: 'a', orderAmount: 1, orderCurrency: 'INR' });
    assert.deepEqual([token.status, token.json.status, token.json.subCode], [503, 'ERROR', '503']);
    const juspay = await post('/generateToken', {});
    assert.deepEqual([juspay.status, juspay.json.status, juspay.json.error_code], [503, 'FAILURE', 'SERVER_ERROR']);
    const paytm = await post('/coft-center/coft/merchant/MID/token/generateTokenData', {});
    assert.deepEqual([paytm.status, paytm.json.body.resultInfo.resultStatus, paytm.json.body.resultInfo.resultCode],
        [503, 'FAILED', '502']);
    assert.equal(paytm.json.head.version, 'v1');
    const page = await get('/demo');
    assert.equal(page.status, 503);
    assert.match(page.headers['content-type'], /text\/html/);
    assert.match(page.text, /Not open yet/);
    assert.equal((await get('/nothing/of/ours')).status, 503);
    for (const where of ['/admin/merchants', '/sandbox/clock', '/nothing']) {
        const admin = await get(where, server.adminUrl);
        assert.deepEqual([admin.status, admin.json.error], [503, 'sealed'], where);
    }
    const merchants = tijori(['merchant', 'list', '--admin-url', server.adminUrl, '--admin-token-file', '/dev/null',
        '--data', server.data]);
    assert.notEqual(merchants.status, 0);

    const health = await get('/healthz', server.adminUrl);
    assert.deepEqual([health.status, health.text], [200, `${SEALED}\n`]);
    const ready = await readiness(server);
    assert.deepEqual([ready.status, ready.json], [503, { ready: false, why: SEALED }]);
    assert.match((await get('/metrics', server.adminUrl)).text, /^tijori_sealed 1$/m);
}

let server, shares, foreign, elsewhere;

before(async () => {
    const data = await temporaryFolder();
    elsewhere = await temporaryFolder();
    shares = init(data);
    foreign = init(elsewhere);
    server = await startServer({ data, sealed: true });
});
after(async () => {
    await server.close();
    await rm(elsewhere, { recursive: true, force: true });
});

test('a new folder gets a keyring and no key file, once', () => {
    assert.deepEqual(readdirSync(path.join(elsewhere, 'keys')), ['keyring']);
    assert.equal(statSync(path.join(elsewhere, 'keys/keyring')).mode & 0o777, 0o600);
    const again = tijori(['key', 'init', '--data', elsewhere, '--shares', '3', '--threshold', '2']);
    assert.equal(again.status, 1);
    assert.match(again.stderr, /there is a keyring already/);
    assert.deepEqual(sharesOf(again.stdout), []);
    const running = tijori(['key', 'init', '--data', server.data, '--shares', '3', '--threshold', '2']);
    assert.equal(running.status, 1);
    assert.match(running.stderr, /a server is running/);
});

test('until it is unsealed every API refuses everything in its own words, and health says why', async () => {
    await assertAllRefused(server);
    const said = tijori(['unseal', '--data', server.data, '--status']);
    assert.equal(said.status, 0);
    assert.match(said.stdout, /^sealed: 0 of 3 shares given, 5 there are \(set [0-9a-f]{16}\)$/m);
    assert.equal(statSync(path.join(server.data, 'keys/unseal.sock')).mode & 0o777, 0o600);
});

test('wrong, mistyped, strange and doubled shares are told apart, and none of them counts', () => {
    const first = give(server.data, shares[0]);
    assert.deepEqual([first.status, first.stdout], [0, 'share 1 was taken; 2 more are needed\n']);
    for (const [share, words] of [
        [mistype(shares[1]), /mistyped or missing/],
        [shares[1].slice(0, -7), /mistyped or missing/],
        ['', /mistyped or missing/],
        ['x'.repeat(5000), /mistyped or missing/],
        [foreign[1], /belongs to another keyring/],
        [shares[0], /was given already/],
    ]) {
        const said = give(server.data, share);
        assert.equal(said.status, 1, said.stdout + said.stderr);
        assert.match(said.stderr, words);
    }
    assert.match(tijori(['unseal', '--data', server.data, '--status']).stdout, /^sealed: 1 of 3/);
    assert.equal(tijori(['unseal', '--data', server.data], '').status, 1);
    assert.equal(tijori(['unseal', '--data', server.data, shares[1]]).status, 2, 'never on the command line');
});

test('a stranger at the socket is hung up on, and holds nobody up for long', async () => {
    const socket = path.join(server.data, 'keys/unseal.sock');
    const stream = net.connect(socket);          // a stream, which the socket is not
    const error = await new Promise((done) => { stream.on('error', done); stream.on('connect', () => done(null)); });
    assert.ok(error);
    stream.destroy();
    assert.match(tijori(['unseal', '--data', server.data, '--status']).stdout, /^sealed: 1 of 3/);
});

test('enough shares unseal it, in any order and however they are typed, and everything works', async () => {
    const loose = shares[4].toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o');
    assert.match(give(server.data, loose).stdout, /share 5 was taken; 1 more is needed/);
    assert.match(give(server.data, shares[2]).stdout, /share 3 was taken; the server is unsealed/);
    await untilReady(server);
    const order = smallOrder();
    assert.equal((await server.createOrder(order)).status, 200);
    assert.equal((await server.fetchOrder(order.order_id)).json.customer_details.customer_phone, '9908734801');
    assert.equal((await server.orderToken({ orderId: 'token-1', orderAmount: 1, orderCurrency: 'INR' })).status, 200);
    await new Juspay(server).make();
    assert.equal((await server.admin('GET', '/admin/merchants')).status, 200);
    assert.equal((await server.request({ path: '/healthz', url: server.adminUrl })).text, 'ok\n');
    assert.match(await server.metrics(), /^tijori_sealed 0$/m);
    assert.match(tijori(['unseal', '--data', server.data, '--status']).stdout, /^open: 3 of its 5/);
    const late = give(server.data, shares[1]);
    assert.equal(late.status, 0);
    assert.match(late.stdout, /^open/);
});

test('when its keyholder is killed it is sealed again, and goes on after the shares without a new gateway', async () => {
    const order = smallOrder();
    assert.equal((await server.createOrder(order)).status, 200);
    const { gateway } = server.children();
    await killKeyholder(server);
    await assertAllRefused(server);
    giveAll(server.data, [shares[3], shares[1], shares[0]]);
    await untilReady(server);
    assert.equal(server.children().gateway, gateway);
    const fetched = await server.fetchOrder(order.order_id);
    assert.equal(fetched.json.customer_details.customer_phone, '9908734801', 'what was sealed before opens');
    assert.equal((await server.createOrder(smallOrder())).status, 200);
    const said = server.journal().filter((line) => line.process === 'gateway').map((line) => line.what);
    assert.ok(said.some((what) => /the keyholder is sealed/.test(what)));
    assert.ok(said.some((what) => /the keyholder is unsealed/.test(what)));
    const rows = () => tijori(['audit', 'export', '--data', server.data]).stdout.match(/keyring [0-9a-f]{16} unsealed by 3 shares/g);
    await until('a row for each time it was unsealed', () => rows()?.length === 2);
});

test('a gateway that is killed while all is sealed waits again, and serves once it is not', async () => {
    await killKeyholder(server);
    const { gateway } = server.children();
    process.kill(gateway, 'SIGKILL');
    await until('a new gateway', () => {
        const now = server.children().gateway;
        return now && now !== gateway;
    });
    await untilSealed(server);
    await assertAllRefused(server);
    giveAll(server.data, shares.slice(0, 3));
    await untilReady(server);
    assert.equal((await server.createOrder(smallOrder())).status, 200);
});

test('keys are rotated while custodians keep the key of the keys, and their shares open the ring as before', async () => {
    const order = smallOrder();
    assert.equal((await server.createOrder(order)).status, 200);
    const rotated = tijori(['key', 'rotate', '--purpose', 'data', '--data', server.data]);
    assert.equal(rotated.status, 0, rotated.stdout + rotated.stderr);
    const later = smallOrder();
    assert.equal((await server.createOrder(later)).status, 200);
    await killKeyholder(server);
    giveAll(server.data, shares.slice(2));
    await untilReady(server);
    for (const { order_id: id } of [order, later])
        assert.equal((await server.fetchOrder(id)).json.customer_details.customer_phone, '9908734801');
});

test('a payment that was with the bank when all was sealed is settled afterwards, once', async () => {
    const shopper = new Shopper(server);
    const charged = async () => (await server.admin('GET', '/sandbox/acquirer')).json.charged;
    const acquirer = async (behaviour) =>
        assert.equal((await server.admin('POST', '/sandbox/acquirer/behaviour', behaviour)).status, 200);
    const { order, id } = await shopper.begin(card());
    const before = await charged();
    await acquirer({ manner: 'slow', ms: 2000 });
    const asked = shopper.otp(id).then(({ data }) => data, (error) => error.response?.data);
    await sleep(300);
    await killKeyholder(server);
    await asked;
    giveAll(server.data, shares.slice(0, 3));
    await untilReady(server);
    await acquirer({ manner: 'well' });
    await advance(server, 20);
    await until('the order is PAID', async () => await shopper.status(order) === 'PAID', 20_000);
    assert.equal(await charged(), before + 1);
    assert.equal((await shopper.payments(order)).length, 1);
    await server.admin('POST', '/sandbox/clock', { system: true });
});

test('shares that do not belong together are dropped, and the right ones open it', async (t) => {
    /* A set's own bytes are on each share: a forgery of one is told only when the keyring does not open. */
    const data = await temporaryFolder();
    const right = init(data, 3, 2);
    const other = await startServer({ data, sealed: true });
    t.after(() => other.close());
    assert.match(give(data, right[0]).stdout, /1 more is needed/);
    const wrong = give(data, forge(right[1]));
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /all of them were dropped/);
    assert.match(tijori(['unseal', '--data', data, '--status']).stdout, /^sealed: 0 of 2/);
    giveAll(data, right.slice(1));
    await untilReady(other);
});

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Number (1), set (8), share (32), check (4). */
function bytesOf(share) {
    const bits = [...share.slice(15).replaceAll('-', '')]
        .map((c) => ALPHABET.indexOf(c).toString(2).padStart(5, '0')).join('');
    return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

/** A share with one bit changed and a check that is right again. */
function forge(share) {
    const bytes = bytesOf(share);
    bytes[20] ^= 4;
    let crc = 0xffffffff;
    for (const byte of bytes.subarray(0, 41)) {
        crc ^= byte;
        for (let i = 0; i < 8; i++)
            crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    bytes.writeUInt32BE((crc ^ 0xffffffff) >>> 0, 41);
    const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    const text = bits.match(/.{5}/g).map((five) => ALPHABET[parseInt(five, 2)]).join('');
    return `tijori-share-1-${text.match(/.{6}/g).join('-')}`;
}

/** All that a process has in memory that can be read; what is unmapped meanwhile is passed over. */
function* memoryOf(pid) {
    let maps, fd;
    try {
        maps = readFileSync(`/proc/${pid}/maps`, 'latin1');
        fd = openSync(`/proc/${pid}/mem`, 'r');
    } catch {
        return;
    }
    for (const line of maps.split('\n')) {
        const found = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line);
        if (!found)
            continue;
        const [from, to] = [parseInt(found[1], 16), parseInt(found[2], 16)];
        if (to - from > 1 << 28)      // a sanitizer's shadow
            continue;
        const bytes = Buffer.alloc(to - from);
        try {
            const n = readSync(fd, bytes, 0, bytes.length, from);
            yield bytes.subarray(0, n);
        } catch {
            continue;
        }
    }
    closeSync(fd);
}

test('the shares are in no log, no file and no other process\'s memory', async () => {
    const groups = shares.flatMap((share) => share.slice(15).match(/[^-]{6}-[^-]{6}/g));
    const needles = groups.flatMap((text) => [text, text.replace('-', ''), text.toLowerCase()]).map((n) => Buffer.from(n));
    needles.push(...shares.map((share) => bytesOf(share).subarray(9, 25)));
    const found = (bytes) => needles.some((needle) => bytes.includes(needle));
    const files = readdirSync(server.data, { recursive: true }).map((name) => path.join(server.data, name))
        .filter((name) => statSync(name).isFile());
    assert.ok(files.length > 5);
    for (const file of files)
        assert.ok(!found(readFileSync(file)), file);
    assert.ok(!found(Buffer.from(server.output + server.errors)));
    assert.ok(found(Buffer.from(shares[2])), 'the search finds what is there');
    if (process.getuid() !== 0)
        return;
    const { gateway, courier, keyholder } = server.children();
    for (const [role, pid] of Object.entries({ supervisor: server.pid, gateway, courier, keyholder })) {
        let seen = 0;
        for (const bytes of memoryOf(pid)) {
            seen += bytes.length;
            assert.ok(!found(bytes), `a share is in the memory of the ${role}`);
        }
        assert.ok(seen > 0 || role === 'keyholder', role);
    }
});

test('a server with a key file is given to custodians: what it sealed opens, and nothing needs the key file', async (t) => {
    const old = await startServer();
    t.after(() => old.close());
    const order = smallOrder();
    assert.equal((await old.createOrder(order)).status, 200);
    await new Juspay(old).make();
    assert.equal(tijori(['key', 'init', '--data', old.data, '--shares', '3', '--threshold', '2']).status, 1);
    await old.terminate();
    const own = init(old.data, 3, 2);
    const file = path.join(old.data, 'keys/master.key');
    assert.ok(!existsSync(file) && existsSync(`${file}.replaced`));

    old.sealed = true;
    await old.restart();
    assert.equal((await readiness(old)).status, 503);
    giveAll(old.data, own.slice(0, 2));
    await untilReady(old);
    assert.equal((await old.fetchOrder(order.order_id)).json.customer_details.customer_phone, '9908734801');
    assert.ok(old.journal().some((line) => /key file that the keyring replaced is still there/.test(line.what)));

    await old.terminate();
    await copyFile(`${file}.replaced`, file);
    const refused = tijori(['sandbox', '--data', old.data, '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0']);
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, /no longer needs it/);
    await rename(file, path.join(old.data, 'gone'));
    await old.restart();
    giveAll(old.data, own.slice(1));
    await untilReady(old);
});

test('other custodians get shares from those who have them, whose own are then of no use', async (t) => {
    const data = await temporaryFolder();
    t.after(() => rm(data, { recursive: true, force: true }));
    const before = init(data, 3, 2);
    const words = ['key', 'init', '--replace', '--data', data, '--shares', '4', '--threshold', '3'];
    const few = tijori(words, `${before[0]}\n`);
    assert.equal(few.status, 1);
    assert.match(few.stderr, /there were too few/);
    const made = tijori(words, `${before[2]}\n${before[0]}\n`);
    assert.equal(made.status, 0, made.stderr);
    const now = sharesOf(made.stdout);
    assert.equal(now.length, 4);
    const other = await startServer({ data, sealed: true });
    try {
        assert.match(give(data, before[1]).stderr, /belongs to another keyring/);
        giveAll(data, now.slice(1));
        await untilReady(other);
    } finally {
        await other.close();
    }
});

test('serve is sealed and unsealed as the sandbox is', async (t) => {
    const data = await temporaryFolder();
    const own = init(data, 2, 2);
    const live = await startServer({ data, command: 'serve', sealed: true, args: ['--behind-proxy'] });
    t.after(() => live.close());
    await assertAllRefused(live);
    giveAll(data, own);
    await untilReady(live);
    const merchant = await live.addMerchant('INR');
    assert.equal((await live.createOrder(smallOrder(), merchant)).status, 200);
});

test('a sealed server stops when it is told to, with status 0', async () => {
    const data = await temporaryFolder();
    init(data, 2, 2);
    const other = await startServer({ data, sealed: true });
    const begun = Date.now();
    assert.deepEqual(await other.terminate(), { code: 0, signal: null });
    assert.ok(Date.now() - begun < 10_000);
    await rm(data, { recursive: true, force: true });
});

test('a share is typed without being shown', { skip: spawnSync('script', ['--version']).status !== 0 }, async (t) => {
    const data = await temporaryFolder();
    const own = init(data, 2, 2);
    const other = await startServer({ data, sealed: true });
    t.after(() => other.close());
    const terminal = spawn('script', ['-qec', `'${BINARY}' unseal --data '${data}'`, '/dev/null'],
        { stdio: ['pipe', 'pipe', 'inherit'] });
    let shown = '';
    terminal.stdout.on('data', (bytes) => { shown += bytes; });
    await until('the question', () => /share \(0 of 2 are here/.test(shown));
    terminal.stdin.write(`${own[0]}\n`);
    await until('its answer', () => /share 1 was taken/.test(shown));
    assert.ok(!shown.includes(own[0].slice(15, 28)), shown);
    terminal.stdin.end();
});

test('tools that need a keyring say what they miss', () => {
    for (const [words, why] of [
        [['key', 'init', '--data', elsewhere], /--shares N and --threshold K, or --hsm-module/],
        [['key', 'init', '--data', elsewhere, '--shares', '3'], /--threshold K/],
        [['key', 'init', '--data', elsewhere, '--shares', '2', '--threshold', '3'], /at most N/],
        [['key', 'init', '--data', elsewhere, '--shares', '17', '--threshold', '3'], /from 2 to 16/],
    ]) {
        const said = tijori(words);
        assert.equal(said.status, 2);
        assert.match(said.stderr, why);
    }
    const none = tijori(['unseal', '--data', elsewhere], shares[0]);
    assert.equal(none.status, 1);
    assert.match(none.stderr, /no keyholder waits for shares here/);
});
