// tijori backup, restore, check and customer erase, against a running sandbox.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { tool } from './cards.mjs';
import { run, startServer, temporaryFolder, until } from './harness.mjs';
import { card, OTP, Shopper } from './paying.mjs';

let server, shopper, folder;
before(async () => {
    server = await startServer();
    shopper = new Shopper(server);
    folder = await temporaryFolder();
});
after(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
});

const key = () => path.join(server.data, 'keys/master.key');

async function paid() {
    const { order, id } = await shopper.begin(card());
    await shopper.otp(id, OTP);
    assert.equal(await shopper.status(order), 'PAID');
    return order;
}

test('a backup of a running server is restored and passes the check', async () => {
    await paid();
    const file = path.join(folder, 'a.bak'), into = path.join(folder, 'restored');
    const made = tool(server, ['backup', file]);
    assert.equal(made.status, 0, made.stderr);
    const restored = await run(['restore', file, '--data', into, '--key-file', key()]);
    assert.equal(restored.status, 0, restored.stderr);
    for (const name of ['tijori.db', 'network.db', 'acquirer.db'])
        assert.ok(existsSync(path.join(into, name)), name);
    assert.ok(!existsSync(path.join(into, 'keys')), 'no key is in a backup');
    assert.equal((await run(['check', '--data', into])).status, 0);
    assert.equal((await run(['check', '--file', file, '--key-file', key()])).status, 0);
});

test('neither a file nor a data folder is ever replaced', async () => {
    const file = path.join(folder, 'b.bak');
    assert.equal(tool(server, ['backup', file]).status, 0);
    const again = tool(server, ['backup', file]);
    assert.equal(again.status, 2);
    assert.match(again.stderr, /is there already/);
    const onto = tool(server, ['restore', file]);
    assert.equal(onto.status, 2);
    assert.match(onto.stderr, /is there already/);
});

test('a backup shows nothing of what is in it', async () => {
    const file = path.join(folder, 'c.bak');
    const order = await paid();
    assert.equal(tool(server, ['backup', file]).status, 0);
    const bytes = readFileSync(file);
    for (const word of [order.order_id, 'SQLite format', 'CREATE TABLE'])
        assert.equal(bytes.indexOf(word), -1, word);
});

test('who has no admin token makes no backup and fetches none', async () => {
    const file = path.join(folder, 'd.bak'), token = path.join(folder, 'token');
    writeFileSync(token, 'a-token-that-is-none');
    const made = tool(server, ['backup', file, '--admin-token-file', token]);
    assert.equal(made.status, 1, made.stderr);
    assert.ok(!existsSync(file) && !existsSync(`${file}.part`));
});

test('of each who fetches a backup, looking and fetching have one row each in the audit log', async () => {
    const rows = () => tool(server, ['audit', 'export']).stdout.trim().split('\n').map((line) => JSON.parse(line))
        .filter(({ event, object }) => event === 'admin' && object.includes('/admin/backups'));
    const before = rows().length;
    const asks = (path_, token = server.adminToken, method = 'GET') => server.request({ url: server.adminUrl,
        method, path: path_, headers: { authorization: `Bearer ${token}` }, body: method === 'POST' ? {} : undefined });
    const begun = (await asks('/admin/backups', undefined, 'POST')).json;
    const looks = `/admin/backups/${begun.id}`;
    const ready = await until('the copies are made', async () => {
        const now = (await asks(looks)).json;
        return now.stage === 'ready' && now;
    });
    assert.ok(ready.pieces > 3);
    for (let no = 0; no < ready.pieces; no++)
        assert.equal((await asks(`${looks}/pieces/${no}`)).status, 200);
    const mine = rows().slice(before).map(({ actor, object }) => `${actor} ${object}`);
    assert.deepEqual(mine, [`admin POST /admin/backups`, `admin GET ${looks}`, `admin GET ${looks}/pieces/0`]);

    const made = tool(server, ['admin', 'token', 'create', 'second', '--scope', 'backup', '--json']);
    assert.equal(made.status, 0, made.stderr);
    const second = JSON.parse(made.stdout).token;
    for (const no of [2, 1, 2])
        assert.equal((await asks(`${looks}/pieces/${no}`, second)).status, 200);
    assert.equal((await asks(`${looks}/pieces/0`, `${second}x`)).status, 401);
    const theirs = rows().slice(before + 3).filter(({ actor }) => actor === 'second').map(({ object }) => object);
    assert.deepEqual(theirs, [`GET ${looks}/pieces/2`]);
    assert.equal((await asks(`${looks}/end`, undefined, 'POST')).status, 200);
    assert.equal(rows().at(-1).object, `POST ${looks}/end`);
    assert.equal((await asks(`${looks}/pieces/0`)).status, 404);
    assert.equal(rows().at(-1).object, `GET ${looks}/pieces/0`);
});

test('an erased customer keeps the amounts of his orders and nothing that names him', async () => {
    const buyer = new Shopper(server);
    const { order } = await buyer.saved();
    const fetch = async () => (await buyer.sdk.PGFetchOrder(order.order_id)).data;
    const was = await fetch();
    assert.equal(was.customer_details.customer_phone, '9908734801');
    const erase = () => {
        const { status, stdout, stderr } = tool(server, ['customer', 'erase', '1', '--customer', buyer.customer,
            '--json']);
        assert.equal(status, 0, stderr);
        return JSON.parse(stdout);
    };
    assert.equal(erase().tokens, 1);
    const last = await until('nothing of him is open', () => {
        const said = erase();
        return said.open === 0 && said;
    });
    assert.equal(last.orders, 1);
    const now = await fetch();
    assert.equal(now.order_amount, was.order_amount);
    assert.equal(now.order_status, 'PAID');
    assert.ok(!JSON.stringify(now).includes('9908734801'));
    const [payment] = await buyer.payments(order);
    assert.equal(payment.payment_status, 'SUCCESS');
    assert.ok(!JSON.stringify(payment).includes('Anna'));
    await until('the token is gone at the network and here', async () => (await buyer.instruments()).length === 0);
    const again = tool(server, ['customer', 'erase', '1', '--customer', buyer.customer]);
    assert.equal(again.status, 0, again.stderr);
    assert.equal(tool(server, ['customer', 'erase', '99', '--customer', 'nobody']).status, 1);
});
