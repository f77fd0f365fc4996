'use strict';
/* Shows how far the runs of an analysis have come, and loads the page anew once they are done. */
{
    const EVERY = 1500;
    const LONGEST = 15000;

    const show = (box, state) => {
        box.querySelector('[data-says]').textContent = state.says;
        for (const run of state.runs) {
            const line = box.querySelector(`[data-run="${CSS.escape(run.key)}"]`);
            if (line) {
                line.querySelector('progress').value = run.progress;
                line.querySelector('[data-status]').textContent = run.status_says;
                line.querySelector('[data-run-says]').textContent = run.says;
            }
        }
    };

    const follow = (box, wait) => {
        setTimeout(async () => {
            try {
                const answer = await fetch(box.dataset.progress, { headers: { Accept: 'application/json' } });
                const state = answer.ok ? await answer.json() : null;
                if (state) {
                    show(box, state);
                    if (state.is_done) {
                        setTimeout(() => window.location.reload(), EVERY); // the snapshot follows the last run
                        return;
                    }
                }
                follow(box, state ? EVERY : Math.min(2 * wait, LONGEST));
            } catch (error) {
                follow(box, Math.min(2 * wait, LONGEST));
            }
        }, wait);
    };

    document.addEventListener('DOMContentLoaded', () => {
        const box = document.querySelector('[data-progress]');
        if (box) {
            follow(box, EVERY);
        }
    });
}
