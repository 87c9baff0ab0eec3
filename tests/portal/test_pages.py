"""The portal's pages: what each shows and does, for the patient, a proxy and a helper; and nothing to any of them that is not theirs."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from tests.pages import MONDAY, PASSWORD, client, left, patient
from tests.portal.conftest import LENA, OMAR, ROSA, Portal
from tests.security.test_pages import filled, routes

from baton import app
from baton.duties import codes
from baton.duties.contact import guests as duty
from baton.duties.contact import threads
from baton.duties.scheduling import booking, told
from baton.duties.support import agreements, assessments, concern_states, education, goals, safety
from baton.duties.support import concerns as duties
from baton.packs.assessments import library
from baton.store import labels as security
from baton.store.codes import key64

OWN = (
    "/my/", "/my/visits", "/my/messages", "/my/worries", "/my/goals", "/my/lessons", "/my/questions", "/my/papers", "/my/looks",
    "/my/people", "/my/keys", "/my/plan.pdf",
)  # fmt: skip
TOMORROW = date(2026, 11, 24)
PHQ9_ZERO, PHQ9_SEVERAL = "LA6568-5", "LA6569-3"


def visit(portal: Portal, person: str, *, days: int = 3, status: str = "booked") -> str:
    start = MONDAY + timedelta(days=days)
    with portal.house.change() as change:
        return str(change.put({
            "resourceType": "Appointment", "status": status, "description": "Heart check", "start": start.isoformat(),
            "end": (start + timedelta(minutes=30)).isoformat(),
            "participant": [{"actor": {"reference": person}, "status": "accepted"}],
        }).id)  # fmt: skip


def rosa(portal: Portal) -> Any:
    portal.let_in(portal.rosa)
    return portal.browser(portal.rosa, ROSA)


def said(answer: Any) -> str:
    return str(answer.content.decode())


def tasks(portal: Portal, person: str) -> list[dict[str, Any]]:
    with portal.house.hub.store.view(portal.house.hub.store.who(portal.house.person["carla@example.org"], entrance="desk")) as view:
        return list(view.find("Task", patient=person))


@pytest.mark.parametrize("page", OWN)
def test_every_page_opens_for_the_patient_and_says_so_when_it_is_empty(portal: Portal, page: str) -> None:
    portal.let_in(portal.omar)
    id_ = portal.omar.partition("/")[2]
    before = left(portal.house, "print plan", id_)
    assert portal.browser(portal.omar, OMAR).get(page).status_code == 200
    assert left(portal.house, "print plan", id_) == before + (page == "/my/plan.pdf"), "what was printed is recorded"


def test_late_is_late_on_both_sides_and_so_is_what_the_patient_owes(portal: Portal) -> None:
    with portal.house.change() as change:
        person = f"Patient/{patient(change, 'Late Lopez')}"
        agreements.agree(change, patient=person, what="Call you about the walker", due=TOMORROW, by="us")
        agreements.agree(change, patient=person, what="Weigh yourself each day", due=TOMORROW, by="patient")
    portal.let_in(person)
    browser, desk = portal.browser(person, "late@mail.example"), client(portal.house)
    path = f"/patients/{person.partition('/')[2]}/portal"
    for page in (browser.get("/my/"), desk.get(path)):
        assert "Call you about the walker" in said(page) and "Weigh yourself each day" in said(page)
        assert 'class="tag late"' not in said(page)
    portal.clock.time = MONDAY + timedelta(days=3)
    try:
        for page in (browser.get("/my/"), desk.get(path)):
            assert said(page).count('class="tag late"') == 2
        with portal.house.hub.store.view(portal.house.hub.store.who(portal.house.person["carla@example.org"], entrance="desk")) as view:
            late = [row for row in view.promises(patient=person) if row.due < view.now]
        assert len(late) == 2, "the same promises are late on the coordinator's list"
    finally:
        portal.clock.time = MONDAY


def test_what_the_patient_did_is_done_and_what_is_ours_they_cannot_tick_off(portal: Portal) -> None:
    browser = rosa(portal)
    with portal.house.change() as change:
        theirs = agreements.agree(change, patient=portal.rosa, what="Pesarse cada día", due=TOMORROW, by="patient").id
        ours = agreements.agree(change, patient=portal.rosa, what="Llamar a la farmacia", due=TOMORROW, by="us").id
    assert browser.post(f"/my/done/{theirs}").status_code == 302
    assert browser.post(f"/my/done/{ours}").status_code == 404
    state = {each["id"]: each["status"] for each in tasks(portal, portal.rosa)}
    assert (state[theirs], state[ours]) == ("completed", "requested")


def test_inner_words_stay_inside(portal: Portal) -> None:
    from baton.duties import promises

    browser = rosa(portal)
    with portal.house.change() as change:
        promises.make_by_hand(change, patient=portal.rosa, what="Ask whether the son takes her money", due=TOMORROW)
    page = said(browser.get("/my/"))
    assert "takes her money" not in page and "Un paso que anotamos" in said(browser.get("/my/", headers={"accept-language": "es"}))


def test_a_visit_is_confirmed_and_another_time_becomes_a_promise(portal: Portal) -> None:
    browser = rosa(portal)
    mine, theirs = visit(portal, portal.rosa), visit(portal, portal.omar)
    assert "Heart check" in said(browser.get("/my/visits"))
    assert browser.post(f"/my/visits/{mine}/yes").status_code == 302
    assert browser.post(f"/my/visits/{theirs}/yes").status_code == 404
    assert browser.post(f"/my/visits/{theirs}/move", {"note": "x"}).status_code == 404
    assert browser.post(f"/my/visits/{mine}/move", {"note": "after 3 pm"}, headers={"accept-language": "es"}).status_code == 302
    (task,) = [each for each in tasks(portal, portal.rosa) if "after 3 pm" in each.get("description", "")]
    assert task["owner"]["reference"].startswith("Organization/") and task["restriction"]["period"]["end"].startswith("2026-11-24")
    assert task["description"].startswith("Find another time for Heart check"), "in the language of those who read the list"
    assert "Buscar otra hora para Heart check" in said(browser.get("/my/", headers={"accept-language": "es"}))
    over = visit(portal, portal.rosa, days=-2)
    browser.post(f"/my/visits/{over}/yes")
    with portal.house.hub.store.view(portal.house.hub.store.who(portal.house.person["carla@example.org"], entrance="desk")) as view:
        assert "extension" not in view.get("Appointment", over)


def test_a_visit_that_was_moved_counts_as_read_by_whoever_opened_it_and_accepted_by_whoever_said_yes(portal: Portal) -> None:
    browser = rosa(portal)
    portal.let_in(portal.lena, "dates")
    helper = portal.browser(portal.lena, LENA)
    moved = visit(portal, portal.rosa, days=5)
    with portal.house.change() as change:
        booking.reschedule(change, appointment=moved, start=MONDAY + timedelta(days=6))

    def known(person: str) -> list[tuple[str, str]]:
        with portal.house.hub.store.view(app.HUB) as view:
            me = told.of(view, moved)[0].of(person)
        return [(each.kind, each.evidence) for each in me.receipts] if me else []

    assert known(portal.rosa) == known(portal.lena) == []
    assert helper.get("/my/visits").status_code == 200
    assert (known(portal.rosa), known(portal.lena)) == ([], [("read", "portal")]), "what the daughter read, her mother may not have"
    browser.get("/my/visits")
    browser.get("/my/visits")
    assert known(portal.rosa) == [("read", "portal")]
    assert browser.post(f"/my/visits/{moved}/yes").status_code == 302
    assert known(portal.rosa) == [("read", "portal"), ("accepted", "portal")]
    for who in (portal.rosa, portal.lena):
        with portal.house.hub.store.view(portal.house.hub.store.guest(who)) as view:  # type: ignore[arg-type]
            assert not any("appointment-notice" in str(each) for each in view.find("Communication", patient=portal.rosa)), (
                "it is among staff"
            )


def test_messages_go_both_ways_and_what_staff_say_among_themselves_does_not(portal: Portal) -> None:
    browser = rosa(portal)
    answer = browser.post("/my/messages/new", {"topic": "concern", "text": "¿Puedo comer sal?"})
    thread = answer["Location"].rpartition("/")[2]
    with portal.house.change() as change:
        threads.say(change, thread, text="Muy poca, por favor.")
        threads.say(change, thread, text="She worries a lot, call the daughter.", audience=())
        inner = threads.start(change, patient=portal.rosa, topic="other", text="Between us").id
    page = said(browser.get(f"/my/messages/{thread}"))
    assert "Muy poca" in page and "call the daughter" not in page
    assert browser.get(f"/my/messages/{inner}").status_code == 404
    assert "Between us" not in said(browser.get("/my/messages"))
    with portal.house.hub.store.view(portal.house.hub.store.who(portal.house.person["carla@example.org"], entrance="desk")) as view:
        opened = threads.shown(view, thread)
    assert [each.has("read", portal.rosa) for each in opened.messages if not each.outside and each.to] == [True]
    assert browser.post("/my/messages/new", {"topic": "concern", "text": " "}).status_code == 302


def test_a_lesson_is_read_and_what_is_said_of_it_is_looked_at_by_somebody(portal: Portal) -> None:
    browser = rosa(portal)
    with portal.house.change() as change:
        given = education.give(change, patient=portal.rosa, lesson="heart-failure", how="paper", language="es").id
    page = said(browser.get(f"/my/lessons/{given}"))
    assert 'lang="es"' in page and "data-aloud" in page
    first, second, *_ = re.findall(rf"/my/lessons/{given}/([\w-]+)\"", page)
    browser.post(f"/my/lessons/{given}/{first}", {"words": "Pesarme todos los días"})
    browser.post(f"/my/lessons/{given}/{second}", {"unsure": "1"})
    browser.post(f"/my/lessons/{given}/{first}", {"words": " "})
    with portal.house.hub.store.view(portal.house.hub.store.who(portal.house.person["carla@example.org"], entrance="desk")) as view:
        found = next(each for each in education.learning(view, patient=portal.rosa).given if each.id == given)
        assert "received" in view.get("Communication", given)
    results = {each.ask.item: (each.proof.result, each.open) for each in found.items if each.proof}
    assert results == {first: ("said", True), second: ("repeat", True)}, "nothing the patient types counts as taught"
    desk = said(client(portal.house).get(f"/patients/{portal.rosa.partition('/')[2]}/learning"))
    assert "Pesarme todos los días" in desk


def asked(portal: Portal, assessment: str = "phq-9") -> str:
    with portal.house.change() as change:
        for each in agreements.asked(change, patient=portal.rosa):
            change.put({**change.get("Task", each.task), "status": "cancelled"})
        return str(agreements.ask_questions(change, patient=portal.rosa, assessment=assessment, due=TOMORROW).id)


def link_of(page: str) -> str:
    return re.findall(r'name="link" value="([^"]+)"', page)[0]


def test_item_nine_brings_help_at_once_and_a_case_whatever_comes_after(portal: Portal) -> None:
    browser, task = rosa(portal), asked(portal)
    for _ in range(8):
        link = link_of(said(browser.get(f"/my/questions/{task}")))
        assert browser.post(f"/my/questions/{task}/answer", {"link": link, "answer": PHQ9_ZERO})["Location"] == f"/my/questions/{task}"
    page = said(browser.get(f"/my/questions/{task}"))
    assert link_of(page) == "44260-2"
    answer = browser.post(f"/my/questions/{task}/answer", {"link": "44260-2", "answer": PHQ9_SEVERAL})
    assert answer["Location"] == f"/my/questions/{task}/help"
    help_ = said(browser.get(answer["Location"]))
    assert "tel:988" in help_ and "tel:911" in help_
    with portal.house.hub.store.view(portal.house.hub.store.who(portal.house.person["carla@example.org"], entrance="desk")) as view:
        assert len(safety.cases(view, patient=portal.rosa)) == 1, "nobody had to press anything more"
        (case,) = safety.cases(view, patient=portal.rosa)
    assert browser.get(f"/my/questions/{task}")["Location"] == f"/my/questions/{task}/help", "nobody goes past it"
    assert f"/my/questions/{case.id}/help" in said(browser.get("/my/")), "nor forgets it"
    browser.post(f"/my/questions/{task}/read", {"number": "(555) 014-0000", "place": "At home, alone"})
    assert "(555) 014-0000" in said(client(portal.house).get(f"/safety/{case.id}"))
    last = link_of(said(browser.get(f"/my/questions/{task}")))
    assert browser.post(f"/my/questions/{task}/answer", {"link": last, "answer": "LA6572-7"})["Location"] == "/my/questions/thanks"
    assert next(each for each in tasks(portal, portal.rosa) if each["id"] == task)["status"] == "completed"


def test_answers_are_kept_one_by_one_and_wrong_ones_are_not(portal: Portal) -> None:
    browser, task = rosa(portal), asked(portal, "phq-2")
    link = link_of(said(browser.get(f"/my/questions/{task}")))
    browser.post(f"/my/questions/{task}/answer", {"link": link, "answer": "nonsense"})
    assert link_of(said(browser.get(f"/my/questions/{task}"))) == link
    browser.post(f"/my/questions/{task}/answer", {"link": link, "answer": PHQ9_ZERO})
    assert link_of(said(portal.browser(portal.rosa, ROSA).get(f"/my/questions/{task}"))) != link, "it goes on where it was left"


@pytest.mark.parametrize("code", [code for code, each in library().items() if "patient" in each.by])
def test_every_question_of_every_assessment_is_asked_one_at_a_time_and_kept_as_given(portal: Portal, code: str) -> None:
    browser, task, found = rosa(portal), asked(portal, code), library()[code]
    given: dict[str, Any] = {}
    for _ in range(len(found.items) + 1):
        answer = browser.get(f"/my/questions/{task}")
        if answer.status_code != 200:
            break
        item = found.item(link_of(said(answer)))
        assert item is not None and item.link not in given, "each once"
        if item.type == "text":
            assert "<textarea" in said(answer)
        value = "Ver a mis nietos" if item.type == "text" else "0" if item.type == "scale" else item.options[0].code
        given[item.link] = value
        browser.post(f"/my/questions/{task}/answer", {"link": item.link, "answer": value})
    with portal.house.hub.store.view(portal.house.hub.store.who(portal.house.person["carla@example.org"], entrance="desk")) as view:
        (last,) = [each for each in assessments.of_patient(view, patient=portal.rosa, assessment=code) if each.status == "completed"][:1]
    assert {link: str(value) for link, value in last.answers.items()} == given and set(given) == set(last.asked)


STRAIN = ("sleep", "body", "time", "money", "alone", "upset", "worry", "health", "break")


@pytest.mark.parametrize("level", ["everything", "dates"])
def test_a_caregiver_answers_about_themselves_and_says_who_may_read_it(portal: Portal, level: str) -> None:
    portal.let_in(portal.lena, level)
    lena, browser, desk = portal.browser(portal.lena, LENA), rosa(portal), client(portal.house)
    asked_for = {"person": portal.lena, "assessment": "caregiver-strain", "due": TOMORROW.isoformat()}
    assert "Lena Delgado" in said(desk.get(f"/patients/{portal.rosa[8:]}/portal"))
    assert desk.post(f"/patients/{portal.rosa[8:]}/portal/ask", asked_for).status_code == 302
    page = said(lena.get("/my/me"))
    assert "Rosa Delgado does not read it" in page and "we ask you" in page and "tel:988" in page
    assert 'href="/my/me"' not in said(browser.get("/my/")) and browser.get("/my/me").status_code == 404
    begun = lena.post("/my/me/begin", {"assessment": "caregiver-strain", "shown": "no"})
    assert lena.post("/my/me/begin", {"assessment": "phq-9"}).status_code == 404
    for number, _link in enumerate(STRAIN):
        page = said(lena.get(begun["Location"]))
        assert f"Question {number + 1} of" in page
        lena.post(f"{begun['Location']}/answer", {"link": link_of(page), "answer": "no" if link_of(page) == "break" else "often"})
    page = said(lena.get("/my/me"))
    assert "We talk with you about what would help you." in page and "by Tuesday, December 1" in page, (
        "five business days, a holiday skipped"
    )
    assert "we ask you" not in page and "How the caregiver is" not in said(browser.get("/my/questions"))
    how = said(desk.get(f"/patients/{portal.rosa[8:]}/how"))
    assert "not for the patient to read" in how and "in the portal" in how
    id_ = begun["Location"].rpartition("/")[2]
    assert browser.post(f"/my/me/{id_}/read", {"shown": "yes"}).status_code in (403, 404)
    lena.post(f"/my/me/{id_}/read", {"shown": "yes"})
    page = said(browser.get("/my/questions"))
    assert "How the caregiver is: Lena Delgado" in page and "Caring has cost me sleep" in page
    lena.post(f"/my/me/{id_}/read", {"shown": "no"})
    assert "Caring has cost me sleep" not in said(browser.get("/my/questions"))
    with portal.house.change() as change:
        assessments.take_back(change, response=id_, reason="the next test asks anew")


def test_what_only_the_patient_can_answer_is_kept_from_the_proxy_kindly(portal: Portal) -> None:
    portal.let_in(portal.lena)
    lena, task = portal.browser(portal.lena, LENA), asked(portal, "phq-9")
    plan = said(lena.get("/my/"))
    assert "Only Rosa Delgado can answer this." in plan and f"/my/questions/{task}" not in plan and f"/my/done/{task}" not in plan
    assert f"/my/questions/{task}" not in said(lena.get("/my/questions"))
    for answer in (
        lena.get(f"/my/questions/{task}"),
        lena.get(f"/my/questions/{task}/help"),
        lena.post(f"/my/questions/{task}/answer", {"link": "44250-9", "answer": PHQ9_ZERO}),
        lena.post(f"/my/questions/{task}/read", {}),
    ):
        page = said(answer)
        assert answer.status_code == 403 and "Only Rosa Delgado can answer this" in page and "tel:988" in page and "<form" not in main(page)
        assert "little interest" not in page.lower()
    assert lena.post(f"/my/done/{task}").status_code == 404
    assert next(each for each in tasks(portal, portal.rosa) if each["id"] == task)["status"] == "requested"
    assert link_of(said(rosa(portal).get(f"/my/questions/{task}"))), "the patient is asked as ever"


def main(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def test_what_an_informant_may_say_the_proxy_answers_in_their_own_name(portal: Portal) -> None:
    portal.let_in(portal.lena)
    lena, task = portal.browser(portal.lena, LENA), asked(portal, "home-visit")
    page = said(lena.get("/my/questions"))
    assert f"/my/questions/{task}" in page and "Here you answer for Rosa Delgado" in page
    assert f"/my/questions/{task}" in said(lena.get("/my/"))
    while (answer := lena.get(f"/my/questions/{task}")).status_code == 200:
        item = library()["home-visit"].item(link_of(said(answer)))
        assert item is not None
        value = "" if item.type == "text" else item.options[0].code
        assert lena.post(f"/my/questions/{task}/answer", {"link": item.link, "answer": value}).status_code == 302
    assert next(each for each in tasks(portal, portal.rosa) if each["id"] == task)["status"] == "completed"
    with portal.house.hub.store.view(portal.house.hub.store.who(portal.house.person["carla@example.org"], entrance="desk")) as view:
        kept = assessments.of_patient(view, patient=portal.rosa, assessment="home-visit")[0]
    assert kept.done and kept.source == portal.lena and kept.by == "Lena Delgado"
    assert "You answered" in said(lena.get("/my/questions"))


def test_a_helper_answers_nothing_for_the_patient(portal: Portal) -> None:
    portal.let_in(portal.lena, "dates")
    lena, task = portal.browser(portal.lena, LENA), asked(portal, "home-visit")
    assert lena.get("/my/questions").status_code == 403 and lena.get(f"/my/questions/{task}").status_code == 404
    item = library()["home-visit"].items[0]
    lena.post(f"/my/questions/{task}/answer", {"link": item.link, "answer": item.options[0].code})
    with portal.house.hub.store.view(portal.house.hub.store.who(portal.house.person["carla@example.org"], entrance="desk")) as view:
        assert not [each for each in assessments.of_patient(view, patient=portal.rosa) if each.source == portal.lena and not each.done]


def test_the_desk_says_who_has_no_way_in_and_offers_to_invite_them_and_no_child(portal: Portal) -> None:
    desk, page = client(portal.house), f"/patients/{portal.rosa[8:]}/portal"
    kin = {"resourceType": "RelatedPerson", "active": True, "patient": {"reference": portal.rosa}}
    with portal.house.change() as change:
        telecom = [{"system": "email", "value": "mario@mail.example"}]
        mario = f"RelatedPerson/{change.put({**kin, 'name': [{'text': 'Mario Delgado'}], 'telecom': telecom}).id}"
        pia = f"RelatedPerson/{change.put({**kin, 'name': [{'text': 'Pia Delgado'}], 'birthDate': '2015-05-05'}).id}"
    shown = said(desk.get(page))
    assert (
        re.search(rf'<option value="{mario}">Mario Delgado · no way in yet', shown) and "Not asked, being under 18: Pia Delgado." in shown
    )
    form = {"assessment": "caregiver-strain", "due": TOMORROW.isoformat()}
    assert "an adult of the family" in said(desk.post(f"{page}/ask", {**form, "person": pia}, follow=True))
    shown = said(desk.post(f"{page}/ask", {**form, "person": mario}, follow=True))
    assert "they have no way into the portal yet" in shown and "?person=RelatedPerson%2F" in shown.replace("/", "%2F").replace(
        "%252F", "%2F"
    )
    shown = said(desk.get(page, {"person": mario}))
    assert f'<option value="{mario}" selected>' in shown and 'value="mario@mail.example"' in shown
    how = said(desk.get(f"/patients/{portal.rosa[8:]}/how"))
    assert f'name="source" value="{mario}"' in how and f'name="source" value="{pia}"' not in how


def test_words_may_be_left_out_and_are_not_asked_again(portal: Portal) -> None:
    browser, task = rosa(portal), asked(portal, "four-ms")
    first = link_of(said(browser.get(f"/my/questions/{task}")))
    browser.post(f"/my/questions/{task}/answer", {"link": first, "answer": " "})
    second = link_of(said(browser.get(f"/my/questions/{task}")))
    assert (first, second != first) == ("matters", True)
    browser.post(f"/my/questions/{task}/answer", {"link": second, "answer": library()["four-ms"].item(second).options[0].code})  # type: ignore[union-attr]
    assert link_of(said(browser.get(f"/my/questions/{task}"))) not in (first, second)


def test_a_goal_is_reported_on_and_asked_about_in_the_next_call(portal: Portal) -> None:
    browser = rosa(portal)
    with portal.house.change() as change:
        goal = goals.set_goal(change, patient=portal.rosa, words="Caminar a la esquina", confidence=8).id
    assert "Caminar a la esquina" in said(browser.get("/my/goals"))
    unsure = browser.post(f"/my/goals/{goal}", {"progress": "worse", "sure": "3", "words": "Llueve"})
    assert unsure.status_code == 422 and "What would help?" in said(unsure) and "Llueve" in said(unsure)
    browser.post(f"/my/goals/{goal}", {"progress": "worse", "sure": "3", "words": "Llueve", "helps": "Un paraguas"})
    how = said(client(portal.house).get(f"/patients/{portal.rosa[8:]}/how"))
    assert all(each in how for each in ("Llueve", "Un paraguas", "in the portal", "confidence 3 of 10"))
    (task,) = [each for each in tasks(portal, portal.rosa) if codes.promise_code(each) == "goal-progress"]
    assert task["restriction"]["period"]["end"].startswith("2026-11-30"), "who is not sure is called sooner"
    portal.let_in(portal.lena)
    lena = portal.browser(portal.lena, LENA)
    assert "Caminar" in said(lena.get("/my/goals")) and '<form method="post" action="/my/goals' not in said(lena.get("/my/goals"))
    assert lena.post(f"/my/goals/{goal}", {"progress": "reached", "sure": "9"}).status_code in (403, 404)
    browser.post(f"/my/goals/{goal}", {"progress": "reached", "sure": "9"})
    assert [each["status"] for each in tasks(portal, portal.rosa) if each["id"] == task["id"]] == ["completed"]


def test_a_paper_is_sent_once_and_laid_before_somebody(portal: Portal) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    browser = rosa(portal)

    def send(body: bytes, name: str = "carta.txt") -> Any:
        return browser.post(
            "/my/papers/send", {"title": "Carta del seguro", "file": SimpleUploadedFile(name, body, "text/plain")}, follow=True
        )

    send(b"Estimada Rosa")
    send(b"Estimada Rosa")
    assert len([each for each in tasks(portal, portal.rosa) if "Carta del seguro" in each.get("description", "")]) == 1
    page = said(browser.get("/my/papers"))
    paper = re.findall(r'/my/papers/([\w-]+)"', page)
    opened = browser.get(f"/my/papers/{next(each for each in paper if each != 'send')}")
    assert left(portal.house, "export document", portal.rosa.partition("/")[2]) == 1
    assert opened.content == b"Estimada Rosa" and opened["Content-Security-Policy"].startswith("default-src 'none'")
    assert browser.post("/my/papers/send", {"title": "x"}).status_code == 302
    refused = said(send(b"MZ\x90\x00binary", "virus.exe"))
    assert "PDF" in refused


def test_who_saw_names_staff_and_is_for_the_patient_alone(portal: Portal) -> None:
    browser = rosa(portal)
    client(portal.house).get(f"/patients/{portal.rosa.partition('/')[2]}")
    page = said(browser.get("/my/looks"))
    assert "Carla Cole" in page
    portal.let_in(portal.lena)
    lena = portal.browser(portal.lena, LENA)
    assert lena.get("/my/looks").status_code == 403 and lena.get("/my/people").status_code == 403


def test_the_patient_lets_somebody_in_and_ends_it(portal: Portal) -> None:
    browser = rosa(portal)
    form = {"person": "", "name": "Paco Ruiz", "relation": "FRND", "email": "paco@mail.example", "level": "dates"}
    page = said(browser.post("/my/people/let-in", form))
    code = "".join(re.findall(r"<b>(\d{4}) (\d{4})</b>", page)[0])
    with psycopg.connect(portal.house.hub.database.app_dsn) as connection:
        rows = connection.execute("select payload from outbox where topic = 'mail' order by id desc").fetchall()
    link = next(payload["link"] for (payload,) in rows if payload["to"] == "paco@mail.example")
    paco = client(portal.house, None)
    assert paco.post(link, {"code": code, "month": "3", "day": "3", "year": "1955"}).status_code == 302
    paco.post("/my/keys")
    assert paco.get("/my/visits").status_code == 200
    people = said(browser.get("/my/people"))
    assert "Paco Ruiz" in people
    consent = re.findall(r"/my/people/([\w-]+)/end", people[people.index("Paco Ruiz") :])[0]
    assert browser.post(f"/my/people/{consent}/end").status_code == 302
    assert paco.get("/my/visits").status_code == 302, "the account was for her page alone, so its sessions ended"
    own = next(each for each in duty_of(portal) if each.own)
    browser.post(f"/my/people/{own.consent}/end")
    assert browser.get("/my/").status_code == 200, "nobody locks themselves out by a forged form"


def duty_of(portal: Portal) -> tuple[duty.Access, ...]:
    with portal.house.hub.store.view(portal.house.hub.store.who(portal.house.person["carla@example.org"], entrance="desk")) as view:
        return duty.of_patient(view, portal.rosa)


def test_a_helper_has_visits_and_nothing_more(portal: Portal) -> None:
    portal.let_in(portal.lena, "dates")
    lena = portal.browser(portal.lena, LENA)
    mine = visit(portal, portal.rosa, days=5)
    assert lena.get("/my/")["Location"] == "/my/visits"
    page = said(lena.get("/my/visits"))
    assert mine in page and "/my/lessons" not in page and "/my/looks" not in page
    assert lena.post(f"/my/visits/{mine}/yes").status_code == 302
    assert lena.get("/my/messages")["Location"] == "/my/ask", "told what to do instead"
    assert "Rosa Delgado" in said(lena.get("/my/ask")) and lena.post("/my/ask/send", {"text": "Is there parking?"}).status_code == 302
    (ask,) = [each for each in tasks(portal, portal.rosa) if "Is there parking?" in each.get("description", "")]
    assert ask["restriction"]["period"]["end"].startswith("2026-11-24") and "parking" not in said(rosa(portal).get("/my/"))
    for closed in ("/my/lessons", "/my/questions", "/my/papers", "/my/looks", "/my/people"):
        assert lena.get(closed).status_code == 403, closed
    for form in ("/my/messages/new", "/my/papers/send"):
        assert lena.post(form, {"text": "x", "topic": "other", "title": "x"}).status_code in (302, 403), form
    assert lena.post("/my/messages/new", {"text": "x", "topic": "other"}).status_code == 403


def test_what_is_sensitive_is_the_patients_and_not_the_proxys(portal: Portal) -> None:
    from baton.duties.records import documents

    with portal.house.hub.store.change(app.HUB, because="Test") as change:
        for title, label, body in (
            ("Resultado VIH", "HIV", b"one"),
            ("Nota ADOL", "ADOL", b"two"),
            ("Nota de terapia", "PSYTHPN", b"three"),
        ):
            upload = documents.checked("x.txt", body, "text/plain")
            mark = security.coding(label, "by a person")
            documents.keep(
                change, patient=portal.rosa, upload=upload, title=title, code="34133-9", of=None, category="record-uploaded",
                marks=[{"system": mark["system"], "code": mark["code"]}],
            )  # fmt: skip
    portal.let_in(portal.lena)
    own, proxy = said(rosa(portal).get("/my/papers")), said(portal.browser(portal.lena, LENA).get("/my/papers"))
    assert "Resultado VIH" in own and "Nota ADOL" in own and "Nota de terapia" not in own
    assert not any(each in proxy for each in ("Resultado VIH", "Nota ADOL", "Nota de terapia"))


def test_nothing_of_somebody_else_opens_by_its_address(portal: Portal) -> None:
    browser = rosa(portal)
    with portal.house.change() as change:
        thread = threads.start(change, patient=portal.omar, topic="other", text="For Omar", audience=[portal.omar]).id
        given = education.give(change, patient=portal.omar, lesson="copd", how="paper").id
        task = agreements.ask_questions(change, patient=portal.omar, assessment="phq-2", due=TOMORROW).id
        mine = agreements.agree(change, patient=portal.omar, what="Walk", due=TOMORROW, by="patient").id
    portal.let_in(portal.omar)
    (access,) = [each for each in (portal.let_in(portal.omar),)]
    for page in (f"/my/messages/{thread}", f"/my/lessons/{given}", f"/my/questions/{task}", f"/my/papers/{given}"):
        answer = browser.get(page)
        assert answer.status_code == 404 and b"Omar" not in answer.content, page
    for form in (
        f"/my/messages/{thread}/say", f"/my/lessons/{given}/ask", f"/my/lessons/{given}/scale", f"/my/questions/{task}/answer",
        f"/my/done/{mine}",
    ):  # fmt: skip
        assert browser.post(form, {"text": "x", "words": "x", "link": "44250-9", "answer": PHQ9_ZERO}).status_code == 404, form
    browser.post(f"/my/people/{access}/end")
    assert portal.house.hub.store.guest(portal.omar) is not None


def test_an_invitation_by_the_desk_shows_the_code_once_and_the_letter_names_nobody(portal: Portal) -> None:
    desk, id_ = client(portal.house, None), portal.rosa.partition("/")[2]
    desk.post("/sign-in", {"login": "carla@example.org", "password": PASSWORD})
    page = said(desk.post(f"/patients/{id_}/portal/invite", {"person": portal.rosa, "email": ROSA, "level": "everything"}))
    (code,) = re.findall(r"<b>(\d{4} \d{4})</b>", page)
    assert code not in said(desk.get(f"/patients/{id_}/portal"))
    letter = desk.post(f"/patients/{id_}/portal/letter", {"code": code})
    import io

    from pypdf import PdfReader

    words = " ".join(each.extract_text() for each in PdfReader(io.BytesIO(letter.content)).pages)
    assert code in words and "Rosa" not in words and "Delgado" not in words
    missing = desk.post(f"/patients/{id_}/portal/invite", {"person": portal.rosa, "email": "", "level": "everything"})
    assert missing.status_code == 422
    sam = client(portal.house, None)
    sam.post("/sign-in", {"login": "sam@example.org", "password": PASSWORD})
    assert sam.get(f"/patients/{id_}/portal").status_code == 404
    assert sam.post(f"/patients/{id_}/portal/invite", {"person": portal.rosa, "email": ROSA}).status_code in (403, 404)


def test_nobody_is_let_in_for_more_than_may_be_told(portal: Portal) -> None:
    from baton.duties.patients import network
    from baton.store import Invalid

    with portal.house.change() as change:
        network.permit(change, person=portal.lena, told="appointments", source="patient-said")
    with pytest.raises(Invalid), portal.house.change() as change:
        duty.let_in(change, patient=portal.rosa, person=portal.lena, level="everything")
    with pytest.raises(Invalid), portal.house.change() as change:
        duty.let_in(change, patient=portal.omar, person=portal.lena)
    with portal.house.change() as change:
        network.permit(change, person=portal.lena, told="everything", source="patient-said")


def test_a_child_and_the_parent(portal: Portal) -> None:
    from baton.store import Invalid

    with portal.house.change() as change:
        child = f"Patient/{patient(change, 'Kim Young', born='2015-05-05')}"
        teen = f"Patient/{patient(change, 'Max Young', born='2009-02-10')}"
        kin = {"resourceType": "RelatedPerson", "active": True, "name": [{"family": "Young", "given": ["Pat"]}]}
        parent = change.put({**kin, "patient": {"reference": teen}}).reference
    with pytest.raises(Invalid), portal.house.change() as change:
        duty.let_in(change, patient=child, person=child)
    with portal.house.change() as change:
        duty.let_in(change, patient=teen, person=teen)
        duty.let_in(change, patient=teen, person=parent)
        until = next(each.until for each in duty.of_patient(change, teen) if not each.own)
    assert until == date(2027, 2, 9), "the day before Max comes of age"


def test_no_address_of_the_house_answers_a_guest(portal: Portal) -> None:
    """Every route there is, looked at and posted to: what is not the portal's is closed, whatever it would have asked itself."""
    from baton.web.middleware import GUESTS

    browser = rosa(portal)
    walked = [filled(each) for each in routes()]
    others = [each for each in walked if not each.startswith(GUESTS) and each not in ("/", "/my")]
    assert len(others) > 120
    for path in others:
        for answer in (browser.get(path), browser.post(path, {"anything": "x"})):
            assert answer.status_code == 403 and b"Rosa" not in answer.content, path


