/* Helps along what also works without it: checks while one types, countdowns, waiting, and the way back. */
'use strict';

(() => {
    const schemes = [
        { name: 'visa', iin: /^4/, lengths: [16, 19], code: 3, gaps: [4, 8, 12, 16] },
        { name: 'amex', iin: /^3[47]/, lengths: [15], code: 4, gaps: [4, 10] },
        { name: 'diners', iin: /^3(0[0-5]|095|6|8|9)/, lengths: [14, 15, 16, 17, 18, 19], code: 3, gaps: [4, 10] },
        { name: 'mastercard', iin: /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16], code: 3,
            gaps: [4, 8, 12] },
        { name: 'rupay', iin: /^(60(?!11)|65|81|82|508|353|356)/, lengths: [16], code: 3, gaps: [4, 8, 12] },
    ];
    const digitsOf = (text) => text.replace(/\D/g, '');
    const schemeOf = (digits) => schemes.find((s) => s.iin.test(digits));

    const luhn = (digits) => {
        let sum = 0;
        for (let i = 0; i < digits.length; i++) {
            let d = Number(digits[digits.length - 1 - i]);
            if (i % 2 === 1 && (d *= 2) > 9)
                d -= 9;
            sum += d;
        }
        return sum % 10 === 0;
    };

    const grouped = (digits, gaps) => [...digits].map((d, i) => (gaps.includes(i) ? ` ${d}` : d)).join('');

    const wrongNumber = (text) => {
        const digits = digitsOf(text), scheme = schemeOf(digits);
        if (!digits)
            return 'Please enter the card number.';
        if (!scheme && digits.length >= 4)
            return 'We do not take cards of this kind.';
        if (!scheme || digits.length < Math.min(...scheme.lengths))
            return 'The card number is not complete.';
        return scheme.lengths.includes(digits.length) && luhn(digits) ? '' : 'Please check the card number: a digit is wrong.';
    };

    const wrongExpiry = (text) => {
        const m = /^\s*(\d{1,2})\s*\/?\s*(\d{4}|\d{2})\s*$/.exec(text);
        if (!m || Number(m[1]) < 1 || Number(m[1]) > 12)
            return 'Please enter month and year, such as 03/28.';
        const year = m[2].length === 2 ? 2000 + Number(m[2]) : Number(m[2]), now = new Date();
        return year * 12 + Number(m[1]) < now.getFullYear() * 12 + now.getMonth() + 1 ? 'This card has expired.' : '';
    };

    const wrongCode = (text, number) => {
        const scheme = schemeOf(digitsOf(number)), wanted = scheme ? scheme.code : 3;
        return new RegExp(`^\\d{${wanted}}$`).test(text) ? '' : `The security code has ${wanted} digits.`;
    };

    const say = (input, sentence) => {
        const at = document.getElementById(input.getAttribute('aria-describedby').split(' ').pop());
        input.toggleAttribute('aria-invalid', false);
        if (sentence)
            input.setAttribute('aria-invalid', 'true');
        if (at.textContent !== sentence)
            at.textContent = sentence;
        return !sentence;
    };

    /* Groups the digits and keeps the cursor behind the digit it was behind. */
    const regroup = (input) => {
        const before = digitsOf(input.value.slice(0, input.selectionStart)).length;
        const digits = digitsOf(input.value).slice(0, 19), scheme = schemeOf(digits);
        const text = grouped(digits, scheme ? scheme.gaps : [4, 8, 12, 16]);
        if (text === input.value)
            return;
        input.value = text;
        let at = 0;
        for (let seen = 0; at < text.length && seen < before; at++)
            if (/\d/.test(text[at]))
                seen++;
        input.setSelectionRange(at, at);
    };

    const cardForm = (form) => {
        const number = form.elements.card_number, expiry = form.elements.card_expiry, code = form.elements.card_cvv;
        const logo = form.querySelector('[data-logo]');
        const checks = [
            [number, () => wrongNumber(number.value)],
            [expiry, () => wrongExpiry(expiry.value)],
            [code, () => wrongCode(code.value, number.value)],
        ];

        number.addEventListener('input', () => {
            regroup(number);
            const scheme = schemeOf(digitsOf(number.value)), wanted = `/checkout/assets/${scheme ? scheme.name : 'card'}.svg`;
            if (logo.getAttribute('src') !== wanted)
                logo.setAttribute('src', wanted);
            logo.alt = scheme ? scheme.name : '';
            if (code.getAttribute('aria-invalid'))
                say(code, wrongCode(code.value, number.value));
        });
        expiry.addEventListener('input', (event) => {
            if (event.inputType && event.inputType.startsWith('insert') && /^\d{2}$/.test(expiry.value))
                expiry.value += '/';
        });
        for (const [input, check] of checks) {
            /* Not on the way to a button: a sentence that appears there would move the button from under the finger. */
            input.addEventListener('blur', (event) => {
                if (input.value && !(event.relatedTarget instanceof HTMLButtonElement))
                    say(input, check());
            });
            input.addEventListener('input', () => { if (input.getAttribute('aria-invalid') && !check()) say(input, ''); });
        }
        /* Who comes back in the history finds nothing of a card. */
        addEventListener('pageshow', (event) => {
            if (event.persisted || performance.getEntriesByType('navigation')[0]?.type === 'back_forward')
                form.reset();
        });
        form.addEventListener('submit', (event) => {
            const bad = checks.filter(([input, check]) => !say(input, check()));
            if (!bad.length)
                return;
            event.preventDefault();
            bad[0][0].focus();
        });
    };

    /* A bank that takes its time: what the payer sees is not a page that hangs. */
    const patience = 1200;
    const consoled = (form) => {
        const said = document.createElement('p');
        said.className = 'soft';
        said.setAttribute('role', 'status');
        form.append(said);
        const timer = setTimeout(() => {
            said.textContent = 'One moment: your bank is being asked. Please leave this page open.';
        }, patience);
        return () => { clearTimeout(timer); said.remove(); };
    };

    /* One click is one payment; going back in the history must find the button alive. */
    const once = (form) => {
        let quiet = () => {};
        form.addEventListener('submit', (event) => {
            if (event.defaultPrevented)
                return;
            if (form.dataset.sent) {
                event.preventDefault();
                return;
            }
            form.dataset.sent = '1';
            if (form.querySelector('button.main'))
                quiet = consoled(form);
            setTimeout(() => form.querySelectorAll('button').forEach((b) => { b.disabled = true; }), 0);
        });
        addEventListener('pageshow', () => {
            delete form.dataset.sent;
            quiet();
            form.querySelectorAll('button:not([data-wait])').forEach((b) => { b.disabled = false; });
        });
    };

    const countdown = (button) => {
        const said = document.querySelector('[data-countdown]'), end = Date.now() + 1000 * Number(button.dataset.wait);
        const tick = () => {
            const left = Math.ceil((end - Date.now()) / 1000);
            button.disabled = left > 0;
            button.textContent = left > 0 ? `Send a new code in ${left} s` : 'Send a new code';
            if (left > 0)
                setTimeout(tick, 250);
            else if (said && Number(button.dataset.wait) > 0)
                said.textContent = 'You can ask for a new code now.';
        };
        tick();
    };

    const poll = async () => {
        try {
            const answer = await fetch(location.href, { redirect: 'manual', cache: 'no-store' });
            if (answer.type === 'opaqueredirect') {
                location.reload();
                return;
            }
        } catch { /* the next time */ }
        setTimeout(poll, 1500);
    };

    /* Who opened or framed us hears how it ended, if it is who it was said to be. */
    const tell = () => {
        const origin = document.body.dataset.frame, status = document.body.dataset.status;
        const other = window.parent !== window ? window.parent : window.opener;
        if (!origin || !other)
            return;
        const form = document.querySelector('[data-result]');
        const result = form ? Object.fromEntries(new FormData(form)) : null;
        other.postMessage({ tijori: 'checkout', status: status || '', message: document.body.dataset.message || '',
            code: document.body.dataset.code || '', order: document.body.dataset.order || '',
            result, height: document.body.scrollHeight }, origin);
        /* The keys of a frame are not heard outside it, and a dialog is left with Escape. */
        addEventListener('keydown', (event) => {
            if (event.key === 'Escape' && !event.defaultPrevented)
                other.postMessage({ tijori: 'checkout', escape: true }, origin);
        });
    };

    const goBack = (element) => {
        setTimeout(() => {
            if (element.tagName === 'FORM')
                element.submit();
            else
                location.assign(element.href);
        }, Number(element.dataset.go));
    };

    const begin = () => {
        document.querySelectorAll('form[data-ask]').forEach((form) => form.addEventListener('submit', (event) => {
            if (!confirm(form.dataset.ask))
                event.preventDefault();
        }));
        document.querySelectorAll('form[data-card]').forEach(cardForm);
        document.querySelectorAll('form').forEach(once);
        document.querySelectorAll('[data-wait]').forEach(countdown);
        document.querySelectorAll('form[data-fragment]').forEach((form) => {
            form.elements.token.value = location.hash.slice(1);
            if (form.elements.token.value)
                form.submit();
        });
        const first = document.querySelector('[aria-invalid="true"]');
        if (first)
            first.focus();
        if (document.body.hasAttribute('data-poll'))
            setTimeout(poll, 600);
        tell();
        document.querySelectorAll('[data-go]').forEach(goBack);
    };

    window.tijoriChecks = Object.freeze({ wrongNumber, wrongExpiry, wrongCode, schemeOf, digitsOf, regroup });
    begin();
})();
