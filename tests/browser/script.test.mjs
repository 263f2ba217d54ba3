// /js/v3/cashfree.js in a merchant's page on another origin: redirect, modal, and card fields in frames.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { accessible, Bed, CARDS, giveOtp, leave, payByCard, Shop, typeCard, until } from './browser.mjs';

const bed = new Bed(), shop = new Shop();
before(async () => { await shop.open(); await bed.open(); });
after(async () => { await bed.close(); await shop.close(); });

function showShop(script, body = '') {
    shop.pages.set('/shop', `<!DOCTYPE html><html lang="en"><title>Shop</title><body><main><h1>Shop</h1>${body}</main>
        <script src="${bed.base}/js/v3/cashfree.js"></script>
        <script>const cashfree = Cashfree({ mode: 'sandbox' }); window.outcome = null;
        const keep = (promise) => promise.then((got) => { window.outcome = got; });
        ${script}</script>`);
    return `${shop.base}/shop`;
}

const outcome = (page) => until('the promise is kept', () => page.evaluate(() => window.outcome), 15_000);

test('_self goes to the page', async () => {
    const page = await bed.page(), order = await bed.order();
    await page.goto(showShop(`keep(cashfree.checkout({ paymentSessionId: '${order.payment_session_id}', redirectTarget: '_self' }));`));
    await page.waitForURL(/\/checkout\/session_/);
    await leave(page);
});

test('_modal pays in a frame and tells how it ended', async () => {
    const page = await bed.page(), order = await bed.order();
    await page.goto(showShop(`keep(cashfree.checkout({ paymentSessionId: '${order.payment_session_id}', redirectTarget: '_modal' }));`));
    const frame = page.frameLocator('dialog iframe');
    await frame.locator('#card_number').fill(CARDS.visa);
    await frame.locator('#card_expiry').fill('03/28');
    await frame.locator('#card_cvv').fill('123');
    await frame.getByRole('button', { name: /^Pay/ }).click();
    await frame.locator('#otp').fill('111000');
    await frame.getByRole('button', { name: /^Confirm/ }).click();
    const got = await outcome(page);
    assert.match(got.paymentDetails.paymentMessage, /finished/);
    assert.equal(await bed.status(order), 'PAID');
    assert.equal(await page.locator('dialog').count(), 0);
    await leave(page);
});

test('a shop that is another site to the browser pays in the modal as well', async () => {
    const page = await bed.page(), order = await bed.order();
    const url = showShop(`keep(cashfree.checkout({ paymentSessionId: '${order.payment_session_id}', redirectTarget: '_modal' }));`);
    await page.goto(url.replace('127.0.0.1', 'localhost'));
    const frame = page.frameLocator('dialog iframe');
    await frame.locator('#card_number').fill(CARDS.visa);
    await frame.locator('#card_expiry').fill('03/28');
    await frame.locator('#card_cvv').fill('123');
    await frame.getByRole('button', { name: /^Pay/ }).click();
    await frame.locator('#otp').fill('111000');
    await frame.getByRole('button', { name: /^Confirm/ }).click();
    assert.ok((await outcome(page)).paymentDetails);
    await leave(page);
});

test('a modal that is closed says so', async () => {
    const page = await bed.page(), order = await bed.order();
    await page.goto(showShop(`keep(cashfree.checkout({ paymentSessionId: '${order.payment_session_id}', redirectTarget: '_modal' }));`));
    await page.frameLocator('dialog iframe').locator('#card_number').waitFor();
    await accessible(page, 'a shop with the modal');
    await page.keyboard.press('Escape');
    assert.equal((await outcome(page)).error.code, 'payment_aborted');
    assert.equal(await bed.status(order), 'ACTIVE');
    await leave(page);
});

test('card fields in frames pay without the shop seeing the number', async () => {
    const page = await bed.page(), order = await bed.order();
    const heard = [];
    await page.exposeFunction('hear', (text) => heard.push(text));
    await page.goto(showShop(`
        addEventListener('message', (event) => hear(JSON.stringify(event.data)));
        const make = (kind) => cashfree.create(kind, { values: { placeholder: kind } }).mount('#' + kind);
        const number = make('cardNumber'), save = make('savePaymentInstrument');
        make('cardExpiry'); make('cardCvv'); make('cardHolder');
        document.querySelector('#go').onclick = () => keep(cashfree.pay({ paymentMethod: number,
            paymentSessionId: '${order.payment_session_id}', savePaymentInstrument: save }));`,
    ['cardNumber', 'cardExpiry', 'cardCvv', 'cardHolder', 'savePaymentInstrument'].map((id) => `<div id="${id}"></div>`)
        .join('') + '<button id="go">Pay</button>'));
    await page.frameLocator('#cardNumber iframe').locator('input').fill(CARDS.rupay);
    await page.frameLocator('#cardExpiry iframe').locator('input').fill('03/28');
    await page.frameLocator('#cardCvv iframe').locator('input').fill('123');
    await page.frameLocator('#savePaymentInstrument iframe').locator('input').check();
    await page.click('#go');
    const frame = page.frameLocator('dialog iframe');
    await frame.locator('#otp').fill('111000');
    await frame.getByRole('button', { name: /^Confirm/ }).click();
    assert.ok((await outcome(page)).paymentDetails);
    assert.equal(await bed.status(order), 'PAID');
    await until('the card is saved', async () => (await bed.instruments(order.customer)).length === 1);
    assert.ok(heard.length > 0);
    for (const text of heard)
        assert.doesNotMatch(text.replace(/\s/g, ''), /6074825972083818|"123"/);
    await leave(page);
});