def test_nobody_and_no_staff_get_past_the_portals_gate(portal: Portal) -> None:
    open_ = ("/my/sign-in", "/my/hello/x", "/my/in/x", "/my/code", "/my/out", "/my/whose")
    for browser in (client(portal.house, None), client(portal.house), client(portal.house, "sue@example.org")):
        for path in (filled(each) for each in routes()):
            if path.startswith("/my/") and path not in open_:
                for answer in (browser.get(path), browser.post(path, {"text": "x"})):
                    assert answer.status_code == 405 or answer.get("Location") == "/my/sign-in", path


def test_who_agrees_in_the_portal_has_answered_and_it_is_kept_as_accepted(portal: Portal) -> None:
    browser = rosa(portal)
    with portal.house.change() as change:
        thread = threads.start(
            change, patient=portal.rosa, topic="appointment", text="Monday at nine?", audience=[portal.rosa], wants_answer=True
        ).id
    assert "Yes, I agree" in said(browser.get(f"/my/messages/{thread}")) or "de acuerdo" in said(browser.get(f"/my/messages/{thread}"))
    with portal.house.change() as change:
        (message,) = threads.shown(change, thread).messages
    assert browser.post(f"/my/messages/{thread}/{message.id}/agree").status_code == 302
    with portal.house.change() as change:
        now = threads.shown(change, thread)
    assert now.turn == "nobody" and [each.kind for each in now.messages[0].receipts] == ["read", "accepted"]
    assert browser.post(f"/my/messages/{thread}/nonsense/agree").status_code in (302, 404)


