'use strict';
/* Single keys in the queue: i, e, u, n, z, ? and the numbers of reasons. Everything also works with the buttons. */
{
    const OFF = 'quorum.screening.keys-off';
    const KEYS = { i: 'include', e: 'exclude', u: 'unsure', n: 'skip', z: 'undo' };

    const begin = (form) => {
        const reasons = form.querySelector('[data-reasons]');
        const asks = form.querySelector('[data-asks-reason]');
        const help = document.querySelector('[data-keys]');
        const toggle = document.querySelector('[data-keys-switch]');
        let isSent = false;

        const send = (answer) => {
            form.querySelector(`button[value="${answer}"]`).click();
        };

        const ask = (isAsked) => {
            asks.hidden = !isAsked;
            reasons.classList.toggle('is-asked', isAsked);
            if (isAsked) {
                reasons.scrollIntoView({ block: 'nearest' });
            }
        };

        const hasReason = () => reasons.querySelector('input:checked') !== null;

        /* A form that was sent is not sent again: a key pressed twice is one answer. */
        form.addEventListener('submit', (event) => {
            const answer = event.submitter && event.submitter.value;
            if (isSent) {
                event.preventDefault();
            } else if (answer === 'exclude' && form.hasAttribute('data-needs-reason') && !hasReason()) {
                event.preventDefault();
                ask(true);
            } else {
                isSent = true;
            }
        });
        /* Going back with the browser shows the page as it was left. */
        window.addEventListener('pageshow', () => {
            isSent = false;
        });

        const isTyping = (target) => target.closest('input:not([type=radio]):not([type=checkbox]), textarea, select') !== null;

        document.addEventListener('keydown', (event) => {
            if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
                return;
            }
            if (event.key === '?') {
                event.preventDefault();
                help.open = !help.open;
                return;
            }
            if (toggle && !toggle.checked) {
                return;
            }
            const key = event.key.toLowerCase();
            if (event.key === 'Escape') {
                ask(false);
            } else if (key in KEYS) {
                event.preventDefault();
                if (key !== 'e') {
                    ask(false);
                }
                send(KEYS[key]);
            } else if (/^[1-9]$/.test(key)) {
                const reason = reasons.querySelector(`[data-number="${key}"]`);
                if (reason) {
                    event.preventDefault();
                    reason.checked = true;
                    send('exclude');
                }
            }
        });

        if (toggle) {
            toggle.checked = localStorage.getItem(OFF) === null;
            toggle.addEventListener('change', () => {
                if (toggle.checked) {
                    localStorage.removeItem(OFF);
                } else {
                    localStorage.setItem(OFF, '1');
                }
            });
        }
    };

    document.addEventListener('DOMContentLoaded', () => {
        const form = document.querySelector('[data-queue]');
        if (form) {
            begin(form);
        }
    });
}