test('what is wrong with a card in frames is told to the shop as a sentence', async () => {
    const page = await bed.page(), order = await bed.order();
    await page.goto(showShop(`
        const number = cashfree.create('cardNumber').mount('#n');
        cashfree.create('cardExpiry').mount('#e'); cashfree.create('cardCvv').mount('#c');
        document.querySelector('#go').onclick = () => keep(cashfree.pay({ paymentMethod: number,
            paymentSessionId: '${order.payment_session_id}' }));`, '<div id="n"></div><div id="e"></div><div id="c"></div><button id="go">Pay</button>'));
    await page.frameLocator('#n iframe').locator('input').fill('4706131211212124');
    await page.frameLocator('#e iframe').locator('input').fill('03/28');
    await page.frameLocator('#c iframe').locator('input').fill('123');
    await page.click('#go');
    assert.match((await outcome(page)).error.message, /card number/);
    await leave(page);
});

test('_top leaves the frame that the shop is in', async () => {
    const page = await bed.page(), order = await bed.order();
    const inner = showShop(`document.querySelector('#go').onclick = () => keep(cashfree.checkout({
        paymentSessionId: '${order.payment_session_id}', redirectTarget: '_top' }));`, '<button id="go">Pay</button>');
    shop.pages.set('/outer', `<!DOCTYPE html><html lang="en"><title>Outer</title><iframe src="${inner}"></iframe>`);
    await page.goto(`${shop.base}/outer`);
    await page.frameLocator('iframe').locator('#go').click();
    await page.waitForURL(/\/checkout\/session_/);
    await leave(page);
});

test('_blank opens a tab; where the browser opens none, the promise says so', async () => {
    const page = await bed.page(), order = await bed.order();
    await page.goto(showShop(`document.querySelector('#go').onclick = () => keep(cashfree.checkout({
        paymentSessionId: '${order.payment_session_id}', redirectTarget: '_blank' }));`, '<button id="go">Pay</button>'));
    const [tab] = await Promise.all([page.context().waitForEvent('page'), page.click('#go')]);
    await tab.waitForURL(/\/checkout\/session_/);
    assert.deepEqual(await outcome(page), { redirect: true });
    await page.evaluate(() => { window.outcome = null; window.open = () => null; });
    await page.click('#go');
    assert.equal((await outcome(page)).error.code, 'popup_blocked');
    await leave(page);
});

test('an element of the shop shows the page, in the size it asks for', async () => {
    const page = await bed.page(), order = await bed.order();
    await page.goto(showShop(`keep(cashfree.checkout({ paymentSessionId: '${order.payment_session_id}',
        redirectTarget: document.querySelector('#here'), appearance: { width: '425px', height: 700, colour: 'pink' } }));`,
    '<div id="here"></div>'));
    const frame = page.frameLocator('#here iframe');
    await frame.locator('#card_number').waitFor();
    const { width, height } = await page.locator('#here iframe').boundingBox();
    assert.deepEqual([width, height], [425, 700]);
    await typeCard(frame);
    await frame.getByRole('button', { name: /^Pay/ }).click();
    await frame.locator('#otp').fill('111000');
    await frame.getByRole('button', { name: /^Confirm/ }).click();
    assert.ok((await outcome(page)).paymentDetails);
    assert.equal(await bed.status(order), 'PAID');
    await leave(page);
});

test('a modal has the size it was given, and goes on to returnUrl with the order\'s id', async () => {
    const page = await bed.page(), order = await bed.order();
    await page.goto(showShop(`keep(cashfree.checkout({ paymentSessionId: '${order.payment_session_id}', redirectTarget: '_modal',
        returnUrl: '${shop.base}/thanks?order={order_id}', appearance: { width: '500px', height: '600px' } }));`));
    const frame = page.frameLocator('dialog iframe');
    await frame.locator('#card_number').waitFor();
    const { width, height } = await page.locator('dialog').boundingBox();
    assert.deepEqual([width, height], [500, 600]);
    await typeCard(frame);
    await frame.getByRole('button', { name: /^Pay/ }).click();
    await frame.locator('#otp').fill('111000');
    await frame.getByRole('button', { name: /^Confirm/ }).click();
    await page.waitForURL(`${shop.base}/thanks?order=${order.order_id}`);
    await leave(page);
});