def test_what_one_of_the_family_wrote_is_not_told_to_another_by_what_we_owe(portal: Portal) -> None:
    portal.let_in(portal.lena)
    with portal.house.change() as change:
        threads.start(change, patient=portal.rosa, topic="other", text="My mother hides her pills", author=portal.lena, wants_answer=True)
        threads.start(change, patient=portal.rosa, topic="other", text="Do not tell my daughter", author=portal.rosa, wants_answer=True)
    own, proxy = (said(browser.get("/my/")) for browser in (rosa(portal), portal.browser(portal.lena, LENA)))
    assert "hides her pills" not in own and "Do not tell my daughter" in own
    assert "Do not tell my daughter" not in proxy and "hides her pills" in proxy


def test_telling_who_saw_the_record_adds_few_looks_to_it(portal: Portal) -> None:
    browser = rosa(portal)

    def looks() -> int:
        with psycopg.connect(portal.house.hub.database.app_dsn) as connection:
            rows = connection.execute("select count(*) from look where %s = any(patients)", [key64(portal.rosa)]).fetchone()
        return int(rows[0]) if rows else 0

    browser.get("/my/looks")
    before = looks()
    browser.get("/my/looks")
    assert looks() - before < 12, "however long the record is"


def worries(portal: Portal) -> list[dict[str, Any]]:
    return [each for each in tasks(portal, portal.rosa) if codes.promise_code(each) == "concern"]


