'use strict';
/* Single keys for pairs: each button names its own (aria-keyshortcuts). Everything also works with the buttons. */
{
    const OFF = 'quorum.screening.keys-off';

    const begin = (form) => {
        const toggle = form.querySelector('[data-keys-switch]');
        let isSent = false;

        /* A form that was sent is not sent again: a key pressed twice is one answer. */
        form.addEventListener('submit', (event) => {
            if (isSent) {
                event.preventDefault();
            }
            isSent = true;
        });
        window.addEventListener('pageshow', () => {
            isSent = false;
        });

        const isTyping = (target) => target.closest('input:not([type=radio]):not([type=checkbox]), textarea, select') !== null;

        document.addEventListener('keydown', (event) => {
            if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
                return;
            }
            const isOff = toggle ? !toggle.checked : localStorage.getItem(OFF) !== null;
            const button = form.querySelector(`button[aria-keyshortcuts="${CSS.escape(event.key.toLowerCase())}"]`);
            if (button && !isOff) {
                event.preventDefault();
                button.click();
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
        const form = document.querySelector('form[data-pair]');
        if (form) {
            begin(form);
        }
    });
}