test('returnUrl takes the place of the order\'s, by way of the bank too, but leads to no stranger', async () => {
    const page = await bed.page(), order = await bed.order({ meta: { return_url: `${shop.base}/back` } });
    await page.goto(showShop(`keep(cashfree.checkout({ paymentSessionId: '${order.payment_session_id}',
        returnUrl: '${shop.base}/thanks?order={order_id}' }));`));
    await page.waitForURL(/\/checkout\/session_/);
    await page.getByRole('link', { name: 'Net banking' }).click();
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.waitForURL(/gateway/);
    await page.getByRole('button', { name: 'Success' }).click();
    await page.waitForURL(`${shop.base}/thanks?order=${order.order_id}`);
    const other = await bed.order({ meta: { return_url: `${shop.base}/back` } });
    for (const stranger of ['https://evil.example/', 'javascript:alert(1)', `${shop.base}@evil.example/`]) {
        await page.goto(`${other.page}?r=${encodeURIComponent(stranger)}`);
        assert.equal(await page.getAttribute('.leave a', 'href'), `${shop.base}/back`, stranger);
    }
    await leave(page);
});

test('what can not be paid is told by its code: unknown, expired, paid already, a page that is not registered', async () => {
    const page = await bed.page(), paid = await bed.order(), ended = await bed.order();
    const ask = async (session, target) => {
        await page.goto(showShop(`keep(cashfree.checkout({ paymentSessionId: '${session}', redirectTarget: ${target} }));`,
            '<div id="here"></div>'));
        return (await outcome(page)).error.code;
    };
    await payByCard(page, paid);
    await bed.server.pg('PATCH', `/orders/${ended.order_id}`, { order_status: 'TERMINATED' });
    for (const target of ['"_modal"', '"#here"']) {
        assert.equal(await ask('session_nobody', target), 'payment_session_id_invalid');
        assert.equal(await ask(paid.payment_session_id, target), 'order_already_paid');
        assert.equal(await ask(ended.payment_session_id, target), 'order_inactive');
        assert.equal(await page.locator('dialog').count(), 0);
    }
    assert.equal(await ask('none at all', '"_self"'), 'payment_session_id_invalid');
    assert.equal(await ask('session_x', '"#nowhere"'), 'redirect_target_invalid');
    await leave(page);
});

test('a page that may not frame the checkout is told so and shows nothing', async () => {
    const page = await bed.page(), order = await bed.order();
    const url = showShop(`keep(cashfree.checkout({ paymentSessionId: '${order.payment_session_id}', redirectTarget: '_modal' }));`);
    await page.goto(url.replace('127.0.0.1', 'stranger.localhost'));
    assert.equal((await outcome(page)).error.code, 'checkout_not_available');
    await page.context().close();
});

test('components tell of themselves what a shop may know, and obey it', async () => {
    const page = await bed.page();
    await page.goto(showShop(`
        window.told = [];
        const number = cashfree.create('cardNumber', { values: { placeholder: 'Number' } });
        const cvv = cashfree.create('cardCvv');
        for (const name of ['ready', 'focus', 'blur', 'change', 'complete', 'invalid', 'empty'])
            number.on(name, (data) => window.told.push([name, data]));
        number.mount('#n'); cvv.mount('#c');
        Object.assign(window, { number, cvv });`, '<div id="n"></div><div id="c"></div>'));
    const field = page.frameLocator('#n iframe').locator('input');
    const names = () => page.evaluate(() => window.told.map(([name]) => name));
    await until('it is ready', async () => (await names()).includes('ready'));
    await accessible(page.frames().find((f) => /cardNumber/.test(f.url())), 'the frame of the number', { part: true });
    assert.equal(await field.getAttribute('placeholder'), 'Number');
    await field.pressSequentially('3782');
    assert.equal(await page.evaluate(() => window.number.isComplete()), false);
    await field.fill('378282246310005');
    await until('it is complete', () => page.evaluate(() => window.number.isComplete()));
    assert.deepEqual(await page.evaluate(() => window.number.data().value),
        { brand: 'amex', cardBrand: 'amex', cvvLength: 4 });
    await field.fill('4706131211212124');
    await page.frameLocator('#c iframe').locator('input').focus();
    await until('it was left', async () => (await names()).includes('invalid'));
    assert.match(await page.frameLocator('#n iframe').locator('#wrong').textContent(), /digit is wrong/);
    await page.evaluate(() => window.number.clear());
    await page.evaluate(() => window.number.update({ placeholder: 'Your card' }));
    await until('it was updated', async () => await field.getAttribute('placeholder') === 'Your card');
    await page.evaluate(() => window.number.disable());
    await until('it is disabled', () => field.isDisabled());
    await page.evaluate(() => window.number.enable());
    await field.fill('4');
    await field.fill('');
    for (const name of ['ready', 'focus', 'change', 'complete', 'blur', 'invalid', 'empty'])
        await until(`it told of ${name}`, async () => (await names()).includes(name));
    assert.doesNotMatch(JSON.stringify(await page.evaluate(() => window.told)), /3782 ?8|4706/);
    await page.evaluate(() => { window.number.unmount(); window.number.mount('#n'); });
    await field.waitFor();
    await page.evaluate(() => window.number.destroy());
    assert.equal(await page.locator('#n iframe').count(), 0);
    assert.equal(await page.evaluate(() => window.number.data().mounted), false);
    const said = await page.evaluate(() => { try { cashfree.create('gold'); } catch (error) { return error.message; } });
    assert.match(said, /no component gold/);
    await leave(page);
});