def test_a_worry_is_said_answered_planned_and_settled_by_whoever_said_it(portal: Portal) -> None:
    browser, dark = rosa(portal), "I do not want to wake up any more."
    answers = [browser.post("/my/worries/say", {"words": each, "helps": "A call at night"}) for each in (dark, "Who pays for all this?")]
    for answer in answers:
        assert all(each in said(answer) for each in ("tel:911", "tel:988")) and answer.status_code == 200
    low, high = worries(portal)
    assert {low["description"], high["description"]} == {dark, "Who pays for all this?"}
    assert (low.get("priority"), low["restriction"], low["owner"]) == (high.get("priority"), high["restriction"], high["owner"]), (
        "no machine weighs the words"
    )
    concern = next(each["id"] for each in (low, high) if each["description"] != dark)
    desk = client(portal.house)
    how = f"/patients/{portal.rosa[8:]}/how"
    assert "Who pays for all this?" in said(desk.get("/support")) and "A call at night" in said(desk.get(how))
    with portal.house.change() as change:
        duties.name(change, concern=concern, kind="money")
        duties.acknowledge(change, concern=concern, said="The bills weigh on you.")
        duties.plan(change, concern=concern, what="Tom looks at the bills with you on Thursday.")
    page = said(browser.get("/my/worries"))
    assert "The bills weigh on you." in page and "Tom looks at the bills" in page and "November 30" in page
    assert "Who pays for all this?" in said(browser.get("/my/")), "it waits for a word of theirs"
    browser.post(f"/my/worries/{concern}", {"is": "not", "said": "The hospital wrote again."})
    assert state(concern, portal) == ("requested", "acknowledged")
    browser.post(f"/my/worries/{concern}", {"is": "settled"})
    assert state(concern, portal) == ("completed", "settled")
    browser.post(f"/my/worries/{concern}", {"is": "not", "said": "Another bill."})
    assert state(concern, portal) == ("requested", "raised")
    late = next(each for each in worries(portal) if each["id"] == concern)["restriction"]["period"]["end"]
    assert late.startswith("2026-11-24"), "a new promise, a new day"
    assert "Another bill." in said(desk.get(how))


