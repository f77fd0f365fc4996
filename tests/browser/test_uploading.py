"""A file comes in by keyboard alone: chosen, previewed, confirmed, undone; dropped files and pages without scripts."""

from base64 import b64encode
from typing import Any

from django.urls import reverse

from evidence.models import Study, Upload
from evidence.uploading.keeping import progress_path
from tests.browser.test_comparing import page_of
from tests.evidence.uploading.folders import make_team, of_review, send
from tests.factories import make_study
from tests.in_a_browser import IN_A_BROWSER, arrive

pytestmark = IN_A_BROWSER

MOST_STEPS = 150
DROP = """([zone, content]) => {
    const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], 'dropped.zip', { type: 'application/zip' }));
    const over = new DragEvent('dragover', { dataTransfer: carried, bubbles: true, cancelable: true });
    zone.dispatchEvent(over);
    const isOver = zone.classList.contains('is-over');
    zone.dispatchEvent(new DragEvent('drop', { dataTransfer: carried, bubbles: true, cancelable: true }));
    return [over.defaultPrevented, isOver, zone.classList.contains('is-over')];
}"""


def step_to(page: Any, selector: str) -> None:
    """Press Tab until something that the selector names has the focus."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never reached {selector}")


def listening(page: Any) -> Any:
    """Tell the browser early that the choosing of a file is listened to; told at the key, it may open a window."""
    page.on("filechooser", lambda chooser: None)
    return page


def test_file_is_brought_in_confirmed_and_undone_by_keyboard_alone(
    live_server: Any, browser: Any, complaints: list[str]
) -> None:
    review, cara = make_team()
    make_study(review, code="Berg_2016", label="Berg 2016", year=2016)
    content = of_review(review, "Berg_2016,Berg 2016,2015", "Cole_2020,Cole 2020,2020", "Evans_1,Evans,1200")
    page = listening(page_of(browser, complaints, live_server.url, cara))
    page.goto(live_server.url + reverse("admin:analysis_home", args=[review.slug]))
    arrive(page, ".tabs")

    step_to(page, ".tabs a[href$='/upload/review/tea/']")
    page.keyboard.press("Enter")
    arrive(page, "text=Nothing was brought in yet")
    step_to(page, ".go-button")
    page.keyboard.press("Enter")
    arrive(page, ".kinds")
    step_to(page, ".kind a[href$='/review-folder/']")
    page.keyboard.press("Enter")
    arrive(page, "[data-send]")
    step_to(page, "input[type=file]")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files([{"name": "tea.zip", "mimeType": "application/zip", "buffer": content}])
    step_to(page, "[data-send] button[type=submit]")
    page.keyboard.press("Enter")

    arrive(page, "#confirm-heading")
    assert page.locator("del").inner_text() == "2016"
    assert page.locator("ins").inner_text() == "2015"
    assert (
        "The year must lie between 1900 and 2100" in page.locator("[aria-labelledby=rows-refused] table").inner_text()
    )
    assert not Study.objects.filter(code="Cole_2020").exists()
    step_to(page, ".run-now")
    assert page.evaluate("document.activeElement.textContent") == "Add 1 study, change 1 row"
    page.keyboard.press("Enter")

    arrive(page, ".standing-says.is-current")
    assert Study.objects.get(code="Berg_2016").year == 2015
    assert Study.objects.filter(code="Cole_2020").exists()
    step_to(page, ".go-button")
    page.keyboard.press("Enter")
    arrive(page, "#undo-reason")
    step_to(page, "#undo-reason")
    page.keyboard.type("The wrong file")
    page.keyboard.press("Enter")
    arrive(page, ".messagelist .success")
    assert Study.objects.get().year == 2016
    assert complaints == []


def test_dropped_file_is_sent_like_a_chosen_one(live_server: Any, browser: Any, complaints: list[str]) -> None:
    review, cara = make_team()
    content = b64encode(of_review(review, "Cole_2020,Cole 2020,2020")).decode()
    page = page_of(browser, complaints, live_server.url, cara)
    page.goto(f"{live_server.url}/admin/evidence/upload/review/{review.slug}/new/review-folder/")
    arrive(page, "[data-drop-hint]")
    zone = page.locator("[data-drop]").element_handle()
    assert page.evaluate(DROP, [zone, content]) == [True, True, False]
    page.get_by_role("button", name="Read the file").click()
    arrive(page, "#confirm-heading")
    assert Upload.objects.get().name == "dropped.zip"
    assert complaints == []


def test_page_follows_the_work_and_moves_on_at_its_end(live_server: Any, browser: Any, complaints: list[str]) -> None:
    review, cara = make_team()
    upload = send(cara, review, of_review(review, "Cole_2020,Cole 2020,2020"))
    Upload.objects.update(status=Upload.Status.READING)
    path = progress_path(upload)
    path.write_text('{"done": 1, "of": 40, "what": "studies.csv"}')
    page = page_of(browser, complaints, live_server.url, cara)
    page.goto(f"{live_server.url}/admin/evidence/upload/import/{upload.pk}/")
    arrive(page, "progress")
    path.write_text('{"done": 20, "of": 40, "what": "studies.csv"}')
    page.wait_for_selector("progress[value='20']")
    assert page.locator("[data-said]").inner_text() == "20 of 40 rows (studies)"
    Upload.objects.update(status=Upload.Status.PREVIEWED)
    arrive(page, "#confirm-heading")
    assert complaints == []


def test_everything_works_without_javascript(live_server: Any, browser: Any, complaints: list[str]) -> None:
    review, cara = make_team()
    content = of_review(review, "Cole_2020,Cole 2020,2020")
    page = page_of(browser, complaints, live_server.url, cara, java_script_enabled=False)
    page.goto(f"{live_server.url}/admin/evidence/upload/review/{review.slug}/new/review-folder/")
    page.set_input_files("input[type=file]", {"name": "tea.zip", "mimeType": "application/zip", "buffer": content})
    page.get_by_role("button", name="Read the file").click()
    arrive(page, "#confirm-heading")
    upload = Upload.objects.get()
    Upload.objects.update(status=Upload.Status.READING)
    page.reload()
    arrive(page, "progress")
    Upload.objects.update(status=Upload.Status.PREVIEWED)
    arrive(page, "#confirm-heading")
    page.get_by_role("button", name="Add 1 study").click()
    arrive(page, "text=Loaded")
    upload.refresh_from_db()
    assert upload.status == Upload.Status.LOADED
    assert complaints == []
