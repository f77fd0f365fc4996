'use strict';
/* Imports: files that are dropped, forms that are sent once, and a page that follows the work. All of it works without. */
{
    const EVERY = 1000;

    const drop = (zone) => {
        const input = zone.querySelector('input[type=file]');
        zone.querySelector('[data-drop-hint]').hidden = false;
        const mark = (isOver) => (event) => {
            event.preventDefault();
            zone.classList.toggle('is-over', isOver);
        };
        zone.addEventListener('dragover', mark(true));
        zone.addEventListener('dragleave', mark(false));
        zone.addEventListener('drop', (event) => {
            mark(false)(event);
            if (event.dataTransfer.files.length) {
                input.files = event.dataTransfer.files;
                input.focus();
            }
        });
    };

    const once = (form) => {
        let isSent = false;
        form.addEventListener('submit', (event) => {
            if (isSent) {
                event.preventDefault();
                return;
            }
            isSent = true;
            const said = form.querySelector('[data-sending]');
            if (said) {
                said.textContent = 'The file is being sent …';
            }
        });
        /* Going back with the browser shows the page as it was left. */
        window.addEventListener('pageshow', () => {
            isSent = false;
        });
    };

    const follow = (section) => {
        const bar = section.querySelector('progress');
        const said = section.querySelector('[data-said]');
        const look = () => {
            fetch(section.dataset.state, { headers: { Accept: 'application/json' } })
                .then((answer) => (answer.ok && !answer.redirected ? answer.json() : Promise.reject(answer)))
                .then((state) => {
                    if (!state.is_working) {
                        section.querySelector('[data-ended]').textContent = 'It is done.';
                        window.location.reload();
                        return;
                    }
                    if (state.of) {
                        bar.max = state.of;
                        bar.value = state.done;
                        said.textContent = `${state.done} of ${state.of} rows${state.what ? ` (${state.what})` : ''}`;
                    }
                    window.setTimeout(look, EVERY);
                })
                .catch(() => {
                    /* The site does not answer, or one is logged out: ask again, more slowly. */
                    window.setTimeout(look, 5 * EVERY);
                });
        };
        window.setTimeout(look, EVERY);
    };

    document.addEventListener('DOMContentLoaded', () => {
        document.querySelectorAll('[data-drop]').forEach(drop);
        document.querySelectorAll('form[data-send], form[data-once]').forEach(once);
        document.querySelectorAll('[data-state]').forEach(follow);
    });
}