def state(concern: str, portal: Portal) -> tuple[str, str | None]:
    found = next(each for each in worries(portal) if each["id"] == concern)
    return found["status"], concern_states.state(found)


def test_what_worries_one_of_them_is_not_told_to_another_and_a_helper_says_nothing_here(portal: Portal) -> None:
    browser = rosa(portal)
    browser.post("/my/worries/say", {"words": "My daughter must not know."})
    portal.let_in(portal.lena)
    lena = portal.browser(portal.lena, LENA)
    lena.post("/my/worries/say", {"words": "I cannot go on like this."})
    assert "must not know" not in said(lena.get("/my/worries")) + said(lena.get("/my/"))
    assert "cannot go on" not in said(browser.get("/my/worries"))
    mine = next(each["id"] for each in worries(portal) if each["description"] == "My daughter must not know.")
    assert lena.post(f"/my/worries/{mine}", {"is": "settled"}).status_code == 404
    portal.let_in(portal.lena, "dates")
    assert lena.get("/my/worries").status_code == 403
    assert lena.post("/my/worries/say", {"words": "x"}).status_code in (302, 403)
    assert not [each for each in worries(portal) if each["description"] == "x"]
    portal.let_in(portal.lena)


def photo(name: str, body: bytes) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, body, "text/plain")


