"""A student's exam as an existing web client of the main source does it, with its own bodies and from its own fields."""

from __future__ import annotations

import pytest

from tests.apps.assignments.builders import make_group
from tests.factories import make_test, publish

pytestmark = pytest.mark.django_db


class Browser:
    """Sends what the client sends and fails where it would show an error."""

    def __init__(self, client):
        self.client = client

    def get(self, path):
        return self._read(self.client.get(path))

    def post(self, path, body):
        return self._read(self.client.post(path, body))

    def patch(self, path, body):
        return self._read(self.client.patch(path, body))

    def _read(self, answer):
        assert 200 <= answer.status_code < 300, answer.content
        return answer.json()


def can_start(card):
    """When the client enables its start button."""
    done = card["student_submission_status"] in ("GRADED", "DISQUALIFIED")
    return card["status"] == "OPEN" and not done and card["is_published"] is False


def click(options, text):
    return next(index for index, option in enumerate(options) if option["text"] == text)


def test_from_the_card_to_the_score_page(api, cast, deliver):
    teacher, student = Browser(api(cast.carol)), Browser(api(cast.alice))
    test = make_test(cast, level="N5")
    publish(cast, test)
    groups = [str(make_group(cast, cast.alice, cast.bob).pk)]

    # The teacher's form, then the switch on the card.
    exam = teacher.post("exam-assignments/", {
        "title": "N5", "mock_test": str(test.pk), "assigned_group_ids": groups, "estimated_start_time": None,
        "description": "", "status": "CLOSED", "is_published": False,
    })["id"]  # fmt: skip
    [card] = student.get("exam-assignments/?page=1&page_size=8")["results"]
    assert not can_start(card)
    early = student.client.post("submissions/start-exam/", {"exam_assignment_id": exam})
    assert (early.status_code, early.json()["detail"]) == (403, "The exam room is not open.")
    opened = teacher.patch(f"exam-assignments/{exam}/", {"status": "OPEN", "assigned_group_ids": groups})
    assert opened["status"] == "OPEN"

    # 1 to 3: the card, the exam, and the cover of its test.
    [card] = student.get("exam-assignments/?page=1&page_size=8")["results"]
    assert can_start(card)
    mock_test = student.get(f"exam-assignments/{card['id']}/")["mock_test"]
    cover = student.get(f"mock-tests/{mock_test}/")
    assert (cover["level"], cover["pass_score"]) == ("N5", 80)
    assert [section["section_type"] for section in cover["sections"]] == ["VOCAB", "GRAMMAR_READING", "LISTENING"]

    # 4 to 7: start, reload, click through every section in the order shown.
    started = student.post("submissions/start-exam/", {"exam_assignment_id": exam})
    reloaded = student.post("submissions/start-exam/", {"exam_assignment_id": exam})
    assert reloaded["submission_id"] == started["submission_id"]
    assert isinstance(started["submission_id"], str)
    answers = {}
    for section in started["exam_paper"]["sections"]:
        assert section["duration"] > 0
        for group in section["question_groups"]:
            for question in group["questions"]:
                text = "no" if section["section_type"] == "VOCAB" else "yes"
                answers[question["id"]] = click(question["options"], text)
    assert len(answers) == 3

    # 8: the watch reports; nothing happens to the exam.
    student.post("submissions/report-exam-integrity/", {
        "submission_id": started["submission_id"],
        "incident": {
            "source": "frontend_exam_security",
            "events": [{
                "type": "window_blur_msg", "message_id": "window_blur", "message": "Oynadan chiqdingiz",
                "at": "2026-11-20T09:30:00.000Z",
            }],
        },
    })  # fmt: skip

    # 9: hand in; the card has no button any more, and a second start is refused.
    student.post("submissions/submit-exam/", {"submission_id": started["submission_id"], "answers": answers})
    deliver()
    [card] = student.get("exam-assignments/?page=1&page_size=8")["results"]
    assert (card["student_submission_status"], can_start(card)) == ("GRADED", False)
    again = student.client.post("submissions/start-exam/", {"exam_assignment_id": exam})
    assert (again.status_code, again.json()["code"]) == (403, "no_attempts_left")

    # 10: the score page fails until the teacher releases, then it has all that it reads.
    address = f"submissions/my-results/?exam_assignment_id={exam}"
    assert student.client.get(address).status_code == 403
    assert teacher.patch(f"exam-assignments/{exam}/", {"status": "CLOSED", "assigned_group_ids": groups})
    deliver()
    assert teacher.patch(f"exam-assignments/{exam}/", {"is_published": True, "assigned_group_ids": groups})
    result = student.get(address)["submission"]
    jlpt = result["results"]["jlpt_result"]
    assert (round(result["score"]), result["percentage"], result["mock_test_level"]) == (120, 66.67, "N5")
    assert result["time_taken_seconds"] // 60 == 0
    assert (jlpt["passed"], jlpt["pass_mark"]) == (True, 80)
    assert jlpt["section_results"]["language_reading_combined"]["score"] == 60
    assert jlpt["section_results"]["listening"]["max_score"] == 60
    graded = {s["section_type"]: s["score"] / s["max_score"] for s in result["results"]["sections"].values()}
    assert graded == {"VOCAB": 0, "GRAMMAR_READING": 1, "LISTENING": 1}

    # And the teacher's table.
    [row] = teacher.get(f"submissions/?exam_assignment_id={exam}&page=1&page_size=8")["results"]
    assert (row["student_display"], round(row["score"]), row["disqualified"]) == ("Alice North", 120, False)
    vocabulary = next(s for s in row["results"]["sections"].values() if s["section_type"] == "VOCAB")
    [(question, answered)] = vocabulary["questions"].items()
    assert answered == {"correct": False, "selected_index": answers[question], "score": 0.0}
    assert row["completed_at"] > row["started_at"]