test('UPI, net banking, a wallet and pay later have components as well', async () => {
    const pays = async (kind, values, then) => {
        const page = await bed.page(), order = await bed.order();
        await page.goto(showShop(`const one = cashfree.create('${kind}', { values: ${JSON.stringify(values)} });
            one.on('ready', () => document.querySelector('#go').disabled = false).mount('#one');
            document.querySelector('#go').onclick = () => keep(cashfree.pay({ paymentMethod: one,
                paymentSessionId: '${order.payment_session_id}' }));`, '<div id="one"></div><button id="go" disabled>Pay</button>'));
        await page.click('#go');
        await then(page.frameLocator('dialog iframe'), page);
        assert.ok((await outcome(page)).paymentDetails, kind);
        assert.equal(await bed.status(order), 'PAID');
        await leave(page);
    };
    const success = (frame) => frame.getByRole('button', { name: 'Success' }).click();
    await pays('upiCollect', { upiId: 'testsuccess@gocash' }, () => {});
    await pays('netbanking', { netbankingBankName: 'TESTR', buttonText: 'Test Bank' }, success);
    await pays('wallet', { provider: 'phonepe', phone: '9908734801' }, success);
    await pays('paylater', { provider: 'lazypay', phone: '8714268343' }, async (frame) => {
        await frame.locator('#otp').fill('777777');
        await frame.getByRole('button', { name: 'Approve' }).click();
    });
});

test('the loader on npm gives our Cashfree where our script came first', async () => {
    const page = await bed.page(), order = await bed.order();
    const loader = readFileSync(createRequire(import.meta.url).resolve('@cashfreepayments/cashfree-js')
        .replace(/script\.js$/, 'script.esm.js'), 'utf8');
    const asked = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.route('**/loader.mjs', (route) => route.fulfill({ contentType: 'text/javascript', body: loader }));
    shop.pages.set('/npm', `<!DOCTYPE html><html lang="en"><title>Shop</title><h1>Shop</h1>
        <script src="${bed.base}/js/v3/cashfree.js"></script><script type="module">
        import { load } from '/loader.mjs';
        const cashfree = await load({ mode: 'sandbox' });
        window.version = cashfree.version();
        await cashfree.checkout({ paymentSessionId: '${order.payment_session_id}' });</script>`);
    await page.goto(`${shop.base}/npm`);
    await page.waitForURL(/\/checkout\/session_/);
    assert.deepEqual(asked.filter((url) => url.includes('cashfree.com')), []);
    await leave(page);
});

test('the demo shop tells the whole story', async () => {
    const page = await bed.page();
    await page.goto(`${bed.base}/demo`);
    await accessible(page, 'the empty shop');
    await page.getByRole('button', { name: /Brass lamp/ }).click();
    await accessible(page, 'the shop with an order');
    await page.getByRole('link', { name: /payment page/ }).click();
    await typeCard(page, { save: true });
    await page.getByRole('button', { name: /^Pay/ }).click();
    await giveOtp(page);
    await page.waitForURL(/\/demo/);
    await until('the webhook arrived', async () => {
        await page.reload();
        return /PAYMENT_SUCCESS_WEBHOOK/.test(await page.textContent('#webhooks'));
    }, 20_000);
    assert.match(await page.textContent('#webhooks'), /signature: good/);
    assert.match(await page.textContent('body'), /token_[0-9a-f]{32}/);
    await accessible(page, 'the shop with everything');
    await leave(page);
});

test('the demo shop is usable on a phone and by keyboard alone', async () => {
    const page = await bed.page({ phone: true });
    await page.goto(`${bed.base}/demo`);
    await page.keyboard.press('Tab');
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Brass lamp/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/order=demo_/);
    await accessible(page, 'the shop on a phone');
    await page.getByRole('link', { name: /payment page/ }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/checkout\/session_/);
    await leave(page);
});