def test_a_photo_goes_with_a_message_and_is_seen_by_who_reads_it_alone(portal: Portal) -> None:
    browser, desk = rosa(portal), client(portal.house)
    portal.let_in(portal.lena)
    lena = portal.browser(portal.lena, LENA)
    sent = browser.post("/my/messages/new", {"topic": "other", "text": "My foot", "files": [photo("foot.txt", b"It is red.")]})
    page = said(browser.get(sent["Location"]))
    (path,) = re.findall(r"/my/messages/[\w-]+/[\w-]+/files/[\w-]+", page)
    assert browser.get(path).content == b"It is red."
    thread, document = sent["Location"].rpartition("/")[2], path.rpartition("/")[2]
    assert (
        document in said(desk.get(f"/threads/{thread}")) and desk.get(f"/patients/{portal.rosa[8:]}/papers/{document}").status_code == 200
    )
    for elsewhere in (path, f"/my/papers/{document}"):
        assert lena.get(elsewhere).status_code == 404, "she does not read the message"
    assert document not in said(lena.get("/my/papers")) and document not in said(browser.get("/my/papers"))
    refused = browser.post(f"{sent['Location']}/say", {"text": "x", "files": [photo("virus.exe", b"MZ\x90\x00")]}, follow=True)
    assert "Send a PDF" in said(refused)
    with portal.house.change() as change:
        assert len(threads.shown(change, thread).messages) == 1, "refused whole"
    desk.post(f"/threads/{thread}/say", {"text": "Read this", "readers": [portal.rosa], "files": [photo("plan.txt", b"Feet up.")]})
    desk.post(f"/threads/{thread}/say", {"text": "Among us", "files": [photo("note.txt", b"Ask the son.")]})
    page = said(browser.get(f"/my/messages/{thread}"))
    assert "plan.txt" in page and "note.txt" not in page
    with portal.house.change() as change:
        (inner,) = [each for each in change.find("DocumentReference", patient=portal.rosa) if each.get("description") == "note.txt"]
    assert "staff-only" in str(inner["meta"]["security"]) and "note.txt" not in said(browser.get("/my/papers"))
    with psycopg.connect(portal.house.hub.database.app_dsn) as connection:
        mails = str(connection.execute("select payload from outbox").fetchall())
    assert "Feet up" not in mails and "plan.txt" not in mails


