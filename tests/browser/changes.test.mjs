// What happens around a payer: double clicks, the back button, reloads, time running out, an order paid elsewhere, an
// acquirer that is slow or mute, and no JavaScript.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { accessible, Bed, CARDS, freshId, giveOtp, leave, payByCard, press, typeCard, until } from './browser.mjs';

const bed = new Bed();
before(() => bed.open());
after(() => bed.close());

const payments = async (order) => (await bed.server.pg('GET', `/orders/${order.order_id}/payments`)).json;
const acquirer = (manner) => bed.server.admin('POST', '/sandbox/acquirer/behaviour', manner);

/** For a look by eye: TIJORI_SHOTS names a folder. */
async function shot(page, name) {
    if (!process.env.TIJORI_SHOTS)
        return;
    mkdirSync(process.env.TIJORI_SHOTS, { recursive: true });
    await page.screenshot({ path: `${process.env.TIJORI_SHOTS}/${name}.png`, fullPage: true });
}

async function toOtp(page, order, card) {
    await page.goto(`${order.page}?m=card`);
    await typeCard(page, card);
    await press(page, /^Pay/);
    await page.waitForURL(/\/otp\//);
}

test('a double click on Pay is one payment', async () => {
    const page = await bed.page(), order = await bed.order();
    await page.goto(`${order.page}?m=card`);
    await typeCard(page);
    await page.getByRole('button', { name: /^Pay/ }).dblclick();
    await page.waitForURL(/\/otp\//);
    assert.equal((await payments(order)).length, 1);
    await page.fill('#otp', '111000');
    await page.getByRole('button', { name: /^Confirm/ }).dblclick();
    await page.waitForURL(/\/result\//);
    assert.deepEqual((await payments(order)).map((p) => p.payment_status), ['SUCCESS']);
    await leave(page);
});

test('back after the payment finds the order paid, and no form with a card', async () => {
    const page = await bed.page(), order = await bed.order();
    await payByCard(page, order);
    await page.goBack();
    await page.waitForURL(/\/result\//);
    await page.goto(`${order.page}?m=card`);
    assert.match(await page.textContent('h1'), /Already paid/);
    await shot(page, 'paid');
    assert.equal(await page.locator('input').count(), 0);
    await leave(page);
});

test('the page of the code may be loaded again, and back from it leads to an empty form that works', async () => {
    const page = await bed.page(), order = await bed.order();
    await toOtp(page, order);
    await page.reload();
    assert.match(await page.textContent('#otp_hint'), /left: 3/);
    await page.goBack();
    await page.locator('#card_number').waitFor();
    assert.equal(await page.inputValue('#card_number'), '');
    assert.equal(await page.getByRole('button', { name: /^Pay/ }).isDisabled(), false);
    await typeCard(page);
    await press(page, /^Pay/);
    await giveOtp(page);
    await page.waitForURL(/\/result\//);
    assert.equal(await bed.status(order), 'PAID');
    await leave(page);
});

test('an order that was paid elsewhere meanwhile says so at the next step, wherever that is', async () => {
    const here = await bed.page(), waiting = await bed.page(), there = await bed.page(), order = await bed.order();
    await here.goto(`${order.page}?m=card`);
    await typeCard(here);
    await toOtp(waiting, order);
    await payByCard(there, order);
    await press(here, /^Pay/);
    await here.getByRole('heading', { name: 'Already paid' }).waitFor();
    await accessible(here, 'paid elsewhere');
    await waiting.fill('#otp', '111000');
    await press(waiting, /^Confirm/);
    await waiting.waitForLoadState();
    assert.match(await waiting.textContent('h1'), /Already paid|failed|cancelled/);
    await shot(waiting, 'paid-elsewhere');
    assert.equal((await payments(order)).filter((p) => p.payment_status === 'SUCCESS').length, 1);
    for (const page of [here, waiting, there])
        await leave(page);
});

test('a mute acquirer: the page waits and says so, and the result comes when it was asked again', async () => {
    const page = await bed.page(), order = await bed.order({ amount: 1000.68 });
    await page.goto(`${order.page}?m=card`);
    await typeCard(page);
    await press(page, /^Pay/);
    await giveOtp(page);
    await page.waitForURL(/\/(wait|result)\//, { timeout: 30_000 });
    if (/\/wait\//.test(page.url())) {
        await accessible(page, 'waiting for a card');
        await shot(page, 'mute');
    }
    await page.waitForURL(/\/result\//, { timeout: 40_000 });
    assert.match(await page.textContent('h1'), /successful/);
    assert.equal(await bed.status(order), 'PAID');
    await leave(page);
});

test('a slow acquirer: the page waits for it and does not call it a failure', async () => {
    const page = await bed.page(), order = await bed.order();
    await acquirer({ manner: 'slow', ms: 2500 });
    try {
        await page.goto(`${order.page}?m=card`);
        await typeCard(page);
        /* While the next page is under way nothing can be asked of this one: it notes what it says. */
        await page.evaluate(() => new MutationObserver(() => {
            sessionStorage.setItem('said', document.querySelector('form [role=status]')?.textContent ?? '');
        }).observe(document.body, { subtree: true, childList: true }));
        await press(page, /^Pay/);
        await page.waitForURL(/\/otp\//);
        assert.match(await page.evaluate(() => sessionStorage.getItem('said')), /One moment: your bank is being asked/);
        await page.fill('#otp', '111000');
        await press(page, /^Confirm/);
        await page.waitForURL(/\/result\//, { timeout: 30_000 });
        assert.match(await page.textContent('h1'), /successful/);
    } finally {
        await acquirer({ manner: 'well' });
    }
    assert.equal(await bed.status(order), 'PAID');
    await leave(page);
});

test('declines say why, in words for the payer', async () => {
    const page = await bed.page();
    for (const [paise, said] of [['05', /bank/i], ['51', /fund|balance|cover/i], ['54', /expired/i], ['62', /blocked|bank/i]]) {
        const order = await bed.order({ amount: Number(`1200.${paise}`) });
        await payByCard(page, order);
        assert.match(await page.textContent('h1'), /failed/);
        assert.match(await page.textContent('main'), said, paise);
        assert.equal(await page.getByRole('link', { name: 'Try again' }).count(), 1);
        await shot(page, `declined-${paise}`);
    }
    await leave(page);
});

test('the whole story without JavaScript: save, pay with the saved card, the bank, UPI, remove', async () => {
    const page = await bed.page({ javaScriptEnabled: false }), customer = freshId('shopper');
    await payByCard(page, await bed.order({ customer }), { save: true });
    await until('the card is saved', async () => (await bed.instruments(customer))[0]?.instrument_status === 'ACTIVE');
    const second = await bed.order({ customer });
    await page.goto(second.page);
    await press(page, /^Pay/);
    await giveOtp(page, '999999');
    await page.waitForURL(/e=otp/);
    await giveOtp(page);
    await page.waitForURL(/\/result\//);
    assert.equal(await bed.status(second), 'PAID');
    const third = await bed.order({ customer });
    await page.goto(`${third.page}?m=bank`);
    await press(page, /^Pay/);
    await press(page, 'Leave it pending');
    await page.waitForURL(/\/wait\//);
    await shot(page, 'waiting-without-script');
    await page.getByRole('link', { name: /Back to the bank/ }).click();
    await press(page, 'Success');
    await page.waitForURL(/\/(wait|result)\//);
    await until('the result is there', async () => {
        if (/\/wait\//.test(page.url()))
            await page.getByRole('link', { name: 'Look again' }).click();
        return /\/result\//.test(page.url());
    });
    assert.equal(await bed.status(third), 'PAID');
    const fourth = await bed.order({ customer });
    await page.goto(`${fourth.page}?m=saved`);
    await page.click('summary');
    await press(page, /^Remove/);
    await page.waitForURL(/e=deleted/);
    assert.deepEqual(await bed.instruments(customer), []);
    await page.goto(`${bed.base}/order/#token`);
    assert.match(await page.textContent('noscript'), /switch on JavaScript/);
    await leave(page);
});

test('what the server finds wrong stands above the form, once, and leads to its field', async () => {
    const page = await bed.page({ javaScriptEnabled: false }), order = await bed.order();
    await page.goto(`${order.page}?m=card`);
    await typeCard(page, { number: CARDS.visa, expiry: '01/20' });
    await press(page, /^Pay/);
    await page.waitForURL(/e=expired/);
    assert.equal(await page.locator('[role=alert]').count(), 1);
    assert.equal(await page.getAttribute('[role=alert] a', 'href'), '#card_expiry');
    assert.equal(await page.getAttribute('#card_expiry', 'aria-invalid'), 'true');
    assert.match(await page.getAttribute('#card_expiry', 'aria-describedby'), /expiry_wrong/);
    await shot(page, 'mistake');
    await leave(page);
    const told = await bed.page();
    await told.goto(`${order.page}?m=card&e=expired`);
    await accessible(told, 'a summary');
    assert.equal(await told.evaluate(() => document.documentElement.lang), 'en');
    assert.match(await told.title(), /^Pay/);
    for (const [id, value] of [['card_number', 'cc-number'], ['card_expiry', 'cc-exp'], ['card_cvv', 'cc-csc'], ['card_holder', 'cc-name']])
        assert.equal(await told.getAttribute(`#${id}`, 'autocomplete'), value);
    await leave(told);
});

test('a payment link without its token is a page that can be read', async () => {
    const page = await bed.page();
    await page.goto(`${bed.base}/order/`);
    await accessible(page, 'a payment link');
    await leave(page);
});

/* The last one: it moves the clock. */
test('time that runs out while a page is open is said, and nothing is charged', async () => {
    const form = await bed.page(), code = await bed.page(), order = await bed.order();
    await form.goto(`${order.page}?m=card`);
    await typeCard(form);
    await toOtp(code, order);
    await bed.server.admin('POST', '/sandbox/clock', { advance_seconds: 6 * 60 });
    await code.fill('#otp', '111000');
    await press(code, /^Confirm/);
    await until('it says that the code is late', async () => /expired|too late|cancelled|failed|not finished/i.test(await code.textContent('main')));
    await shot(code, 'late-code');
    assert.equal(await bed.status(order), 'ACTIVE');
    await bed.server.admin('POST', '/sandbox/clock', { advance_seconds: 31 * 24 * 3600 });
    await press(form, /^Pay/);
    await form.getByRole('heading', { name: 'Expired' }).waitFor();
    await accessible(form, 'an expired order');
    await shot(form, 'expired');
    assert.equal(await bed.status(order), 'EXPIRED');
    await leave(form);
    await leave(code);
});
