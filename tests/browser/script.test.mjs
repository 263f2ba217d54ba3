// /js/v3/cashfree.js in a merchant's page on another origin: redirect, modal, and card fields in frames.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, Bed, CARDS, giveOtp, leave, Shop, typeCard, until } from './browser.mjs';

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