def test_when_the_patient_dies_whoever_was_let_in_is_told_why_and_whom_to_call(portal: Portal) -> None:
    from baton.store import Invalid

    with portal.house.change() as change:
        mother = f"Patient/{patient(change, 'Ines Mora')}"
        kin = {"resourceType": "RelatedPerson", "active": True, "name": [{"family": "Mora", "given": ["Paz"], "text": "Paz Mora"}]}
        child = change.put({**kin, "patient": {"reference": mother}}).reference
    portal.let_in(mother)
    consent = portal.let_in(child)
    paz = portal.browser(child, "paz@mail.example")
    assert paz.get("/my/visits").status_code == 200
    with portal.house.change() as change:
        change.put({**change.get(*mother.split("/")), "deceasedDateTime": "2026-11-23"})
    assert paz.get("/my/visits")["Location"] == "/my/whose"
    page = said(paz.get("/my/whose"))
    assert "Ines Mora has died" in page and "call us" in page and "We are sorry" in page
    with pytest.raises(Invalid), portal.house.change() as change:
        found = change.get("Consent", consent)
        change.put({key: value for key, value in found.items() if key not in ("id", "meta", "extension")} | {"status": "active"})
    with portal.house.change() as change:
        assert not duty.of_patient(change, mother)


def test_a_death_entered_in_error_gives_access_anew_only_where_it_still_stood(portal: Portal) -> None:
    from baton.duties.patients import network

    kin = {"resourceType": "RelatedPerson", "active": True, "relationship": [{"coding": [{"system": duty.ROLE, "code": "CHILD"}]}]}
    with portal.house.change() as change:
        mother = f"Patient/{patient(change, 'Pilar Soto')}"
        child = {
            name: change.put(
                {**kin, "patient": {"reference": mother}, "name": [{"family": "Soto", "given": [name], "text": f"{name} Soto"}]}
            ).reference
            for name in ("Abel", "Bea", "Cruz", "Dina", "Eloy")
        }
    consents = {mother: portal.let_in(mother)} | {person: portal.let_in(person) for person in child.values()}
    with portal.house.change() as change:
        duty.end(change, consent=consents[child["Bea"]])  # by the patient, before
        consents[child["Cruz"]] = duty.let_in(change, patient=mother, person=child["Cruz"], until=date(2026, 11, 24)).id
    abel = portal.browser(child["Abel"], "abel@mail.example")

    def recorded(email: str = "sue@example.org", **said: Any) -> None:
        with portal.house.change(email) as change:
            found = {key: value for key, value in change.get(*mother.split("/")).items() if not key.startswith("deceased")}
            change.put(found | said)

    recorded(deceasedDateTime="2026-11-23")
    assert abel.get("/my/visits")["Location"] == "/my/whose"
    with portal.house.change() as change:
        network.permit(change, person=child["Dina"], told="nothing", source="patient-said")
        change.put({**change.get(*child["Eloy"].split("/")), "active": False})
    portal.clock.time = MONDAY + timedelta(days=3)
    try:
        recorded()
        with portal.house.change() as change:
            assert {each.person for each in duty.of_patient(change, mother)} == {mother, child["Abel"]}
            (back,) = [change.get("Consent", each.consent) for each in duty.of_patient(change, mother) if not each.own]
            assert change.get("Consent", consents[child["Abel"]])["status"] == "inactive", "what ended stays on record"
        assert abel.get("/my/visits").status_code == 200, "with the account there was, in the same moment"
        assert portal.house.hub.store.guest(child["Dina"]) is None and portal.house.hub.store.guest(child["Bea"]) is None
        (marks,) = [each["extension"] for each in back["extension"] if each["url"] == duty.RESTORED]
        by = portal.house.person["sue@example.org"]
        assert marks[0]["valueDate"] == "2026-11-26" and marks[1]["valueReference"]["reference"] == by
        with psycopg.connect(portal.house.hub.database.app_dsn) as connection:
            last = connection.execute(
                "select c.who from version_row v join change c on c.id = v.change_id where v.id = %s order by v.version desc limit 1",
                [back["id"]],
            ).fetchone()
        assert last == (by,), "whoever corrected it is answerable in the trail"
        recorded(deceasedBoolean=True)
        recorded(deceasedBoolean=False)
        assert portal.house.hub.store.guest(child["Abel"]) is not None and portal.house.hub.store.guest(child["Cruz"]) is None
        with portal.house.change() as change:
            assert len(duty.of_patient(change, mother)) == 2, "each once"
    finally:
        portal.clock.time = MONDAY
