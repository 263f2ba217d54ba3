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
